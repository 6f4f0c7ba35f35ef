//! A hub in memory, servers with folders, and people who answer from a script.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use clap::Parser as _;
use rustls_pki_types::CertificateDer;
use sso_bin::args::Cli;
use sso_bin::cli::{self, Context};
use sso_bin::data_dir::DataDir;
use sso_bin::domain::{HubAddress, Hubs, Vault};
use sso_bin::failure::Failure;
use sso_bin::hostname::{Answers, Names};
use sso_bin::local_settings::LocalSettings;
use sso_bin::terminal::{Environment, Scripted, Turn, Zone};
use sso_bin::wiring::{self, OwnStore};
use sso_core::cert::HostName;
use sso_core::testkit::ManualClock;
use sso_core::user::{AccountKey, Profile, UserDirectory as _};
use sso_core::{Clock, UnixTime};
use sso_sync::admin::desk::Desk;
use sso_sync::admin::hub::{Hub as Reception, HubKeys};
use sso_sync::admin::{
    AdministratorName, DomainName, Founding, Invitation, StretchingBounds, SystemRandomness,
};
use sso_sync::administration::Office;
use sso_sync::hub::{Hub, HubSettings, NoAudit};
use sso_sync::link::{DirectLink, Link, LinkError};
use sso_sync::store::{KvStore, MemoryStore, OnKv};
use tempfile::TempDir;

/// A hub, its operator, and a clock that stands still.
pub(crate) struct World {
    hub: Arc<Hub>,
    desk: Desk,
    pub(crate) clock: Arc<ManualClock>,
    away: Arc<AtomicBool>,
    commits_left: Arc<AtomicU64>,
    version: std::sync::Mutex<Option<String>>,
    folder: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let documents: Arc<dyn KvStore> = Arc::new(MemoryStore::new());
        let keys = HubKeys::random(&mut SystemRandomness).unwrap();
        let desk = Desk::new(Reception::new(keys), Arc::clone(&documents));
        let desk = desk.dangerously_accept(BOUNDS);
        let settings = HubSettings::new(AUTHORITY, "1.0.0")
            .source_limit_of(1_000_000, 1_000_000)
            .member_limit_of(1_000_000, 1_000_000);
        let store = Arc::new(OnKv::new(MemoryStore::new()));
        let hub = Hub::new(settings, store, documents, Arc::new(NoAudit)).unwrap();
        Self {
            hub: Arc::new(hub.with_administrators(Arc::new(desk.clone()))),
            desk,
            clock: Arc::new(ManualClock::at(NOON)),
            away: Arc::default(),
            commits_left: Arc::new(AtomicU64::new(u64::MAX)),
            version: std::sync::Mutex::default(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A world with the domain *example*, founded by alice on the server sso1.
    pub(crate) async fn founded() -> (Self, Server) {
        let world = Self::new();
        let sso1 = world.server("sso1");
        let papers = world.papers().await;
        let said = sso1
            .give("domain found --name sso1", founding(&papers))
            .await;
        said.is_done();
        (world, sso1)
    }

    /// The same with a first configuration, and alice signed in.
    pub(crate) async fn configured() -> (Self, Server) {
        let (world, sso1) = Self::founded().await;
        sso1.login().await;
        let line = "config set base_url https://sso.example.com:8443 --yes";
        sso1.give(line, []).await.is_done();
        (world, sso1)
    }

    /// What the operator of the hub hands to alice.
    pub(crate) async fn papers(&self) -> String {
        let expires = self.clock.now().later(Invitation::LIFE);
        let domain = DomainName::parse("example").unwrap();
        let alice = AdministratorName::parse(ALICE).unwrap();
        let random = &mut SystemRandomness;
        let invitation = Invitation::new(domain, alice, None, expires, random);
        self.desk.invite(&invitation, random).await.unwrap();
        let code = self
            .hub
            .invite("example", Invitation::LIFE, self.clock.now());
        let founding = Founding::new(AUTHORITY, invitation, code.await.unwrap());
        founding.to_text().to_string()
    }

    /// A machine without anything on it.
    pub(crate) fn server(&self, name: &str) -> Server {
        let clock = Arc::clone(&self.clock);
        Server {
            root: self.folder.path().join(name),
            machine: name.into(),
            variables: Vec::new(),
            clock: Arc::clone(&clock),
            hubs: Arc::new(TestHubs {
                hub: Arc::clone(&self.hub),
                clock,
                away: Arc::clone(&self.away),
                commits_left: Arc::clone(&self.commits_left),
                version: self.version.lock().unwrap().clone(),
            }),
        }
    }

    /// A machine with a server of its own that knows these people.
    pub(crate) async fn standalone(&self, name: &str, people: &[&str]) -> Server {
        let server = self.server(name);
        let init = "init --base-url https://old.example.com";
        server.give(init, []).await.is_done();
        server.know(people).await;
        server
    }

    /// Nobody reaches the hub any more after so many more batches of users.
    pub(crate) fn cut_after_commits(&self, commits: u64) {
        self.commits_left.store(commits, Ordering::Relaxed);
    }

    /// Machines that are made from now on run another version.
    pub(crate) fn install(&self, version: &str) {
        *self.version.lock().unwrap() = Some(version.into());
    }

    /// Nobody reaches the hub from now on, or everybody again.
    pub(crate) fn cut(&self, away: bool) {
        self.away.store(away, Ordering::Relaxed);
    }
}

/// A machine with a data folder, and whoever types there.
pub(crate) struct Server {
    pub(crate) root: PathBuf,
    machine: String,
    variables: Vec<(String, String)>,
    clock: Arc<ManualClock>,
    hubs: Arc<TestHubs>,
}

impl Server {
    pub(crate) fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// Gives a command, and answers its questions.
    pub(crate) async fn give(&self, line: &str, turns: impl IntoIterator<Item = Turn>) -> Said {
        self.give_as(line, Scripted::new(turns)).await
    }

    /// Gives a command where nobody can be asked.
    pub(crate) async fn give_alone(&self, line: &str) -> Said {
        self.give_as(line, Scripted::without_person()).await
    }

    pub(crate) async fn login(&self) {
        let turns = [Turn::keep("E-mail address"), password()];
        self.give("login", turns).await.is_done();
    }

    /// People who signed in here while it was a server of its own.
    pub(crate) async fn know(&self, people: &[&str]) {
        let store = self.open_database().await;
        for name in people {
            let account = AccountKey::new("https://idp.example.com", "persistent", *name);
            store.create(&account, &Profile::default()).await.unwrap();
        }
    }

    /// How many users its own database has.
    pub(crate) async fn knows(&self) -> u64 {
        self.open_database().await.user_count().await.unwrap()
    }

    /// Its own database, as a running server has it open.
    pub(crate) async fn open_database(&self) -> OwnStore {
        let dir = DataDir::ensure(&self.root).unwrap();
        let local = LocalSettings::load(&dir).unwrap();
        wiring::own_store(&dir, &local).await.unwrap()
    }

    /// A draft of another base URL, as it is kept when the hub goes away.
    pub(crate) async fn keep_draft(&self, base: u64, base_url: &str) {
        let fields = serde_json::json!({ "base_url": base_url });
        let draft = serde_json::json!({ "base": base, "fields": fields });
        let vault = Vault::of_folder(&self.root).unwrap();
        vault
            .store("draft", draft.to_string().as_bytes())
            .await
            .unwrap();
    }

    async fn give_as(&self, line: &str, person: Scripted) -> Said {
        // Requests of one session are counted by the clock.
        self.clock.advance(Duration::from_secs(1));
        let words = ["sso-connect"].into_iter().chain(line.split_whitespace());
        let cli = Cli::try_parse_from(words).unwrap();
        let variables: Vec<_> = self
            .variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let context = Context {
            root: self.root.clone(),
            terminal: Arc::new(person.clone()),
            environment: Environment::of(&variables),
            zone: Zone::named("Europe/Berlin"),
            clock: Arc::clone(&self.clock) as _,
            hubs: Arc::clone(&self.hubs) as _,
            names: Arc::new(TestNames),
            machine: self.machine.clone(),
        };
        let failure = cli::run_in(&context, &cli.command).await.err();
        let root = self.root.to_str().unwrap();
        Said {
            text: redact(&person.transcript().replace(root, "DATA")),
            raw: person.printed(),
            failure,
            left: person.left(),
        }
    }
}

/// What a person saw.
#[derive(Debug)]
pub(crate) struct Said {
    /// Everything, without what differs from run to run.
    pub(crate) text: String,
    /// Standard output as it was.
    pub(crate) raw: String,
    pub(crate) failure: Option<Failure>,
    left: usize,
}

impl Said {
    /// The command did what it was told, and asked all that was expected.
    pub(crate) fn is_done(&self) -> &str {
        if let Some(failure) = &self.failure {
            panic!("{failure} ({:?})\n{}", failure.fix(), self.text);
        }
        assert_eq!(self.left, 0, "{}", self.text);
        &self.text
    }

    /// How it failed: message and remedy.
    pub(crate) fn refusal(&self) -> String {
        let Some(failure) = &self.failure else {
            panic!("it did not fail:\n{}", self.text);
        };
        let fix = failure.fix().unwrap_or_else(|| "-".into());
        redact(&format!("{failure}\nto mend it: {fix}"))
    }

    /// The first word that begins so.
    pub(crate) fn word(&self, prefix: &str) -> String {
        let mut words = self.raw.split_whitespace();
        words.find(|word| word.starts_with(prefix)).unwrap().into()
    }
}

/// Hubs at any address: the one in memory.
#[derive(Debug)]
struct TestHubs {
    hub: Arc<Hub>,
    clock: Arc<ManualClock>,
    away: Arc<AtomicBool>,
    commits_left: Arc<AtomicU64>,
    version: Option<String>,
}

impl Hubs for TestHubs {
    fn link(&self, _: &HubAddress) -> Result<Arc<dyn Link>, Failure> {
        let clock = Arc::clone(&self.clock) as _;
        let direct = DirectLink::new(Arc::clone(&self.hub), AUTHORITY, clock);
        Ok(Arc::new(Cable {
            direct,
            away: Arc::clone(&self.away),
            commits_left: Arc::clone(&self.commits_left),
        }))
    }

    fn office(&self, address: &HubAddress, clock: Arc<dyn Clock>) -> Result<Office, Failure> {
        let mut program = sso_bin::version::program();
        if let Some(version) = &self.version {
            program.version.clone_from(version);
        }
        let office = Office::new(self.link(address)?, clock, program);
        Ok(office.dangerously_accept(BOUNDS))
    }
}

/// A link that can be pulled out.
#[derive(Debug)]
struct Cable {
    direct: DirectLink,
    away: Arc<AtomicBool>,
    commits_left: Arc<AtomicU64>,
}

#[async_trait]
impl Link for Cable {
    fn authority(&self) -> &str {
        self.direct.authority()
    }

    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, LinkError> {
        let is_commit =
            request.method() == http::Method::POST && request.uri().path().ends_with("/feed");
        if is_commit && self.commits_left.fetch_sub(1, Ordering::Relaxed) == 0 {
            self.commits_left.store(u64::MAX, Ordering::Relaxed);
            self.away.store(true, Ordering::Relaxed);
        }
        if self.away.load(Ordering::Relaxed) {
            return Err(LinkError::Unreachable {
                hub: AUTHORITY.into(),
                source: "no route to host".into(),
            });
        }
        self.direct.send(request).await
    }
}

/// What alice answers when she founds the domain.
pub(crate) fn founding(papers: &str) -> Vec<Turn> {
    vec![
        Turn::hidden("Text from the operator of the hub", papers),
        Turn::hidden("New password of the administrator", PASSWORD),
    ]
}

/// What alice answers when she enrols a server.
pub(crate) fn enrolment(name: &str) -> Vec<Turn> {
    vec![
        Turn::text("Hub", "hub.example.com"),
        Turn::text("Domain", "example"),
        Turn::text("E-mail address", ALICE),
        Turn::text("Name of this server", name),
        password(),
    ]
}

pub(crate) fn password() -> Turn {
    Turn::hidden("Password", PASSWORD)
}

/// Replaces what differs from run to run: codes, keys, digests.
fn redact(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let words = line.split(' ').map(redact_word);
        words.collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn redact_word(word: &str) -> String {
    let core = word.trim_matches(|it: char| "().,;:…".contains(it));
    let is_hex = core.len() >= 8 && core.chars().all(|it| it.is_ascii_hexdigit());
    let groups: Vec<&str> = core.split('-').collect();
    let is_code = groups.len() >= 4 && groups.iter().all(|it| it.len() == 4);
    let is_text = ["sso-founding-", "sso-invitation-", "sso1."]
        .iter()
        .any(|prefix| core.starts_with(prefix));
    let name = match (is_hex, is_code, is_text) {
        (true, ..) => "HEX",
        (_, true, _) => "CODE",
        (.., true) => "TEXT",
        _ => return word.into(),
    };
    word.replace(core, name)
}

pub(crate) const AUTHORITY: &str = "hub.example.com:443";
pub(crate) const ALICE: &str = "alice@example.com";
pub(crate) const PASSWORD: &str = "correct horse battery";
const BOUNDS: StretchingBounds = StretchingBounds::DANGEROUSLY_LOW;
const NOON: UnixTime = UnixTime::from_secs(1_800_000_000);

/// DNS of tests: names lead to this machine, which shows our certificate; those that begin with
/// `nowhere` do not exist, and for those with `silent` no server answers.
#[derive(Debug)]
struct TestNames;

#[async_trait]
impl Names for TestNames {
    async fn answers(&self, host: &HostName) -> Answers {
        let mut answers = Answers {
            asked: vec!["192.0.2.53:53".into()],
            ..Answers::default()
        };
        match host.ascii() {
            name if name.starts_with("nowhere") => {
                answers.trouble = Some(format!("192.0.2.53:53 knows no name {name}"));
            }
            name if name.starts_with("silent") => {
                answers.trouble = Some("192.0.2.53:53 does not answer within 3 seconds".into());
            }
            _ => answers.a.push(HERE.into()),
        }
        answers
    }

    fn here(&self) -> BTreeSet<IpAddr> {
        BTreeSet::from([HERE.into()])
    }

    async fn shows(
        &self,
        _host: &HostName,
        _address: SocketAddr,
        _certificate: CertificateDer<'static>,
    ) -> Result<(), String> {
        Ok(())
    }
}

const HERE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 7);

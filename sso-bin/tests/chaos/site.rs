//! A hub and two servers of a domain, each on a machine of its own.

use std::fs;
use std::path::Path;

use sso_core::testkit::FakeIdp;
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use crate::DEADLINE;
use crate::database::Database;
use crate::machine::{Machine, path};
use crate::network::Network;

/// Machines that are switched on.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) hub: Machine,
    pub(crate) servers: [Machine; 2],
    database: Option<Database>,
    pub(crate) idp: FakeIdp,
    guard: TempDir,
    _network: Network,
}

/// Where the hub keeps what it keeps.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Keeping {
    InOneFile,
    InPostgres,
}

impl Site {
    pub(crate) fn new(keeping: Keeping) -> Self {
        sso_bin::tls::install_provider();
        let guard = tempfile::tempdir().unwrap();
        let network = Network::new();
        let idp = FakeIdp::new();
        let at = |name: &str| guard.path().join(name);
        fs::write(at("password"), "a long enough password").unwrap();
        fs::write(at("idp.xml"), idp.metadata()).unwrap();
        let mut hub = Machine::new(&network, 2, &at("hub"), &["hub", "serve"]);
        let database = found_hub(&mut hub, guard.path(), keeping);
        let mut servers =
            [(3, "one"), (4, "two")].map(|(it, name)| Machine::new(&network, it, &at(name), SERVE));
        let [one, two] = &mut servers;
        found_domain(one, guard.path());
        enrol(two, &hub, guard.path());
        one.start();
        two.start();
        Self {
            hub,
            servers,
            database,
            idp,
            guard,
            _network: network,
        }
    }

    pub(crate) const fn servers(&self) -> &[Machine; 2] {
        &self.servers
    }

    /// The certificate that every server of the domain has.
    pub(crate) fn certificate(&self) -> String {
        let file = self.servers[0].folder().join("data/keys/tls.pem");
        fs::read_to_string(file).unwrap()
    }

    pub(crate) fn log_in(&self, server: &Machine) {
        let password = self.guard.path().join("password");
        server.give(&[
            "login",
            "--email",
            ALICE,
            "--password-file",
            path(&password),
        ]);
    }

    pub(crate) fn restart_the_database(&mut self) {
        self.database.as_mut().unwrap().restart();
    }

    /// Waits until every server holds everything and says so.
    pub(crate) async fn until_all_are_level(&self) {
        let is_level = |it: &Machine| {
            let status = it.status();
            status.contains("Running") && !status.contains("cannot be reached")
        };
        self.until(async || self.servers.iter().all(is_level)).await;
    }

    /// Waits for a condition.
    pub(crate) async fn until(&self, condition: impl AsyncFn() -> bool) {
        let wait = async {
            while !condition().await {
                sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        let came = timeout(DEADLINE, wait).await.is_ok();
        let states = || self.servers.each_ref().map(Machine::status).join("\n");
        assert!(came, "it did not come to be: {}", states());
    }
}

fn found_hub(hub: &mut Machine, guard: &Path, keeping: Keeping) -> Option<Database> {
    hub.give(&["hub", "init", "--reached-as", &hub.address.to_string()]);
    let database = match keeping {
        Keeping::InOneFile => None,
        Keeping::InPostgres => Some(Database::start(hub.namespace())),
    };
    let file = hub.folder().join("data/hub.toml");
    let settings = fs::read_to_string(&file).unwrap();
    let settings = settings.replace("[limits]", "inspection = 'off'\n[limits]");
    let more = database.as_ref().map(Database::settings);
    fs::write(&file, settings + &more.unwrap_or_default()).unwrap();
    let said = hub.give(&[
        "hub",
        "domain",
        "create",
        "example",
        "--administrator",
        ALICE,
    ]);
    let mut words = said.split_whitespace();
    let founding = words.find(|word| word.starts_with("sso-founding-1-"));
    fs::write(guard.join("founding"), founding.unwrap()).unwrap();
    hub.start();
    database
}

fn found_domain(one: &Machine, guard: &Path) {
    let base = format!("https://localhost:{}", one.address.port());
    one.give(&["init", "--base-url", &base]);
    let metadata = guard.join("idp.xml");
    one.give(&["idp", "add", "work", "--metadata", path(&metadata)]);
    let founding = guard.join("founding");
    let words = [
        "domain",
        "found",
        "--founding-file",
        path(&founding),
        "--name",
        "one",
    ];
    give_as_administrator(one, guard, &words);
}

fn enrol(two: &Machine, hub: &Machine, guard: &Path) {
    let url = format!("https://{}", hub.address);
    let words = [
        "enrol", "--hub", &url, "--domain", "example", "--email", ALICE, "--name", "two",
    ];
    let said = give_as_administrator(two, guard, &words);
    assert!(said.contains("digest equal"), "{said}");
}

fn give_as_administrator(server: &Machine, guard: &Path, words: &[&str]) -> String {
    let (password, authority) = (guard.join("password"), guard.join("hub/data/keys/tls.pem"));
    let own = [
        "--password-file",
        path(&password),
        "--hub-ca",
        path(&authority),
    ];
    server.give(&[words, &own].concat())
}

const SERVE: &[&str] = &["serve"];
const ALICE: &str = "alice@example.com";

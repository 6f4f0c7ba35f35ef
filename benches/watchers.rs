//! How many servers does a hub process hold that wait for news, and what does each take?
//!
//! `cargo bench --package sso-bin --bench watchers` measures; `-- --test` does it with few. The hub
//! is the program itself, on SQLite and HTTPS, in a process of its own: the memory is its alone.
//! Every watcher has a connection and a TLS session of its own. At the end one domain saves a
//! configuration, and all of its watchers are told.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark reads the clock, reports on standard output and stops at a failure"
)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sso_core::SystemClock;
use sso_sync::admin::{Founding as Invited, Password};
use sso_sync::administration::{Administrator, Founding, NoCode, Office, Program, Saving, Who};
use sso_sync::link::{HttpLink, HttpLinkSettings, HubClient, Link};
use sso_sync::seal::{ConfigDocument, Content, MemberKeys};
use tempfile::TempDir;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

fn main() {
    let is_test = std::env::args().any(|it| it == "--test");
    let (steps, in_domain): (&[usize], usize) = if is_test {
        (&[2, 4], 2)
    } else {
        (&[100, 1_000, 5_000], 100)
    };
    sso_bin::tls::install_provider();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!("| watchers | memory of the hub | for each | all told of a revision within |");
    println!("|---|---|---|---|");
    runtime.block_on(measure(steps, in_domain));
}

async fn measure(steps: &[usize], in_domain: usize) {
    let hub = HubProcess::start(steps.last().unwrap() / in_domain);
    let (mut companies, mut watching) = (Vec::<Company>::new(), JoinSet::new());
    // What the hub takes for its first domain and connections is not the watchers'.
    let mut first = 0;
    for watchers in steps {
        while companies.len() * in_domain < *watchers {
            let company = Company::found(&hub, companies.len(), in_domain).await;
            company.watch(&mut watching);
            companies.push(company);
            hub.until_waiting(companies.len() * in_domain).await;
            first = if companies.len() == 1 {
                hub.memory()
            } else {
                first
            };
        }
        let memory = hub.memory();
        let more = (*watchers - in_domain).max(1) as u64;
        let each = memory.saturating_sub(first) / more;
        let last = companies.last_mut().unwrap();
        let told = last.tell(&mut watching).await;
        println!(
            "| {watchers} | {} MiB | {each} KiB | {told:.1?} |",
            memory / 1024
        );
        last.watch(&mut watching);
        hub.until_waiting(*watchers).await;
    }
    watching.abort_all();
}

/// Waits for news; when they came.
async fn watch(client: HubClient) -> Instant {
    let mut head = client.head(None, Duration::ZERO).await.unwrap();
    loop {
        let known = Some((head.statements, head.seq));
        let next = client.head(known, LONG_POLL).await.unwrap();
        if (next.statements, next.seq) != (head.statements, head.seq) {
            return Instant::now();
        }
        head = next;
    }
}

/// A domain, its administrator and its servers.
struct Company {
    administrator: Administrator,
    clients: Vec<HubClient>,
    revision: u64,
}

impl Company {
    async fn found(hub: &HubProcess, number: usize, servers: usize) -> Self {
        let invited = hub.invited(number);
        let (invitation, code) = (invited.invitation(), invited.code());
        let program = Program {
            version: env!("CARGO_PKG_VERSION").into(),
            schema: Content::SCHEMA,
        };
        let now = sso_core::Clock::now(&SystemClock);
        let founding = Founding::new(invitation, &program, now).unwrap();
        let office = Office::new(hub.link(), Arc::new(SystemClock), program);
        let password = Password::to_register(Zeroizing::new("correct horse battery".into()));
        let password = password.unwrap();
        let founded = office.found(&founding, invitation, code, &password);
        founded.await.unwrap();
        let who = Who::invited(invitation);
        let mut no_code = NoCode;
        let signed_in = office.sign_in(who, password, None, &mut no_code);
        let mut company = Self {
            administrator: signed_in.await.unwrap(),
            clients: Vec::new(),
            revision: 0,
        };
        for server in 0..servers {
            company.enrol(hub, server).await;
        }
        company
    }

    async fn enrol(&mut self, hub: &HubProcess, number: usize) {
        let secret = [u8::try_from(number + 1).unwrap(); 32];
        let keys = Arc::new(MemberKeys::from_secrets(&secret, &secret).unwrap());
        let name = format!("server-{number}");
        let enrolled = self.administrator.enrol(&name, &keys).await.unwrap();
        let client = HubClient::new(hub.link(), enrolled.domain, keys);
        self.clients.push(client);
    }

    fn watch(&self, watching: &mut JoinSet<Instant>) {
        for client in &self.clients {
            watching.spawn(watch(client.clone()));
        }
    }

    /// Saves a configuration; how long it took until all servers were told of it.
    async fn tell(&mut self, watching: &mut JoinSet<Instant>) -> Duration {
        let document = ConfigDocument::new().with("host", format!("sso-{}", self.revision));
        let start = Instant::now();
        let saved = self.administrator.save(self.revision, &document).await;
        assert!(matches!(saved.unwrap(), Saving::Saved(_)));
        self.revision += 1;
        let mut longest = Duration::ZERO;
        for _ in &self.clients {
            let told = watching.join_next().await.unwrap().unwrap();
            longest = longest.max(told.duration_since(start));
        }
        longest
    }
}

/// `sso-connect hub serve`. It ends when it is dropped.
struct HubProcess {
    process: Child,
    _guard: TempDir,
    folder: PathBuf,
    port: u16,
    inspection: String,
    founding: Vec<String>,
}

impl HubProcess {
    /// A hub with so many domains that nobody has founded.
    fn start(domains: usize) -> Self {
        let guard = tempfile::tempdir().unwrap();
        // The program makes it, for its owner alone.
        let folder = guard.path().join("hub");
        let [port, inspection] = [(); 2].map(|()| free_port());
        let reached_as = format!("localhost:{port}");
        operate(&folder, &["init", "--reached-as", &reached_as]);
        let inspection = format!("127.0.0.1:{inspection}");
        configure(&folder.join("hub.toml"), &inspection);
        let founding = (0..domains).map(|number| invite(&folder, number));
        let founding = founding.collect();
        let listen = format!("127.0.0.1:{port}");
        let mut process = program(&folder, &["serve", "--listen", &listen]);
        let process = process.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = process.spawn().unwrap();
        let mut line = String::new();
        let output = process.stdout.as_mut().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        assert!(line.starts_with("listening on"), "{line}");
        Self {
            process,
            _guard: guard,
            folder,
            port,
            inspection,
            founding,
        }
    }

    fn invited(&self, number: usize) -> Invited {
        Invited::parse(self.founding.get(number).unwrap()).unwrap()
    }

    /// A connection of its own.
    fn link(&self) -> Arc<dyn Link> {
        let settings = HttpLinkSettings::new(format!("https://localhost:{}", self.port));
        let settings = settings.pinning(self.folder.join("keys/tls.pem"));
        Arc::new(HttpLink::new(&settings).unwrap())
    }

    async fn until_waiting(&self, watchers: usize) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("http://{}/metrics", self.inspection);
        let all_wait = async {
            loop {
                let metrics = client.get(&url).send().await.unwrap().text().await.unwrap();
                let mut lines = metrics.lines();
                let waiting = lines.find_map(|it| it.strip_prefix("sso_hub_waiting "));
                if waiting.unwrap().parse() == Ok(watchers) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, all_wait).await.unwrap();
    }

    /// What it occupies, in KiB.
    fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.unwrap();
        let resident = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
        let resident = resident.unwrap().trim().trim_end_matches(" kB");
        resident.parse().unwrap()
    }
}

impl Drop for HubProcess {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Thousands come from one address here.
fn configure(file: &Path, inspection: &str) {
    let settings = fs::read_to_string(file).unwrap();
    let limits = "[limits]\naddress_per_second = 1000000\naddress_at_once = 1000000";
    let settings = settings.replace(
        "[limits]",
        &format!("inspection = '{inspection}'\n{limits}"),
    );
    fs::write(file, settings).unwrap();
}

fn invite(folder: &Path, number: usize) -> String {
    let name = format!("company-{number}");
    let create = [
        "domain",
        "create",
        &name,
        "--administrator",
        "a@example.com",
    ];
    let printed = operate(folder, &create);
    let mut words = printed.split_whitespace();
    let founding = words.find(|it| it.starts_with("sso-founding-1-"));
    founding.unwrap().to_owned()
}

fn operate(folder: &Path, arguments: &[&str]) -> String {
    let output = program(folder, arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sso-connect"));
    command
        .arg("--data-dir")
        .arg(folder)
        .arg("hub")
        .args(arguments);
    command
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

const LONG_POLL: Duration = Duration::from_secs(50);
const PATIENCE: Duration = Duration::from_mins(2);

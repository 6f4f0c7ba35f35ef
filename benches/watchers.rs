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

#[expect(dead_code, unused_imports, reason = "other benchmarks use the rest")]
mod company;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sso_sync::admin::Founding as Invited;
use sso_sync::administration::Administrator;
use sso_sync::link::{HttpLink, HttpLinkSettings, HubClient, Link};
use tempfile::TempDir;
use tokio::task::JoinSet;

use company::{found_over, keys, save};

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
    let (first, mut watching) = (Watched::found(&hub, 0, in_domain).await, JoinSet::new());
    // What the hub takes before anybody waits is not the watchers'.
    let before = hub.memory();
    first.watch(&mut watching);
    hub.until_waiting(in_domain).await;
    let mut watched = vec![first];
    for watchers in steps {
        while watched.len() * in_domain < *watchers {
            let next = Watched::found(&hub, watched.len(), in_domain).await;
            next.watch(&mut watching);
            watched.push(next);
            hub.until_waiting(watched.len() * in_domain).await;
        }
        let memory = hub.memory();
        let each = memory.saturating_sub(before) / *watchers as u64;
        let last = watched.last_mut().unwrap();
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
struct Watched {
    administrator: Administrator,
    clients: Vec<HubClient>,
    revision: u64,
}

impl Watched {
    async fn found(hub: &HubProcess, number: usize, servers: usize) -> Self {
        let invited = hub.invited(number);
        let administrator = found_over(hub.link(), invited.invitation(), invited.code());
        let mut founded = Self {
            administrator: administrator.await,
            clients: Vec::new(),
            revision: 0,
        };
        for server in 0..servers {
            founded.enrol(hub, server).await;
        }
        founded
    }

    async fn enrol(&mut self, hub: &HubProcess, number: usize) {
        let keys = keys(u8::try_from(number + 1).unwrap());
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
        let start = Instant::now();
        self.revision = save(&mut self.administrator, self.revision).await;
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

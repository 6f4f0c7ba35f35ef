//! An etcd of one test.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use etcd_client::{AlarmAction, AlarmOptions, AlarmType, Client, ConnectOptions};
use tempfile::TempDir;

/// A process of etcd and its data folder; both go when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    folder: TempDir,
    port: u16,
    process: Mutex<Child>,
    scheme: &'static str,
}

/// How to start it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    arguments: Vec<String>,
    with_tls: bool,
}

impl Options {
    /// Full at about this many bytes.
    pub(crate) fn with_quota(mut self, bytes: u64) -> Self {
        self.arguments
            .push(format!("--quota-backend-bytes={bytes}"));
        self
    }

    /// For clients that know each other by certificates of this authority.
    pub(crate) fn with_tls(mut self, authority: &Path, chain: &Path, key: &Path) -> Self {
        self.with_tls = true;
        self.arguments.extend([
            "--client-cert-auth".to_owned(),
            format!("--trusted-ca-file={}", authority.display()),
            format!("--cert-file={}", chain.display()),
            format!("--key-file={}", key.display()),
        ]);
        self
    }
}

impl Server {
    /// Starts one on a free port, and waits until it answers.
    pub(crate) async fn start(options: Options) -> Self {
        for _ in 0..TRIES {
            let folder = tempfile::tempdir().unwrap();
            let scheme = if options.with_tls { "https" } else { "http" };
            let port = free_port();
            let process = spawn(folder.path(), scheme, port, &options);
            let server = Self {
                folder,
                port,
                process: Mutex::new(process),
                scheme,
            };
            if server.answers().await {
                return server;
            }
        }
        panic!("etcd does not start");
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.port)
    }

    /// Ends it at once, as a power failure does.
    pub(crate) fn kill(&self) {
        let mut process = self.process();
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// Starts it once more, on the data that it left.
    pub(crate) async fn start_again(&self, options: Options) {
        *self.process() = spawn(self.folder.path(), self.scheme, self.port, &options);
        assert!(self.answers().await, "etcd starts again");
    }

    /// Confirms that there is room again.
    pub(crate) async fn disarm(&self) {
        let mut maintenance = self.client().await.maintenance_client();
        let all = maintenance
            .alarm(AlarmAction::Get, AlarmType::Nospace, None)
            .await
            .unwrap();
        for alarm in all.alarms() {
            let mut member = AlarmOptions::new();
            member.with_member(alarm.member_id());
            maintenance
                .alarm(AlarmAction::Deactivate, alarm.alarm(), Some(member))
                .await
                .unwrap();
        }
    }

    /// A client that is not ours.
    pub(crate) async fn client(&self) -> Client {
        Client::connect([self.address()], None).await.unwrap()
    }

    /// Whether it listens before it ends.
    async fn answers(&self) -> bool {
        let mut pause = tokio::time::interval(Duration::from_millis(20));
        loop {
            pause.tick().await;
            if self.process().try_wait().unwrap().is_some() {
                return false;
            }
            let connected = tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await;
            if connected.is_ok() {
                return self.scheme == "https" || self.is_ready().await;
            }
        }
    }

    async fn is_ready(&self) -> bool {
        let options = ConnectOptions::new().with_timeout(Duration::from_secs(30));
        let client = Client::connect([self.address()], Some(options)).await;
        client.unwrap().kv_client().get("any", None).await.is_ok()
    }

    fn process(&self) -> MutexGuard<'_, Child> {
        self.process.lock().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut process = self.process();
        let _ = process.kill();
        let _ = process.wait();
    }
}

fn spawn(folder: &Path, scheme: &str, port: u16, options: &Options) -> Child {
    let address = format!("{scheme}://127.0.0.1:{port}");
    Command::new("etcd")
        .arg(format!("--data-dir={}", folder.join("data").display()))
        .arg(format!("--listen-client-urls={address}"))
        .arg(format!("--advertise-client-urls={address}"))
        .arg("--listen-peer-urls=http://127.0.0.1:0")
        .args(&options.arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect(".ci/install brings etcd")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

const TRIES: usize = 10;

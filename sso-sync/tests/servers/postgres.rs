//! PostgreSQL: the server that all tests share, and servers of one test.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::unprivileged::{free_port, give_away, is_ready, unprivileged};

/// The address of the database that `.ci/with-servers` started, for a superuser.
pub(crate) fn shared() -> String {
    std::env::var("SSO_TEST_POSTGRES").expect(
        "SSO_TEST_POSTGRES is not set: run the tests by `.ci/with-servers cargo nextest run …`",
    )
}

/// A server for one test. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    folder: TempDir,
    port: u16,
    options: Vec<String>,
}

impl Server {
    /// Makes a data folder and starts a server there, with options as in its configuration file.
    pub(crate) fn start(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        give_away(folder.path());
        let data = folder.path().join("data");
        let password = folder.path().join("password");
        std::fs::write(&password, "test only").unwrap();
        give_away(&password);
        let mut initdb = Command::new(program("initdb"));
        initdb
            .args([
                "--no-sync",
                "--username=postgres",
                "--auth=scram-sha-256",
                "--pwfile",
            ])
            .arg(password)
            .args(["--encoding=UTF8", "--locale=C", "--pgdata"])
            .arg(data);
        let made = unprivileged(&mut initdb).stdout(Stdio::null()).status();
        assert!(made.unwrap().success(), "initdb makes a data folder");
        let options = options.iter().map(ToString::to_string).collect();
        Self::start_in(folder, options)
    }

    /// A free port may be taken by somebody else before the server takes it.
    fn start_in(folder: TempDir, options: Vec<String>) -> Self {
        for _ in 0..5 {
            let port = free_port();
            if let Some(child) = start(folder.path(), port, &options) {
                return Self {
                    child,
                    folder,
                    port,
                    options,
                };
            }
        }
        panic!("PostgreSQL does not start");
    }

    /// The address of the database `postgres`, for a superuser.
    pub(crate) fn address(&self) -> String {
        format!(
            "postgres://postgres:test%20only@127.0.0.1:{}/postgres",
            self.port
        )
    }

    /// A folder that the server may read and write.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends every process of the server at once, as a power failure would.
    pub(crate) fn kill(&mut self) {
        // The other processes watch for the end of the first, but would not hurry.
        signal("QUIT", self.child.id());
        self.child.wait().unwrap();
    }

    /// Starts it again, on the same port.
    pub(crate) fn restart(&mut self) {
        let child = start(self.folder.path(), self.port, &self.options);
        self.child = child.expect("PostgreSQL starts again");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.kill();
        }
    }
}

/// Fails if the port is taken.
fn start(folder: &Path, port: u16, options: &[String]) -> Option<Child> {
    let mut postgres = Command::new(program("postgres"));
    postgres
        .arg("-D")
        .arg(folder.join("data"))
        .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1"])
        .args(["-c", "unix_socket_directories="])
        .args(options.iter().flat_map(|option| ["-c", option]))
        .stderr(Stdio::piped());
    let mut child = unprivileged(&mut postgres).spawn().unwrap();
    if is_ready(&mut child, "ready to accept connections") {
        return Some(child);
    }
    child.wait().unwrap();
    None
}

fn signal(name: &str, process: u32) {
    let mut kill = Command::new("kill");
    let sent = kill.args(["-s", name, &process.to_string()]).status();
    assert!(sent.unwrap().success(), "the process is there");
}

/// Debian keeps the programs of each version in a folder of its own.
pub(crate) fn program(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter();
    let programs = versions
        .flatten()
        .map(|it| it.unwrap().path().join("bin").join(name));
    let newest = programs.filter(|path| path.exists()).max();
    newest.unwrap_or_else(|| name.into())
}

//! A PostgreSQL server that may be started anew.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::machine::{path, run};

/// Listens on loopback, on the machine that its hub is on.
#[derive(Debug)]
pub(crate) struct Database {
    namespace: String,
    programs: PathBuf,
    folder: TempDir,
    server: Option<Child>,
}

impl Database {
    pub(crate) fn start(namespace: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        run("chown", &[SERVANT, path(folder.path())]);
        let password = folder.path().join("password");
        fs::write(&password, "test only").unwrap();
        run("chmod", &["644", path(&password)]);
        let mut database = Self {
            namespace: namespace.into(),
            programs: newest(),
            folder,
            server: None,
        };
        let file = format!("--pwfile={}", path(&password));
        let words = [
            "--no-sync",
            "--username=postgres",
            "--auth=scram-sha-256",
            &file,
        ];
        let made = database.command("initdb", &words).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        database.run_server();
        database
    }

    /// What a hub has to write into its settings.
    pub(crate) fn settings(&self) -> String {
        let password = self.folder.path().join("password");
        format!(
            "[postgres]\naddress = 'postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable'\n\
             password_file = '{}'\n",
            path(&password)
        )
    }

    /// Ends it, as an update of its package does, and starts it again.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.run_server();
    }

    fn run_server(&mut self) {
        let words = [
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "unix_socket_directories=",
        ];
        let mut command = self.command("postgres", &words);
        let server = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.server = Some(server.unwrap());
        while !self.is_ready() {
            let server = self.server.as_mut().unwrap();
            assert!(server.try_wait().unwrap().is_none(), "PostgreSQL has ended");
        }
    }

    fn is_ready(&self) -> bool {
        let words = ["--host=127.0.0.1", "--quiet", "--timeout=1"];
        let mut command = in_namespace(&self.namespace);
        command.arg(self.programs.join("pg_isready")).args(words);
        command.status().unwrap().success()
    }

    fn stop(&mut self) {
        let Some(mut server) = self.server.take() else {
            return;
        };
        // "Fast": without waiting for clients.
        run("kill", &["-s", "INT", &server.id().to_string()]);
        server.wait().unwrap();
    }

    fn command(&self, program: &str, words: &[&str]) -> Command {
        let mut command = in_namespace(&self.namespace);
        let data = self.folder.path().join("data");
        command
            .args([
                "setpriv",
                "--reuid",
                SERVANT,
                "--regid",
                SERVANT,
                "--clear-groups",
            ])
            .arg(self.programs.join(program))
            .arg("-D")
            .arg(data)
            .args(words)
            .current_dir(self.folder.path());
        command
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.stop();
    }
}

fn in_namespace(namespace: &str) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace]);
    command
}

/// Where Debian has the programs of the newest version.
fn newest() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").unwrap();
    let versions = versions.map(|it| it.unwrap().path().join("bin"));
    versions.max().expect("PostgreSQL is installed")
}

/// It refuses to run as root.
const SERVANT: &str = "postgres";

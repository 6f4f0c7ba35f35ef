//! A supervisor that listens as systemd does, and what it starts.

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// The socket that a program tells everything to.
pub(crate) struct NotifySocket {
    name: String,
    socket: UnixDatagram,
    heard: Vec<String>,
}

impl NotifySocket {
    /// A socket that is a file.
    pub(crate) fn at(path: &Path) -> Self {
        let name = path.to_str().unwrap().to_owned();
        Self::of(name, UnixDatagram::bind(path).unwrap())
    }

    /// One that has this name.
    pub(crate) fn of(name: String, socket: UnixDatagram) -> Self {
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self {
            name,
            socket,
            heard: Vec::new(),
        }
    }

    /// As it stands in the environment.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The next message with this in it.
    pub(crate) fn hear(&mut self, what: &str) -> String {
        let mut found = None;
        for _ in 0..MOST_BETWEEN {
            let Some(message) = self.next() else { break };
            self.heard.push(message.clone());
            if message.contains(what) {
                found = Some(message);
                break;
            }
        }
        assert!(found.is_some(), "no {what:?} after {:?}", self.heard);
        found.unwrap()
    }

    /// What has come and was not heard yet.
    pub(crate) fn rest(&self) -> Vec<String> {
        self.socket.set_nonblocking(true).unwrap();
        std::iter::from_fn(|| self.next()).collect()
    }

    fn next(&self) -> Option<String> {
        let mut buffer = vec![0; 4096];
        let length = self.socket.recv(&mut buffer).ok()?;
        buffer.truncate(length);
        Some(String::from_utf8(buffer).unwrap())
    }

    /// Whether anything that was heard so far has this in it.
    pub(crate) fn has_heard(&self, what: &str) -> bool {
        self.heard.iter().any(|message| message.contains(what))
    }
}

/// A program under a supervisor; it ends with the test.
pub(crate) struct Supervised(Child);

impl Supervised {
    /// Starts it as systemd would, which wants to hear of it through `socket`.
    pub(crate) fn start(command: &mut Command, socket: &NotifySocket) -> Self {
        command
            .env("NOTIFY_SOCKET", socket.name())
            .env("WATCHDOG_USEC", "300000");
        Self(command.spawn().unwrap())
    }

    pub(crate) fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        kill.args(["-s", name, &self.0.id().to_string()]);
        assert!(kill.status().unwrap().success());
    }

    /// Waits for its end.
    pub(crate) fn end(&mut self) -> ExitStatus {
        self.0.wait().unwrap()
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program on a data folder, without a word to the terminal.
pub(crate) fn program(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sso-connect"));
    command
        .args(words)
        .arg("--data-dir")
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Signs of life come ten times a second: a minute of them.
const MOST_BETWEEN: usize = 600;
const PATIENCE: Duration = Duration::from_secs(60);

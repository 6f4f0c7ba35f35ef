//! A hub and servers, each a program of its own with a data folder of its own.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::demo::made;
use crate::failure::Failure;

/// All machines, and the folder that they are in.
#[derive(Debug)]
pub(super) struct Machines {
    folder: PathBuf,
    /// Removed when dropped.
    _temporary: Option<TempDir>,
    running: BTreeMap<String, Child>,
    addresses: BTreeMap<String, SocketAddr>,
    program: PathBuf,
}

impl Machines {
    /// None yet. All run `program`, with their folders in `folder`, or in a temporary one.
    pub(super) fn new(
        program: &Path,
        folder: Option<&Path>,
        names: &[&str],
    ) -> Result<Self, Failure> {
        let temporary = match folder {
            Some(folder) => made(fs::create_dir_all(folder)).map(|()| None)?,
            None => Some(made(TempDir::new())?),
        };
        let of_temporary = temporary.as_ref().map(TempDir::path);
        let root = folder.or(of_temporary).unwrap_or_else(|| Path::new("."));
        let address = |name: &&str| {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            Ok((String::from(*name), listener.local_addr()?))
        };
        let addresses: Result<_, std::io::Error> = names.iter().map(address).collect();
        Ok(Self {
            folder: root.into(),
            _temporary: temporary,
            running: BTreeMap::new(),
            addresses: made(addresses)?,
            program: program.into(),
        })
    }

    /// A file or folder of the demonstration.
    pub(super) fn at(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The same as text, for a command line.
    pub(super) fn text(&self, name: &str) -> String {
        self.at(name).display().to_string()
    }

    /// Where a machine listens, when it runs.
    pub(super) fn address(&self, name: &str) -> Result<SocketAddr, Failure> {
        let address = self.addresses.get(name).copied();
        address.ok_or_else(|| Failure::because(format!("there is no machine {name}")))
    }

    /// Gives a command on a machine; what it prints.
    pub(super) async fn give(&self, name: &str, words: &[&str]) -> Result<String, Failure> {
        let output = self.command(name, words).output().await;
        let output = made(output)?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(Failure::because(format!(
                "on {name}, sso-connect {}: {}{}",
                words.join(" "),
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            ))),
        }
    }

    /// The same for a command that prints JSON.
    pub(super) async fn ask(&self, name: &str, words: &[&str]) -> Result<Value, Failure> {
        let words = [words, &["--output", "json"]].concat();
        let said = self.give(name, &words).await?;
        made(serde_json::from_str(&said))
    }

    /// The same for one that says by its exit code whether it likes what it prints.
    pub(super) async fn look(&self, name: &str, words: &[&str]) -> Result<Value, Failure> {
        let words = [words, &["--output", "json"]].concat();
        let output = made(self.command(name, &words).output().await)?;
        made(serde_json::from_slice(&output.stdout))
    }

    /// Starts a machine, and waits until it listens.
    pub(super) async fn start(&mut self, name: &str, words: &[&str]) -> Result<(), Failure> {
        let listen = self.address(name)?.to_string();
        let words = [words, &["--listen", &listen]].concat();
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.at(&format!("{name}.log")));
        let mut child = made(
            self.command(name, &words)
                .stdout(Stdio::piped())
                .stderr(made(log)?)
                .spawn(),
        )?;
        let Some(out) = child.stdout.take() else {
            return Err(Failure::because(format!("{name} says nothing")));
        };
        let mut lines = BufReader::new(out).lines();
        let line = made(lines.next_line().await)?.unwrap_or_default();
        if !line.starts_with("listening on") {
            let log = fs::read_to_string(self.at(&format!("{name}.log"))).unwrap_or_default();
            return Err(Failure::because(format!(
                "{name} does not start: {line}{log}"
            )));
        }
        self.running.insert(name.into(), child);
        Ok(())
    }

    /// Ends a machine without a word, as a power failure does.
    pub(super) async fn kill(&mut self, name: &str) -> Result<(), Failure> {
        match self.running.remove(name) {
            Some(mut child) => made(child.kill().await),
            None => Ok(()),
        }
    }

    /// Waits until a machine has ended by itself.
    pub(super) async fn ended(&mut self, name: &str) -> Result<(), Failure> {
        match self.running.remove(name) {
            Some(mut child) => made(child.wait().await).map(drop),
            None => Ok(()),
        }
    }

    /// Sends a signal to a machine: `STOP` holds it, `CONT` lets it go on.
    pub(super) async fn signal(&self, name: &str, signal: &str) -> Result<(), Failure> {
        let id = self.running.get(name).and_then(Child::id);
        let id = id.ok_or_else(|| Failure::because(format!("{name} does not run")))?;
        let kill = Command::new("kill")
            .args([&format!("-{signal}"), &id.to_string()])
            .status();
        match made(kill.await)?.success() {
            true => Ok(()),
            false => Err(Failure::because(format!("{name} cannot be sent {signal}"))),
        }
    }

    /// Whether a machine runs.
    pub(super) fn runs(&self, name: &str) -> bool {
        self.running.contains_key(name)
    }

    /// Machines run another program from their next start on.
    pub(super) fn install(&mut self, program: &Path) {
        self.program = program.into();
    }

    fn command(&self, name: &str, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(words)
            .arg("--data-dir")
            .arg(self.at(name))
            .env_remove("SSO_CONNECT_DATA_DIR")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }
}

//! A machine, and what may happen to it.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::network::{Network, ip};

/// A machine with one program on it.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) address: SocketAddr,
    namespace: String,
    folder: PathBuf,
    serve: Vec<String>,
    program: Option<Child>,
}

impl Machine {
    /// Has a disk of its own at `folder`, and runs nothing yet.
    pub(crate) fn new(network: &Network, number: u8, folder: &Path, serve: &[&str]) -> Self {
        let address = SocketAddr::from((network.address(number), PORT));
        let namespace = network.connect(number);
        fs::create_dir(folder).unwrap();
        let size = format!("size={DISK}m");
        run(
            "mount",
            &["-t", "tmpfs", "-o", &size, "tmpfs", path(folder)],
        );
        let mut serve: Vec<_> = serve.iter().map(|&word| word.into()).collect();
        serve.extend(["--listen".to_owned(), address.to_string()]);
        let machine = Self {
            address,
            namespace,
            folder: folder.into(),
            serve,
            program: None,
        };
        machine.set_clock(0);
        machine
    }

    /// Starts the program, and waits until it listens.
    pub(crate) fn start(&mut self) {
        let log = File::options().create(true).append(true).open(self.log());
        let mut command = self.command(&self.serve);
        command.stdout(Stdio::piped()).stderr(log.unwrap());
        for (name, value) in [
            ("LD_PRELOAD", library()),
            ("FAKETIME_TIMESTAMP_FILE", path(&self.clock()).to_owned()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("NO_FAKE_STAT", "1".to_owned()),
        ] {
            command.env(name, value);
        }
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        self.program = Some(child);
        let log = || fs::read_to_string(self.log()).unwrap_or_default();
        assert!(line.starts_with("listening on"), "{line:?}: {}", log());
    }

    /// Ends the program as a power failure does.
    pub(crate) fn kill(&mut self) {
        let mut program = self.program.take().unwrap();
        program.kill().unwrap();
        program.wait().unwrap();
    }

    /// Lets the program do nothing, until [`Self::go_on`].
    pub(crate) fn hold(&self) {
        self.signal("STOP");
    }

    pub(crate) fn go_on(&self) {
        self.signal("CONT");
    }

    pub(crate) fn unplug(&self) {
        assert!(ip(&["-n", &self.namespace, "link", "set", "cable", "down"]));
    }

    pub(crate) fn plug_in(&self) {
        assert!(ip(&["-n", &self.namespace, "link", "set", "cable", "up"]));
    }

    /// Drops what another machine sends to this one, not what this one sends.
    pub(crate) fn be_deaf_to(&self, other: IpAddr) {
        self.filter("-A", other);
    }

    pub(crate) fn hear(&self, other: IpAddr) {
        self.filter("-D", other);
    }

    /// Lets the clock of the program differ from the right one, in seconds.
    pub(crate) fn set_clock(&self, offset: i32) {
        fs::write(self.clock(), format!("{offset:+}s\n")).unwrap();
    }

    /// Writes until nothing more fits on the disk.
    pub(crate) fn fill_disk(&self) {
        let mut file = File::create(self.folder.join(LITTER)).unwrap();
        for block in [1 << 20, 1] {
            while file.write_all(&vec![0; block]).is_ok() {}
        }
    }

    pub(crate) fn clear_disk(&self) {
        fs::remove_file(self.folder.join(LITTER)).unwrap();
    }

    /// Gives a command that has to succeed; what it prints.
    pub(crate) fn give(&self, words: &[&str]) -> String {
        let output = self.give_any(words);
        let said = String::from_utf8(output.stdout).unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{words:?}: {said}\n{error}");
        said
    }

    /// Gives a command.
    pub(crate) fn give_any(&self, words: &[&str]) -> Output {
        let words: Vec<_> = words.iter().map(|&word| word.into()).collect();
        self.command(&words).output().unwrap()
    }

    /// Saves a part of the configuration.
    pub(crate) async fn set(&self, name: &str, value: &str) -> Output {
        let words = ["config", "set", name, value, "--yes"].map(str::to_owned);
        let mut command = self.command(&words);
        tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap()
    }

    /// Whether a part of the configuration is in force here.
    pub(crate) fn holds(&self, name: &str, value: &str) -> bool {
        let output = self.give_any(&["config", "get", name]);
        String::from_utf8(output.stdout).unwrap().contains(value)
    }

    pub(crate) fn status(&self) -> String {
        String::from_utf8(self.give_any(&["status"]).stdout).unwrap()
    }

    pub(crate) const fn ip(&self) -> IpAddr {
        self.address.ip()
    }

    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn command(&self, words: &[String]) -> Command {
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", &self.namespace])
            .arg(env!("CARGO_BIN_EXE_sso-connect"))
            .args(words)
            .arg("--data-dir")
            .arg(self.folder.join("data"))
            .env_remove("SSO_CONNECT_LOG")
            .stdin(Stdio::null());
        command
    }

    fn signal(&self, name: &str) {
        let id = self.program.as_ref().unwrap().id();
        run("kill", &["-s", name, &id.to_string()]);
    }

    fn filter(&self, way: &str, other: IpAddr) {
        let other = other.to_string();
        let rule = ["-w", way, "INPUT", "-s", &other, "-j", "DROP"];
        let mut words = vec!["netns", "exec", &self.namespace, "iptables"];
        words.extend(rule);
        run("ip", &words);
    }

    fn log(&self) -> PathBuf {
        self.folder.with_extension("log")
    }

    fn clock(&self) -> PathBuf {
        self.folder.with_extension("clock")
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Some(mut program) = self.program.take() {
            let _ = program.kill();
            let _ = program.wait();
        }
        let _ = Command::new("umount")
            .arg("--lazy")
            .arg(&self.folder)
            .status();
        ip(&["netns", "del", &self.namespace]);
    }
}

/// Runs a program of the system, which has to succeed.
pub(crate) fn run(program: &str, words: &[&str]) {
    let output = Command::new(program).args(words).output().unwrap();
    assert!(output.status.success(), "{program} {words:?}: {output:?}");
}

pub(crate) fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Of libfaketime; Debian has a folder for each kind of processor.
fn library() -> String {
    let folders = fs::read_dir("/usr/lib").unwrap();
    let libraries = folders.map(|it| it.unwrap().path().join("faketime/libfaketimeMT.so.1"));
    let found = libraries.into_iter().find(|it| it.exists());
    path(&found.expect("libfaketime is installed")).to_owned()
}

const PORT: u16 = 8443;
/// In MiB.
const DISK: u32 = 96;
const LITTER: &str = "litter";

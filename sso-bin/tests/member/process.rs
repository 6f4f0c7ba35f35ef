//! A program that runs until it is dropped.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// A server or a hub.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Process {
    /// Starts `sso-connect ARGUMENTS --data-dir FOLDER`, and waits until it listens.
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Self {
        Self::start_of(Build::This, folder, arguments)
    }

    /// The same with a build of the program.
    pub(crate) fn start_of(build: Build, folder: &Path, arguments: &[&str]) -> Self {
        let log = File::create(folder.with_extension("log")).unwrap();
        let mut child = program(build, folder, arguments)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on https://");
        let address = address.unwrap_or_else(|| {
            let log = std::fs::read_to_string(folder.with_extension("log"));
            panic!("{line:?}: {}", log.unwrap_or_default())
        });
        Self {
            address: address.parse().unwrap(),
            child,
        }
    }

    /// Ends it, and starts it anew.
    pub(crate) fn restart(&mut self, folder: &Path, arguments: &[&str]) {
        self.end();
        *self = Self::start(folder, arguments);
    }

    /// Waits until it has ended by itself, and says whether it was content.
    #[cfg(feature = "system-tests")]
    pub(crate) fn ended_well(mut self) -> bool {
        self.child.wait().unwrap().success()
    }

    /// Asks it to end, as systemd does.
    #[cfg(feature = "system-tests")]
    pub(crate) fn terminate(&self) {
        let kill = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        assert!(kill.unwrap().success());
    }

    /// Ends it without a word, as a power failure does.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    /// The same, for a place that another one takes.
    pub(crate) fn end(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Build {
    /// It pretends to be a newer version, with another schema.
    #[cfg(feature = "dangerous-test-builds")]
    Newer,
    /// The same, and its databases are nothing for the one that people run.
    #[cfg(feature = "dangerous-test-builds")]
    NewerClosed,
    /// The same, and its databases may be read.
    #[cfg(feature = "dangerous-test-builds")]
    NewerReadable,
    /// The one that people run.
    This,
}

impl Build {
    const fn file(self) -> &'static str {
        match self {
            #[cfg(feature = "dangerous-test-builds")]
            Self::Newer | Self::NewerClosed | Self::NewerReadable => {
                env!("CARGO_BIN_EXE_sso-connect-newer")
            }
            Self::This => env!("CARGO_BIN_EXE_sso-connect"),
        }
    }

    /// What older programs may do with its databases.
    const fn files(self) -> &'static str {
        match self {
            #[cfg(feature = "dangerous-test-builds")]
            Self::NewerClosed => "closed",
            #[cfg(feature = "dangerous-test-builds")]
            Self::NewerReadable => "readable",
            _ => "writable",
        }
    }
}

/// Gives a command that has to succeed; what it prints.
pub(crate) fn give(folder: &Path, arguments: &[impl AsRef<OsStr>]) -> String {
    give_to(Build::This, folder, arguments)
}

/// The same with a build of the program.
pub(crate) fn give_to(build: Build, folder: &Path, arguments: &[impl AsRef<OsStr>]) -> String {
    let output = give_any_to(build, folder, arguments);
    let said = String::from_utf8(output.stdout).unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}\n{error}");
    said
}

/// Gives a command.
pub(crate) fn give_any(folder: &Path, arguments: &[impl AsRef<OsStr>]) -> Output {
    give_any_to(Build::This, folder, arguments)
}

/// Gives a command to a build of the program.
pub(crate) fn give_any_to(build: Build, folder: &Path, arguments: &[impl AsRef<OsStr>]) -> Output {
    program(build, folder, arguments).output().unwrap()
}

/// Starts a command whose end is not waited for. What it prints goes nowhere.
pub(crate) fn begin(folder: &Path, arguments: &[impl AsRef<OsStr>]) -> Child {
    let mut command = program(Build::This, folder, arguments);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn program(build: Build, folder: &Path, arguments: &[impl AsRef<OsStr>]) -> Command {
    let mut command = Command::new(build.file());
    command
        .args(arguments)
        .arg("--data-dir")
        .arg(folder)
        .env_remove("SSO_CONNECT_LOG")
        .env("SSO_CONNECT_PRETENDED_FILES", build.files())
        .env("SOFTHSM2_CONF", folder.with_extension("softhsm2"))
        .stdin(Stdio::null());
    command
}

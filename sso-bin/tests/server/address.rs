//! Addresses that come and go, and ports that others have: in a network of the test's own where
//! addresses have to change, which needs root.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

#[test]
fn a_server_whose_address_is_not_here_is_stopped_and_starts_by_itself() {
    let site = Site::with_network();
    site.set("private_ip", "10.77.0.5");
    let mut server = site.serve();
    let stopped = site.until(|status| status["status"] == "Stopped");
    let reason = stopped["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("10.77.0.5 is no address of this machine, which has"),
        "{reason}"
    );
    assert!(reason.contains("10.77.0.1"), "{reason}");
    let remedy = stopped["remedy"].as_str().unwrap();
    assert!(
        remedy.contains("sso-connect local unset private_ip"),
        "{remedy}"
    );
    assert!(
        remedy.contains("sso-connect local set private_ip 10.77.0.1"),
        "{remedy}"
    );
    assert_eq!(site.run(&["status"]).status.code(), Some(1));

    site.ip(&["address", "add", "10.77.0.5/32", "dev", "lo"]);
    assert_eq!(server.listens(), "10.77.0.5:8443");
    site.until(|status| status["status"] == "Not Configured Yet");

    site.ip(&["address", "del", "10.77.0.5/32", "dev", "lo"]);
    site.until(|status| status["status"] == "Stopped");
    site.ip(&["address", "add", "10.77.0.5/32", "dev", "lo"]);
    site.until(|status| status["status"] == "Not Configured Yet");
    let asked = site.run(&["status", "--server", "10.77.0.5:8443"]);
    assert!(said(&asked).contains("Not Configured Yet"), "{asked:?}");
}

#[test]
fn the_command_that_is_named_mends_a_server_that_runs() {
    let site = Site::with_network();
    site.set("private_ip", "10.77.0.5");
    let mut server = site.serve();
    site.until(|status| status["status"] == "Stopped");
    let unset = site.run(&["local", "unset", "private_ip"]);
    assert!(said(&unset).contains("listen on [::]:8443"), "{unset:?}");
    assert_eq!(server.listens(), "[::]:8443");
    site.until(|status| status["status"] == "Not Configured Yet");
}

#[test]
fn a_server_listens_on_every_address_by_default() {
    let site = Site::with_network();
    let mut server = site.serve();
    assert_eq!(server.listens(), "[::]:8443");
    for address in ["127.0.0.1:8443", "10.77.0.1:8443", "[::1]:8443"] {
        let asked = site.run(&["status", "--server", address]);
        assert!(
            said(&asked).contains("Not Configured Yet"),
            "{address}: {asked:?}"
        );
    }
}

#[test]
fn a_server_without_the_privilege_for_its_port_is_stopped_and_says_what_gives_it() {
    let site = Site::with_network();
    site.set("private_port", "443");
    let mut server = site.serve_without_privileges();
    let stopped = site.until(|status| status["status"] == "Stopped");
    let reason = stopped["reason"].as_str().unwrap();
    assert!(
        reason.contains("this user may not use port 443"),
        "{reason}"
    );
    let remedy = stopped["remedy"].as_str().unwrap();
    assert!(
        remedy.contains("AmbientCapabilities=CAP_NET_BIND_SERVICE"),
        "{remedy}"
    );
    assert!(remedy.contains("setcap"), "{remedy}");

    site.inside(
        "sh",
        &[
            "-c",
            "echo 400 > /proc/sys/net/ipv4/ip_unprivileged_port_start",
        ],
    );
    assert_eq!(server.listens(), "[::]:443");
}

#[test]
fn a_server_whose_port_somebody_has_is_stopped_names_them_and_starts_when_they_are_gone() {
    let site = Site::on_loopback();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap();
    site.set("private_ip", "127.0.0.1");
    site.set("private_port", &address.port().to_string());
    let mut server = site.serve();
    let stopped = site.until(|status| status["status"] == "Stopped");
    let reason = stopped["reason"].as_str().unwrap();
    let me = format!(
        "(process {}), which listens on {address}",
        std::process::id()
    );
    assert!(
        reason.starts_with(&format!("{address} is in use by ")),
        "{reason}"
    );
    assert!(reason.contains(&me), "{reason}");
    let shown = site.run(&["users", "list"]);
    let answered = String::from_utf8_lossy(&shown.stderr).into_owned();
    assert!(
        answered.contains("belongs to no domain"),
        "the program works on: {answered}"
    );

    drop(other);
    assert_eq!(server.listens(), address.to_string());
    site.until(|status| status["status"] == "Not Configured Yet");
}

/// A data folder, and the network in which its programs run.
struct Site {
    guard: TempDir,
    network: Option<Network>,
}

impl Site {
    /// In the network of this machine: for loopback only.
    fn on_loopback() -> Self {
        let site = Self {
            guard: tempfile::tempdir().unwrap(),
            network: None,
        };
        let made = site.run(&["init", "--base-url", "https://localhost:8443"]);
        assert!(made.status.success(), "{made:?}");
        site
    }

    /// In a network of its own, with the addresses 127.0.0.1, ::1 and 10.77.0.1.
    fn with_network() -> Self {
        let network = Some(Network::make());
        let site = Self {
            network,
            ..Self::on_loopback()
        };
        site.ip(&["link", "set", "lo", "up"]);
        site.ip(&["address", "add", "10.77.0.1/32", "dev", "lo"]);
        site
    }

    fn data(&self) -> PathBuf {
        self.guard.path().join("data")
    }

    fn set(&self, setting: &str, value: &str) {
        let set = self.run(&["local", "set", setting, value]);
        assert!(set.status.success(), "{set:?}");
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(PROGRAM, arguments).output().unwrap()
    }

    fn ip(&self, arguments: &[&str]) {
        self.inside("ip", arguments);
    }

    fn inside(&self, program: &str, arguments: &[&str]) {
        let mut command = self.wrapped(program);
        let output = command.args(arguments).output().unwrap();
        assert!(
            output.status.success(),
            "{program} {arguments:?}: {output:?}"
        );
    }

    fn serve(&self) -> Served {
        Served::start(self.command(PROGRAM, &["serve"]))
    }

    /// As a user who may write the folder and has no privilege.
    fn serve_without_privileges(&self) -> Served {
        let arguments = [
            "--bounding-set=-net_bind_service",
            "--inh-caps=-net_bind_service",
            "--",
            PROGRAM,
            "serve",
        ];
        Served::start(self.command("setpriv", &arguments))
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = self.wrapped(program);
        command
            .args(arguments)
            .env("SSO_CONNECT_DATA_DIR", self.data());
        command.stdin(Stdio::null());
        command
    }

    fn wrapped(&self, program: &str) -> Command {
        match &self.network {
            None => Command::new(program),
            Some(network) => network.command(program),
        }
    }

    /// Asks for the status until it is as it should be.
    fn until(&self, condition: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        for _ in 0..ATTEMPTS {
            let output = self.run(&["status", "--output", "json"]);
            last = serde_json::from_slice(&output.stdout).unwrap();
            if output.status.code() != Some(10) && condition(&last) {
                return last;
            }
        }
        panic!("{last}")
    }
}

/// A network namespace that goes with the process that holds it.
struct Network(Child);

impl Network {
    /// Whoever runs the tests without root finds out here: nothing is passed over.
    fn make() -> Self {
        let mut command = Command::new("unshare");
        command.args(["--net", "--", "sh", "-c", "echo made && exec cat"]);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.expect("unshare (util-linux) is there");
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        assert_eq!(
            line, "made\n",
            "these tests make networks, and need root for it"
        );
        Self(child)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.0.id().to_string(), "--net", "--", program]);
        command
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server that ends with the test.
struct Served {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Served {
    fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out }
    }

    /// Waits until it says where it listens.
    fn listens(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on https://").unwrap();
        address.parse::<SocketAddr>().unwrap().to_string()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_sso-connect");

/// Each asks a program that has to start, so that they last much longer than any back-off.
const ATTEMPTS: usize = 2_000;

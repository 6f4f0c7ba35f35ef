//! The program under a supervisor that speaks as systemd does.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::notify_socket::NotifySocket;

#[test]
fn systemd_hears_of_the_whole_life_of_a_server() {
    let data = Data::init();
    let mut socket = data.socket();
    let mut server = data.serve(&socket, "127.0.0.1:0");
    socket.hear("READY=1");
    socket.hear("STATUS=Not Configured Yet: ");
    socket.hear("WATCHDOG=1");
    socket.hear("WATCHDOG=1");

    server.signal("HUP");
    let reloading = socket.hear("RELOADING=1");
    assert!(reloading.contains("\nMONOTONIC_USEC="), "{reloading}");
    socket.hear("READY=1");

    assert!(!socket.has_heard("STOPPING=1"));
    server.signal("TERM");
    let stopping = socket.hear("STOPPING=1");
    assert!(stopping.contains("EXTEND_TIMEOUT_USEC="), "{stopping}");
    assert!(server.0.wait().unwrap().success());
}

#[cfg(target_os = "linux")]
#[test]
fn a_socket_without_a_file_is_as_good() {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    let data = Data::init();
    let name = format!("sso-connect-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let socket = UnixDatagram::bind_addr(&address).unwrap();
    let mut socket = NotifySocket::of(format!("@{name}"), socket);
    let _server = data.serve(&socket, "127.0.0.1:0");
    socket.hear("READY=1");
}

#[test]
fn a_server_whose_address_is_taken_is_ready_and_says_that_it_is_stopped() {
    let data = Data::init();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let local = format!("private_ip = '127.0.0.1'\nprivate_port = {port}\n");
    fs::write(data.path().join("local.toml"), local).unwrap();
    let mut socket = data.socket();
    let _server = data.serve_with(&socket, &["serve"]);
    socket.hear("READY=1");
    let status = socket.hear("STATUS=");
    assert!(status.contains("STATUS=Stopped: "), "{status}");
    assert!(status.contains("is in use"), "{status}");
    socket.hear("WATCHDOG=1");
    drop(other);
    socket.hear("STATUS=Not Configured Yet");
}

#[test]
fn a_server_that_cannot_start_says_nothing() {
    let data = Data::init();
    fs::remove_file(data.path().join("keys/data.key")).unwrap();
    let socket = data.socket();
    let mut server = data.serve(&socket, "127.0.0.1:0");
    assert_eq!(server.0.wait().unwrap().code(), Some(5));
    assert_eq!(socket.rest(), [""; 0]);
}

#[test]
fn a_supervisor_that_is_gone_takes_nobody_along() {
    let data = Data::init();
    let mut socket = data.socket();
    let mut server = data.serve(&socket, "127.0.0.1:0");
    socket.hear("READY=1");
    fs::remove_file(socket.name()).unwrap();
    drop(socket);
    server.signal("HUP");
    server.signal("TERM");
    assert!(server.0.wait().unwrap().success());
}

/// A data folder, with room for a socket beside it.
struct Data(TempDir);

impl Data {
    fn init() -> Self {
        let data = Self(tempfile::tempdir().unwrap());
        let mut init = command(
            &data.path(),
            &["init", "--base-url", "https://localhost:8443"],
        );
        assert!(init.status().unwrap().success());
        data
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn socket(&self) -> NotifySocket {
        NotifySocket::at(&self.0.path().join("notify"))
    }

    fn serve(&self, socket: &NotifySocket, listen: &str) -> Server {
        self.serve_with(socket, &["serve", "--listen", listen])
    }

    fn serve_with(&self, socket: &NotifySocket, words: &[&str]) -> Server {
        let mut command = command(&self.path(), words);
        command
            .env("NOTIFY_SOCKET", socket.name())
            .env("WATCHDOG_USEC", "300000");
        Server(command.spawn().unwrap())
    }
}

/// A running program; it ends with the test.
struct Server(Child);

impl Server {
    fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        kill.args(["-s", name, &self.0.id().to_string()]);
        assert!(kill.status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn command(folder: &Path, words: &[&str]) -> Command {
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

//! The program under a supervisor that speaks as systemd does.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::supervisor::{NotifySocket, Supervised, program};

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
    assert!(server.end().success());
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
    assert_eq!(server.end().code(), Some(5));
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
    assert!(server.end().success());
}

/// A data folder, with room for a socket beside it.
struct Data(TempDir);

impl Data {
    fn init() -> Self {
        let data = Self(tempfile::tempdir().unwrap());
        let mut init = program(
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

    fn serve(&self, socket: &NotifySocket, listen: &str) -> Supervised {
        self.serve_with(socket, &["serve", "--listen", listen])
    }

    fn serve_with(&self, socket: &NotifySocket, words: &[&str]) -> Supervised {
        Supervised::start(&mut program(&self.path(), words), socket)
    }
}

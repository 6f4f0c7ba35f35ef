//! The hub under a supervisor that speaks as systemd does.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::notify_socket::NotifySocket;

#[test]
fn systemd_hears_of_the_whole_life_of_a_hub() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hub");
    let init = command(&data, &["init", "--reached-as", "localhost:8444"]).status();
    assert!(init.unwrap().success());
    let settings = data.join("hub.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let text = text.replace("[limits]", "inspection = \"off\"\n[limits]");
    std::fs::write(&settings, text).unwrap();

    let mut socket = NotifySocket::at(&folder.path().join("notify"));
    let mut hub = command(&data, &["serve", "--listen", "127.0.0.1:0"]);
    hub.env("NOTIFY_SOCKET", socket.name());
    hub.env("WATCHDOG_USEC", "300000");
    let mut hub = Hub(hub.spawn().unwrap());
    socket.hear("READY=1");
    socket.hear("STATUS=Running");
    socket.hear("WATCHDOG=1");
    hub.signal("HUP");
    socket.hear("RELOADING=1");
    socket.hear("READY=1");
    assert!(!socket.has_heard("STOPPING=1"));
    hub.signal("TERM");
    socket.hear("STOPPING=1");
    assert!(hub.0.wait().unwrap().success());
    assert!(!socket.rest().contains(&"READY=1\n".to_owned()));
}

/// A hub in a process of its own; it ends with the test.
struct Hub(Child);

impl Hub {
    fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        kill.args(["-s", name, &self.0.id().to_string()]);
        assert!(kill.status().unwrap().success());
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn command(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sso-connect"));
    command
        .arg("hub")
        .args(words)
        .arg("--data-dir")
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

//! The hub under a supervisor that speaks as systemd does.

use crate::supervisor::{NotifySocket, Supervised, program};

#[test]
fn systemd_hears_of_the_whole_life_of_a_hub() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hub");
    let init = program(&data, &["hub", "init", "--reached-as", "localhost:8444"]).status();
    assert!(init.unwrap().success());
    let settings = data.join("hub.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let text = text.replace("[limits]", "inspection = \"off\"\n[limits]");
    std::fs::write(&settings, text).unwrap();

    let mut socket = NotifySocket::at(&folder.path().join("notify"));
    let mut hub = program(&data, &["hub", "serve", "--listen", "127.0.0.1:0"]);
    let mut hub = Supervised::start(&mut hub, &socket);
    socket.hear("READY=1");
    socket.hear("STATUS=Running");
    socket.hear("WATCHDOG=1");
    hub.signal("HUP");
    socket.hear("RELOADING=1");
    socket.hear("READY=1");
    assert!(!socket.has_heard("STOPPING=1"));
    hub.signal("TERM");
    socket.hear("STOPPING=1");
    assert!(hub.end().success());
    assert!(!socket.rest().contains(&"READY=1\n".to_owned()));
}

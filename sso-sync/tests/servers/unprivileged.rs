//! Servers that refuse to run as root.

use std::fs::Permissions;
use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Makes a program run as somebody else if this process is root.
pub(crate) fn unprivileged(command: &mut Command) -> &mut Command {
    if let Some((user, group)) = servant() {
        command.uid(user).gid(group);
    }
    command.current_dir("/")
}

/// Hands a file or folder to who runs unprivileged programs; nobody else may read it.
pub(crate) fn give_away(path: &Path) {
    let mode = if path.is_dir() { 0o700 } else { 0o600 };
    std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    if let Some((user, group)) = servant() {
        chown(path, Some(user), Some(group)).unwrap();
    }
}

/// User and group of `postgres`, or of `nobody` where there is none.
fn servant() -> Option<(u32, u32)> {
    let am_root =
        std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()) == 0;
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let find = |name: &str| {
        let fields = users
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>());
        let fields = fields.into_iter().find(|fields| fields[0] == name)?;
        Some((fields[2].parse().unwrap(), fields[3].parse().unwrap()))
    };
    am_root.then(|| find("postgres").or_else(|| find("nobody")).unwrap())
}

/// Waits until a server says on its standard error that it is ready; `false` if it ends before.
pub(crate) fn is_ready(child: &mut Child, ready: &str) -> bool {
    let said = lines(child.stderr.take().unwrap());
    loop {
        match said.recv_timeout(DEADLINE) {
            Ok(line) if line.contains(ready) => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

/// What a server says, printed for those who look into a test that fails.
fn lines(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            eprintln!("  {line}");
            // Who has heard that it is ready no longer listens.
            let _ = sender.send(line);
        }
    });
    lines
}

/// A port that is free at the moment.
pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

const DEADLINE: Duration = Duration::from_mins(1);

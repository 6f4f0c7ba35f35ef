//! Data folders that earlier versions wrote, each in `tests/member/formats/`: a hub, a server of a
//! domain, a server of its own, and what is in them.
//!
//! `SSO_WRITE_FORMAT=NAME` writes such folders with this version. They become small by `PRAGMA
//! wal_checkpoint(TRUNCATE)` in each database; what is left of `-wal` and `-shm` files, and paths in
//! `domain.toml`, do not belong there.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sso_core::cert::SelfSigned;
use sso_core::{Clock as _, SystemClock};
use tempfile::TempDir;

use crate::domain::{Domain, free_port};
use crate::process::{Build, Process, give, give_to};
use crate::stories::until;

#[tokio::test]
async fn this_version_opens_what_earlier_ones_wrote() {
    write_if_told().await;
    for format in formats() {
        opens(Build::This, &format).await;
    }
}

#[cfg(feature = "dangerous-test-builds")]
#[tokio::test]
async fn the_next_version_opens_what_earlier_ones_wrote() {
    for format in formats() {
        opens(Build::Newer, &format).await;
    }
}

/// The server says whom it knows without the hub; then the hub opens its folder too, and they are
/// level; an administrator signs in with the password of that time.
async fn opens(build: Build, format: &Path) {
    let (guard, port) = (copy(format), free_port());
    let at = |name: &str| guard.path().join(name);
    let server = at("one");
    renew_certificate(&at("hub"));
    move_hub(&at("hub"), port);
    lead_to(&server, port, &at("hub/keys/tls.pem"));
    let running = Process::start_of(build, &server, &LISTEN);
    let users = give_to(build, &server, &["users", "list"]);
    assert!(users.contains("alice") && users.contains("bob"), "{users}");
    drop(running);

    let listen = format!("127.0.0.1:{port}");
    let _hub = Process::start_of(build, &at("hub"), &["hub", "serve", "--listen", &listen]);
    let _running = Process::start_of(build, &server, &LISTEN);
    let status = || give_to(build, &server, &["status"]);
    until(async || status().contains("all 2 of 2 users")).await;
    until(async || matches!(sync(&status()), "level" | "frozen")).await;
    fs::write(at("password"), "a long enough password").unwrap();
    let password = at("password").to_str().unwrap().to_owned();
    let login = [
        "login",
        "--email",
        "alice@example.com",
        "--password-file",
        &password,
    ];
    give_to(build, &server, &login);
    let lifetime = give_to(build, &server, &["config", "get", "session_lifetime"]);
    assert_eq!(lifetime, "session_lifetime: 4h\n");
    let alone = at("alone");
    give_to(build, &alone, &["check"]);
    let _alone = Process::start_of(build, &alone, &LISTEN);
    assert!(give_to(build, &alone, &["status"]).contains("Running"));
}

fn sync(status: &str) -> &str {
    let line = status.lines().find_map(|it| it.strip_prefix("sync"));
    line.unwrap_or_default().trim()
}

/// All formats that there were.
fn formats() -> Vec<PathBuf> {
    let all = fs::read_dir(FORMATS).unwrap();
    let all: Vec<_> = all.map(|it| it.unwrap().path()).collect();
    assert!(!all.is_empty());
    all
}

/// A copy that nobody else reads, as a data folder is.
fn copy(format: &Path) -> TempDir {
    let guard = tempfile::tempdir().unwrap();
    copy_folder(format, guard.path());
    guard
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::Permissions::from_mode(0o700)).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), &target).unwrap();
            fs::set_permissions(&target, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
}

/// The certificate of that time has ended one day; what is tested is older.
fn renew_certificate(hub: &Path) {
    let made = SelfSigned::for_tls(&["localhost"], SystemClock.now()).unwrap();
    fs::write(hub.join("keys/tls.pem"), made.certificate_pem()).unwrap();
    fs::write(hub.join("keys/tls.key"), made.key_pem().as_bytes()).unwrap();
}

/// The hub is reached by another port.
fn move_hub(hub: &Path, port: u16) {
    let file = hub.join("hub.toml");
    let lines = fs::read_to_string(&file).unwrap();
    let lines = lines
        .lines()
        .map(|line| match line.starts_with("reached_as") {
            true => format!("reached_as = [\"localhost:{port}\"]\n"),
            false => format!("{line}\n"),
        });
    fs::write(&file, lines.collect::<String>()).unwrap();
}

/// The hub is on another port, and its certificate in another folder.
fn lead_to(server: &Path, port: u16, authority: &Path) {
    let file = server.join("domain.toml");
    let lines = fs::read_to_string(&file).unwrap();
    let lines = lines.lines().map(|line| match line.split_once(" = ") {
        Some(("hub", _)) => format!("hub = \"https://localhost:{port}\"\n"),
        Some(("hub_ca", _)) => format!("hub_ca = \"{}\"\n", authority.display()),
        _ => format!("{line}\n"),
    });
    fs::write(&file, lines.collect::<String>()).unwrap();
}

/// Writes the folders of a domain with two users and a configuration, and of a server of its own.
async fn write_if_told() {
    let Ok(name) = std::env::var("SSO_WRITE_FORMAT") else {
        return;
    };
    let mut domain = Domain::of_two_servers();
    domain.signed_in(&domain.one, "alice").await;
    domain.signed_in(&domain.one, "bob").await;
    domain.login();
    let save = ["config", "set", "session_lifetime", "4h", "--yes"];
    give(&domain.folder("two"), &save);
    let is_settled = || {
        let said = give(&domain.folder("one"), &["status"]);
        said.contains("all 2 of 2 users") && said.contains("revision       2")
    };
    until(async || is_settled()).await;
    domain.one.end();
    domain.two.end();
    domain.lose_hub();
    let alone = domain.folder("alone");
    give(&alone, &["init", "--base-url", "https://localhost:8443"]);
    let metadata = domain.folder("idp.xml").to_str().unwrap().to_owned();
    give(&alone, &["idp", "add", "work", "--metadata", &metadata]);
    drop(Process::start(&alone, &LISTEN));
    for part in ["hub", "one", "alone"] {
        copy_folder(
            &domain.folder(part),
            &Path::new(FORMATS).join(&name).join(part),
        );
    }
}

const FORMATS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/member/formats");
const LISTEN: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

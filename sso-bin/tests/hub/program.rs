//! The program as operators run it: commands, messages, exit codes, signals.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

#[test]
fn a_first_hub_is_made_and_private() {
    let data = Data::init();
    for file in ["hub.toml", "hub.db", "keys/hub.key", "keys/tls.key"] {
        let mode = fs::metadata(data.path().join(file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let text = fs::read_to_string(data.path().join("hub.toml")).unwrap();
    assert!(text.contains("reached_as = [\"localhost:8444\"]"), "{text}");
    let output = data.run(&["domain", "list"]);
    assert_eq!(stdout(&output).lines().count(), 1, "{output:?}");
}

#[test]
fn a_second_init_changes_nothing() {
    let data = Data::init();
    let before = fs::read(data.path().join("keys/hub.key")).unwrap();
    let output = data.run(&["init", "--reached-as", "other:1"]);
    assert_eq!(code(&output), 5);
    assert!(
        stderr(&output).contains("hub.toml, or choose another folder"),
        "{output:?}"
    );
    assert_eq!(fs::read(data.path().join("keys/hub.key")).unwrap(), before);
}

#[test]
fn another_process_takes_over_the_keys() {
    let first = Data::init();
    let second = Data::new();
    let keys = first.path().join("keys/hub.key");
    let file = keys.to_str().unwrap();
    let output = second.run(&["init", "--reached-as", "localhost:8444", "--keys", file]);
    assert_eq!(code(&output), 0, "{output:?}");
    assert!(stdout(&output).contains("[postgres]"), "{output:?}");
    let taken = fs::read(second.path().join("keys/hub.key")).unwrap();
    assert_eq!(taken, fs::read(&keys).unwrap());
}

#[test]
fn an_empty_folder_is_told_how_to_begin() {
    let data = Data::new();
    let output = data.run(&["serve"]);
    assert_eq!(code(&output), 5);
    assert!(
        stderr(&output).contains("sso-connect hub init --reached-as"),
        "{output:?}"
    );
}

#[test]
fn an_unknown_setting_is_named() {
    let data = Data::init();
    data.add_setting("listn = '[::]:1'");
    let output = data.run(&["serve"]);
    assert_eq!(code(&output), 3);
    assert!(
        stderr(&output).contains("unknown field `listn`"),
        "{output:?}"
    );
    assert!(stderr(&output).contains("to mend it: edit"), "{output:?}");
}

#[test]
fn an_address_in_use_is_named_with_the_setting() {
    let data = Data::init();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let output = data.run(&["serve", "--listen", &address]);
    assert_eq!(code(&output), 4);
    assert!(
        stderr(&output).contains("set `listen` in hub.toml"),
        "{output:?}"
    );
}

#[test]
fn a_password_in_the_address_of_the_database_is_refused_and_not_repeated() {
    let data = Data::init();
    data.add_setting("[postgres]\naddress = 'postgres://hub:sesame@127.0.0.1:1/hub'");
    let output = data.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(code(&output), 3);
    assert!(stderr(&output).contains("password_file"), "{output:?}");
    assert!(!stderr(&output).contains("sesame"), "{output:?}");
}

#[test]
fn a_database_that_is_gone_is_not_replaced_by_an_empty_one() {
    let data = Data::init();
    fs::remove_file(data.path().join("hub.db")).unwrap();
    for command in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["domain", "list"],
    ] {
        let output = data.run(command);
        assert_eq!(code(&output), 5, "{output:?}");
        assert!(
            stderr(&output).contains("hub serve --new-database"),
            "{output:?}"
        );
        assert!(!data.path().join("hub.db").exists());
    }
    let mut hub = data.serve(&["--new-database"]);
    assert!(hub.first_line().starts_with("listening on https://"));
    hub.end();
    assert!(data.path().join("hub.db").exists());
}

#[test]
fn a_signal_ends_it_in_good_order() {
    let data = Data::init();
    let mut hub = data.serve(&[]);
    assert!(
        hub.first_line()
            .starts_with("listening on https://127.0.0.1:")
    );
    hub.end();
}

#[test]
fn names_that_are_none_are_refused() {
    let data = Data::init();
    for arguments in [
        [
            "domain",
            "create",
            "ex ample",
            "--administrator",
            "a@example.com",
        ],
        ["domain", "create", "example", "--administrator", "nobody"],
    ] {
        let output = data.run(&arguments);
        assert_eq!(code(&output), 1, "{output:?}");
    }
    for arguments in [
        &["domain", "restore", "example"][..],
        &["admin", "list", "example"],
    ] {
        let output = data.run(arguments);
        assert_eq!(code(&output), 1);
        assert!(
            stderr(&output).contains("there is no domain example"),
            "{output:?}"
        );
    }
}

/// The folder of a hub.
struct Data {
    guard: TempDir,
}

impl Data {
    fn new() -> Self {
        let guard = tempfile::tempdir().unwrap();
        Self { guard }
    }

    fn init() -> Self {
        let data = Self::new();
        let output = data.run(&["init", "--reached-as", "localhost:8444"]);
        assert_eq!(code(&output), 0, "{output:?}");
        data
    }

    fn path(&self) -> PathBuf {
        self.guard.path().join("hub")
    }

    fn add_setting(&self, setting: &str) {
        let path = self.path().join("hub.toml");
        let text = fs::read_to_string(&path).unwrap();
        let (before, after) = text.split_once("[limits]").unwrap();
        let text = match setting.starts_with('[') {
            true => format!("{text}\n{setting}\n"),
            false => format!("{before}{setting}\n[limits]{after}"),
        };
        fs::write(&path, text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        program(&self.path(), arguments).output().unwrap()
    }

    fn serve(&self, arguments: &[&str]) -> Hub {
        let config = self.path().join("hub.toml");
        let text = fs::read_to_string(&config).unwrap();
        fs::write(
            &config,
            text.replace("[limits]", "inspection = \"off\"\n[limits]"),
        )
        .unwrap();
        let listen = ["serve", "--listen", "127.0.0.1:0"];
        let mut program = program(&self.path(), &[&listen, arguments].concat());
        let child = program.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        Hub {
            child: child.unwrap(),
        }
    }
}

/// A hub in a process of its own. Dropping it ends it.
struct Hub {
    child: Child,
}

impl Hub {
    fn first_line(&mut self) -> String {
        let mut line = String::new();
        let output = self.child.stdout.as_mut().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        line
    }

    fn end(mut self) {
        let mut kill = Command::new("kill");
        let sent = kill
            .args(["-s", "TERM", &self.child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_sso-connect"));
    program
        .arg("hub")
        .args(arguments)
        .arg("--data-dir")
        .arg(folder)
        .stdin(Stdio::null());
    program
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

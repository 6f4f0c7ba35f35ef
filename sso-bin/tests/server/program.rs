//! The program as administrators run it: commands, messages, exit codes, signals.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use sso_core::testkit::FakeIdp;
use tempfile::TempDir;

#[test]
fn a_first_server_is_made_checked_and_described() {
    let data = Data::init();
    let output = data.run(&["check"]);
    assert_eq!(code(&output), 0, "{output:?}");
    assert!(
        stdout(&output).contains("The configuration is valid."),
        "{output:?}"
    );

    let output = data.run(&["metadata"]);
    assert!(
        stdout(&output).contains("https://localhost:8443/sso-connect/saml/sso"),
        "{output:?}"
    );
    let output = data.run(&["metadata", "--sign"]);
    assert!(stdout(&output).contains("SignatureValue"), "{output:?}");

    for file in [
        "config.toml",
        "local.toml",
        "keys/data.key",
        "keys/tls.key",
        "keys/saml-signing.key",
    ] {
        let mode = fs::metadata(data.path().join(file))
            .unwrap()
            .permissions()
            .mode()
            & 0o777;
        assert_eq!(mode, 0o600, "{file}");
    }
}

#[test]
fn check_says_what_still_keeps_people_from_signing_in() {
    let data = Data::init();
    let advice = |said: &str| stdout(&data.run(&["check"])).contains(said);
    assert!(advice("Nobody can sign in yet: sso-connect idp add"));
    assert!(!advice("private_port"));

    fs::write(data.path().join("local.toml"), "private_port = 9443").unwrap();
    assert!(advice(
        "come to port 8443, and the server listens on port 9443"
    ));

    let metadata = data.file("idp.xml", &FakeIdp::new().metadata());
    data.run(&["idp", "add", "work", "--metadata", &metadata]);
    assert!(!advice("Nobody can sign in yet"));
}

#[test]
fn a_second_init_changes_nothing() {
    let data = Data::init();
    let before = fs::read(data.path().join("keys/data.key")).unwrap();
    let output = data.run(&["init", "--base-url", "https://localhost:8443"]);
    assert_eq!(code(&output), 5);
    assert!(
        stderr(&output).contains("holds a configuration already"),
        "{output:?}"
    );
    assert_eq!(fs::read(data.path().join("keys/data.key")).unwrap(), before);
}

#[test]
fn keys_survive_the_loss_of_the_configuration() {
    let data = Data::init();
    let before = fs::read(data.path().join("keys/data.key")).unwrap();
    fs::remove_file(data.path().join("config.toml")).unwrap();
    assert_eq!(
        code(&data.run(&["init", "--base-url", "https://localhost:8443"])),
        0
    );
    assert_eq!(fs::read(data.path().join("keys/data.key")).unwrap(), before);
}

/// With a new database everybody would get a second secret, and lose what the first encrypted.
#[test]
fn a_database_that_is_gone_is_not_replaced_by_an_empty_one() {
    let data = Data::init();
    let database = data.path().join("sso.sqlite3");
    fs::remove_file(&database).unwrap();
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["check"]] {
        let output = data.run(command);
        assert_eq!(code(&output), 5, "{output:?}");
        assert!(stderr(&output).contains("--new-database"), "{output:?}");
        assert!(!database.exists());
    }
    let mut server = data.serve(&["--listen", "127.0.0.1:0", "--new-database"]);
    server.address();
    assert!(database.exists());
}

#[test]
fn identity_providers_come_and_go_and_comments_stay() {
    let data = Data::init();
    let config = data.path().join("config.toml");
    let commented = format!("# ours\n{}", fs::read_to_string(&config).unwrap());
    fs::write(&config, commented).unwrap();
    let metadata = data.file("idp.xml", &FakeIdp::new().metadata());

    let add = ["idp", "add", "work", "--metadata", &metadata];
    assert_eq!(code(&data.run(&add)), 0);
    assert!(fs::read_to_string(&config).unwrap().contains("# ours"));
    assert!(stdout(&data.run(&["idp", "list"])).contains("work"));

    let again = data.run(&add);
    assert_eq!(code(&again), 1);
    assert!(stderr(&again).contains("--replace"), "{again:?}");
    let replace = [&add[..], &["--replace", "--require-signed", "both"]].concat();
    assert_eq!(code(&data.run(&replace)), 0);

    assert_eq!(code(&data.run(&["idp", "remove", "work"])), 0);
    assert_eq!(code(&data.run(&["idp", "remove", "work"])), 1);
    assert_eq!(stdout(&data.run(&["idp", "list"])), "");
}

#[test]
fn metadata_that_is_none_is_refused_and_nothing_is_written() {
    let data = Data::init();
    let before = fs::read(data.path().join("config.toml")).unwrap();
    let metadata = data.file("idp.xml", "<html>Please sign in</html>");
    let output = data.run(&["idp", "add", "work", "--metadata", &metadata]);
    assert_eq!(code(&output), 3, "{output:?}");
    assert!(stderr(&output).contains("identity_providers"), "{output:?}");
    assert_eq!(fs::read(data.path().join("config.toml")).unwrap(), before);
}

#[test]
fn a_mistyped_init_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let output = Command::new(env!("CARGO_BIN_EXE_sso-connect"))
        .args(["init", "--base-url", "https://localhost:8443"])
        .args(["--allow-dest", "app.example.com", "--data-dir"])
        .arg(&data)
        .output()
        .unwrap();
    assert_eq!(code(&output), 3, "{output:?}");
    assert!(
        stderr(&output).contains("nothing was changed"),
        "{output:?}"
    );
    assert!(!data.exists());
}

#[test]
fn every_mistake_in_a_file_comes_with_the_commands_that_mend_it() {
    let data = Data::init();
    let folder = data.path().display().to_string();
    let check = format!("then: sso-connect check --data-dir {folder}");
    for file in ["config.toml", "local.toml"] {
        let path = data.path().join(file);
        let good = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{good}\nunheard_of = 1\n")).unwrap();
        let output = data.run(&["check"]);
        assert_eq!(code(&output), 3, "{output:?}");
        assert!(stderr(&output).contains("unheard_of"), "{output:?}");
        assert!(
            stderr(&output).contains(&format!("edit {}, {check}", path.display())),
            "{output:?}"
        );
        fs::write(&path, good).unwrap();
    }
}

#[test]
fn a_running_server_can_be_asked_although_a_setting_is_wrong() {
    let data = Data::init();
    let mut server = data.serve(&["--listen", "127.0.0.1:0"]);
    let address = server.address();
    let config = data.path().join("config.toml");
    let good = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{good}\nunheard_of = 1\n")).unwrap();
    let output = data.run(&["status", "--server", &address.to_string()]);
    assert!(stdout(&output).contains("Not Configured Yet"), "{output:?}");
}

#[test]
fn the_server_says_where_it_listens_and_ends_at_a_signal() {
    let data = Data::init();
    let mut server = data.serve(&["--listen", "127.0.0.1:0"]);
    let address = server.address();
    let output = data.run(&[
        "status",
        "--server",
        &address.to_string(),
        "--output",
        "json",
    ]);
    assert!(
        stdout(&output).contains("\"Not Configured Yet\""),
        "{output:?}"
    );
    server.signal("HUP");
    let output = data.run(&["status", "--server", &address.to_string()]);
    assert!(stdout(&output).contains("Not Configured Yet"), "{output:?}");
    server.signal("TERM");
    assert!(server.child.wait().unwrap().success());
    let output = data.run(&["status", "--server", &address.to_string()]);
    assert_eq!(code(&output), 10);
    assert!(stderr(&output).contains("does not answer"), "{output:?}");
}

#[test]
fn a_port_in_use_is_named() {
    let data = Data::init();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let output = data.run(&["serve", "--listen", &address]);
    assert_eq!(code(&output), 4);
    let me = std::process::id();
    assert!(stderr(&output).contains(&format!("{address} is in use by ")));
    assert!(stderr(&output).contains(&format!("(process {me})")));
    assert!(stderr(&output).contains("to mend it: "), "{output:?}");
}

#[test]
fn an_address_of_another_machine_is_named() {
    let data = Data::init();
    fs::write(
        data.path().join("local.toml"),
        "private_ip = '192.0.2.1'\nprivate_port = 0",
    )
    .unwrap();
    let output = data.run(&["check"]);
    assert_eq!(code(&output), 4);
    let given = data.run(&["serve", "--listen", "192.0.2.1:0"]);
    assert_eq!(code(&given), 4);
    assert!(
        stderr(&output).contains("192.0.2.1 is no address of this machine"),
        "{output:?}"
    );
}

#[test]
fn a_damaged_database_is_named() {
    let data = Data::init();
    data.file("sso.sqlite3", &"damaged ".repeat(4096));
    refused_for_its_folder(&data, "sso.sqlite3 is damaged");
    assert_eq!(code(&data.run(&["check"])), 5);
}

#[test]
fn an_unreadable_key_is_named() {
    for (file, content) in [
        ("keys/data.key", "short"),
        ("keys/cookies.key", ""),
        ("keys/tls.key", "no key"),
        ("keys/tls.pem", "no certificate"),
    ] {
        let data = Data::init();
        fs::write(data.path().join(file), content).unwrap();
        refused_for_its_folder(&data, file);
    }
}

#[test]
fn a_key_that_does_not_fit_its_certificate_is_named() {
    let data = Data::init();
    fs::copy(
        data.path().join("keys/saml-signing.key"),
        data.path().join("keys/tls.key"),
    )
    .unwrap();
    refused_for_its_folder(&data, "keys/tls.key");
}

#[test]
fn a_missing_key_is_named_and_never_made_anew() {
    let data = Data::init();
    let key = data.path().join("keys/data.key");
    fs::remove_file(&key).unwrap();
    refused_for_its_folder(
        &data,
        &format!("to mend it: restore {} from a backup", key.display()),
    );
    assert!(!data.path().join("keys/data.key").exists());
}

#[test]
fn files_that_others_can_read_are_refused_with_the_command_that_mends_them() {
    let data = Data::init();
    let key = data.path().join("keys/cookies.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    refused_for_its_folder(&data, &format!("to mend it: chmod 600 {}", key.display()));
    fs::set_permissions(data.path(), fs::Permissions::from_mode(0o755)).unwrap();
    refused_for_its_folder(
        &data,
        &format!("to mend it: chmod 700 {}", data.path().display()),
    );
}

#[test]
fn an_empty_folder_is_told_how_to_begin() {
    let dir = tempfile::tempdir().unwrap();
    let output = program(dir.path(), &["serve"]);
    assert_eq!(code(&output), 5);
    assert!(
        stderr(&output).contains("sso-connect init --base-url"),
        "{output:?}"
    );
}

#[test]
fn every_problem_of_a_configuration_is_named() {
    let data = Data::init();
    let config = "base_url = 'http://localhost'\nsession_lifetime = '1y'\n";
    fs::write(data.path().join("config.toml"), config).unwrap();
    for command in [["check"], ["serve"]] {
        let output = data.run(&command);
        assert_eq!(code(&output), 3, "{output:?}");
        assert!(stderr(&output).contains("base_url"), "{output:?}");
        assert!(stderr(&output).contains("session_lifetime"), "{output:?}");
    }
}

#[test]
fn a_setting_that_does_not_exist_is_named_with_its_line() {
    let data = Data::init();
    fs::write(data.path().join("local.toml"), "\nprivat_port = 1\n").unwrap();
    let output = data.run(&["check"]);
    assert_eq!(code(&output), 3);
    assert!(stderr(&output).contains("privat_port"), "{output:?}");
    assert!(stderr(&output).contains("line 2"), "{output:?}");
}

#[test]
fn a_broken_line_is_named_and_never_quoted() {
    let data = Data::init();
    let config = data.path().join("config.toml");
    let text = fs::read_to_string(&config).unwrap();
    let line = text.lines().count() + 1;
    fs::write(&config, format!("{text}key = \"PRIVATE\n")).unwrap();
    let output = data.run(&["check"]);
    assert_eq!(code(&output), 3);
    assert!(
        stderr(&output).contains(&format!("line {line}: ")),
        "{output:?}"
    );
    assert!(!stderr(&output).contains("PRIVATE"), "{output:?}");
}

#[test]
fn a_command_line_that_makes_no_sense_ends_with_two() {
    let data = Data::init();
    assert_eq!(code(&data.run(&["dance"])), 2);
    assert_eq!(code(&data.run(&["serve", "--listen", "nowhere"])), 2);
}

#[test]
fn a_base_url_that_is_none_leaves_no_folder_behind() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("data");
    let output = program(&root, &["init", "--base-url", "sso.example.com"]);
    assert_eq!(code(&output), 1);
    assert!(!root.exists());
}

fn refused_for_its_folder(data: &Data, message: &str) {
    let output = data.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(code(&output), 5, "{output:?}");
    assert!(stderr(&output).contains(message), "{message}: {output:?}");
    assert!(stderr(&output).contains("to mend it: "), "{output:?}");
}

/// A data folder.
struct Data(TempDir);

impl Data {
    fn init() -> Self {
        let data = Self(tempfile::tempdir().unwrap());
        let output = data.run(&["init", "--base-url", "https://localhost:8443"]);
        assert_eq!(code(&output), 0, "{output:?}");
        data
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn run(&self, args: &[&str]) -> Output {
        program(&self.path(), args)
    }

    fn serve(&self, args: &[&str]) -> Server {
        let mut child = command(&self.path(), &[&["serve"], args].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Server { child, stdout }
    }

    fn file(&self, name: &str, content: &str) -> String {
        let path = self.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().into()
    }
}

/// A running program; it ends with the test.
struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Server {
    fn address(&mut self) -> SocketAddr {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening on https://");
        address.expect("it says where it listens").parse().unwrap()
    }

    fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        kill.arg(format!("-{name}"))
            .arg(self.child.id().to_string());
        assert!(kill.status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program(data_dir: &Path, args: &[&str]) -> Output {
    command(data_dir, args).output().unwrap()
}

fn command(data_dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sso-connect"));
    command
        .args(args)
        .arg("--data-dir")
        .arg(data_dir)
        .env_remove("SSO_CONNECT_DATA_DIR");
    command
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

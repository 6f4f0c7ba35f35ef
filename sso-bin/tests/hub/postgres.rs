//! Two processes of a hub on one PostgreSQL database, one of them the test.
//! `.ci/with-servers` starts the database.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use http::Method;
use sso_bin::data_dir::{DataDir, KeyFile, Program};
use sso_bin::hub::keys;
use sso_sync::feed::HubHead;
use tempfile::TempDir;
use url::Url;

use crate::client::{Answer, Client};
use crate::founder::Founder;
use crate::hub::{DEADLINE, TestHub, certificate, operate, until};

#[tokio::test(flavor = "multi_thread")]
async fn domains_sessions_and_news_are_shared() {
    let database = Database::new();
    let hub = TestHub::start_with(&database.settings).await;
    let founder = Founder::of_domain(&hub, "example").await;
    let (dir, guard) = beside(&hub, &database, Keys::Same);
    let other = Process::serve(&dir);
    let named = hub.address().port();
    let second = Client::through(&certificate(&dir), other.address.port(), named);

    let mut server = founder.server(&hub.client()).await;
    let wait = "head?statements=2&seq=0&wait=50";
    let waits = tokio::spawn(Answer::of(server.request(Method::GET, wait, b"")));
    until(async || hub.running.service().hub().counts().waiting == 1).await;
    let session = founder.try_to_sign_in(&hub.client()).await.unwrap();
    let administrator = crate::founder::keys(101);
    let mut administrator = second.member(founder.id(), administrator, session);
    let added = founder.node_added(2);
    let answer = administrator.post("chain?position=2", &added).await;
    assert_eq!(answer.read::<HubHead>().statements, 3);
    let woken = tokio::time::timeout(DEADLINE, waits).await.unwrap();
    assert_eq!(woken.unwrap().read::<HubHead>().statements, 3);

    let delete = ["domain", "delete", "example", "--yes-delete", "example"];
    assert!(operate(&dir, &delete).status.success());
    assert_eq!(server.get("head").await.code(), "unknown-domain");
    assert_eq!(administrator.get("head").await.code(), "unknown-domain");
    assert_eq!(hub.inspect("/health").await.0, 200);
    drop((other, guard));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_with_another_key_file_is_refused() {
    let database = Database::new();
    let hub = TestHub::start_with(&database.settings).await;
    let (dir, _guard) = beside(&hub, &database, Keys::Others);
    let output = operate(&dir, &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("is not the key file"), "{error}");
}

/// A schema of its own in the database of the tests.
struct Database {
    settings: String,
    _password: TempDir,
}

impl Database {
    fn new() -> Self {
        let address = std::env::var("SSO_TEST_POSTGRES")
            .expect("run the tests by `.ci/with-servers cargo nextest run …`");
        let mut address = Url::parse(&address).unwrap();
        address.set_password(None).unwrap();
        address.set_query(Some("sslmode=disable"));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        std::fs::write(&file, "test only\n").unwrap();
        let mut random = [0; 8];
        aws_lc_rs::rand::fill(&mut random).unwrap();
        let schema = format!("hub_{:016x}", u64::from_be_bytes(random));
        let settings = format!(
            "[postgres]\naddress = '{address}'\npassword_file = '{}'\nschema = '{schema}'\n",
            file.display()
        );
        Self {
            settings,
            _password: folder,
        }
    }
}

#[derive(Clone, Copy)]
enum Keys {
    Others,
    Same,
}

/// The folder of another process of the hub.
fn beside(hub: &TestHub, database: &Database, which: Keys) -> (DataDir, TempDir) {
    let guard = tempfile::tempdir().unwrap();
    let dir = DataDir::create_of(Program::Hub, &guard.path().join("hub")).unwrap();
    let port = hub.address().port();
    let text = format!(
        "reached_as = ['localhost:{port}']\ninspection = 'off'\n{}",
        database.settings
    );
    dir.write(&dir.settings_file(), &text).unwrap();
    let text = hub.dir.read(&hub.dir.key_file(KeyFile::Hub)).unwrap();
    match which {
        Keys::Others => keys::create(&dir).unwrap(),
        Keys::Same => keys::adopt(&dir, &text).unwrap(),
    }
    (dir, guard)
}

/// A hub in a process of its own. Dropping it ends it.
struct Process {
    address: SocketAddr,
    child: Child,
}

impl Process {
    fn serve(dir: &DataDir) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sso-connect"))
            .args(["hub", "serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(dir.root())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let output = child.stdout.as_mut().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on https://");
        Self {
            address: address.unwrap().parse().unwrap(),
            child,
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

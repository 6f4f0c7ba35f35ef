use std::fs;
use std::sync::Arc;

use async_trait::async_trait;
use sso_core::UnixTime;

use super::*;
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::status::State;

#[tokio::test]
async fn a_command_asks_the_running_server() {
    let (_guard, dir) = folder();
    let control = Control::start(&dir, Arc::new(Fake)).unwrap();
    let client = Client::open(&dir).unwrap();
    assert_eq!(client.report().await.unwrap(), Fake.report().await);
    let done = client.sync(true).await.unwrap();
    assert_eq!((done.compared, done.equal), (256, true));
    assert_eq!(client.servers().await.unwrap(), [server()]);
    assert_eq!(
        client.users(None, 10).await.unwrap(),
        [line("a"), line("b")]
    );
    assert_eq!(client.users(Some("a"), 10).await.unwrap(), [line("b")]);
    assert_eq!(client.users(None, 1).await.unwrap(), [line("a")]);
    let odd = "corp/a b&c?d#é";
    assert_eq!(client.user(odd).await.unwrap().unwrap().account, odd);
    assert_eq!(client.user("nobody").await.unwrap(), None);
    let leaving = client.drain(Duration::from_secs(7)).await.unwrap();
    assert_eq!((leaving.phase, leaving.left), (DrainPhase::Leaving, 7));
    assert_eq!(client.draining().await.unwrap().phase, DrainPhase::Serving);
    assert!(client.is_current(&dir));
    control.stop();
    assert!(!client.is_current(&dir));
    assert!(!dir.control_file().exists());
}

#[tokio::test]
async fn what_the_server_cannot_do_comes_with_the_reason() {
    let (_guard, dir) = folder();
    let _control = Control::start(&dir, Arc::new(Fake)).unwrap();
    let refused = Client::open(&dir).unwrap().sync(false).await.unwrap_err();
    insta::assert_snapshot!(refused, @"the server cannot reach the hub: no route to host");
}

#[tokio::test]
async fn without_a_server_the_command_that_starts_one_is_said() {
    let (_guard, dir) = folder();
    let none = Client::open(&dir).unwrap_err();
    assert!(none.to_string().starts_with("no server runs on "), "{none}");
    assert!(none.fix().unwrap().contains("sso-connect serve --data-dir"));
    assert!(Client::find(&dir).await.unwrap().is_none());
}

#[tokio::test]
async fn a_file_that_a_killed_server_left_is_no_server() {
    let (_guard, dir) = folder();
    let control = Control::start(&dir, Arc::new(Fake)).unwrap();
    let client = Client::find(&dir).await.unwrap().unwrap();
    drop(control);
    assert!(dir.control_file().exists());
    let silent = loop {
        if let Err(silent) = client.report().await {
            break silent;
        }
    };
    assert!(matches!(silent, Failure::Domain { .. }));
    assert!(silent.to_string().contains("does not answer any more"));
    assert!(Client::find(&dir).await.unwrap().is_none());
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_on_the_machine_can_read_the_token() {
    use std::os::unix::fs::PermissionsExt as _;

    let (_guard, dir) = folder();
    let _control = Control::start(&dir, Arc::new(Fake)).unwrap();
    let mode = fs::metadata(dir.control_file())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_server_that_stops_leaves_the_file_of_its_successor() {
    let (_guard, dir) = folder();
    let first = Control::start(&dir, Arc::new(Fake)).unwrap();
    let second = Control::start(&dir, Arc::new(Fake)).unwrap();
    first.stop();
    assert!(Client::find(&dir).await.unwrap().is_some());
    second.stop();
}

#[test]
fn the_form_of_a_report_is_stable() {
    let server = serde_json::to_string_pretty(&server()).unwrap();
    insta::assert_snapshot!(server, @r#"
    {
      "id": "0101",
      "name": "sso1",
      "version": "1.0.0",
      "revision": 7,
      "lag": 0,
      "state": "level",
      "users": 2,
      "of": 2,
      "seen": "2027-01-15T08:00:00Z",
      "address": "https://sso.example.com:8443",
      "certificate": {
        "digest": "abcd",
        "until": "2027-01-15T08:00:00Z"
      },
      "refused": null,
      "former_sign_in": null,
      "this": true
    }
    "#);
    assert_eq!(
        serde_json::from_str::<ServerLine>(&server).unwrap(),
        self::server()
    );
}

#[derive(Debug)]
struct Fake;

#[async_trait]
impl Controlled for Fake {
    async fn report(&self) -> Report {
        Report {
            version: "1.0.0".into(),
            status: State::Running,
            reason: None,
            remedy: None,
            base_url: "https://sso.example.com:8443".into(),
            revision: None,
            refused: None,
            former_sign_in: None,
            hub: None,
            traffic: None,
        }
    }

    async fn sync(&self, force: bool) -> Result<SyncDone, Refusal> {
        if !force {
            return Err(Refusal::Unreachable("no route to host".into()));
        }
        Ok(SyncDone {
            of: 2,
            compared: 256,
            missing: 0,
            changed: 0,
            surplus: 0,
            equal: true,
            digest: "abcd".into(),
        })
    }

    async fn users(&self, after: Option<&str>, limit: usize) -> Result<Vec<UserLine>, Refusal> {
        let all = ["a", "b"].into_iter();
        let behind = all.filter(|account| after.is_none_or(|after| *account > after));
        Ok(behind.take(limit).map(line).collect())
    }

    async fn user(&self, wanted: &str) -> Result<Option<UserDetail>, Refusal> {
        Ok((wanted != "nobody").then(|| UserDetail {
            id: "1".into(),
            account: wanted.into(),
            first: None,
            last: None,
            email: None,
            groups: Vec::new(),
            version: 1,
        }))
    }

    async fn servers(&self) -> Result<Vec<ServerLine>, Refusal> {
        Ok(vec![server()])
    }

    async fn fork(&self) -> Result<ForkReport, Refusal> {
        Err(Refusal::Why("there is one history".into()))
    }

    async fn settle(&self, _hub: bool) -> Result<(), Refusal> {
        Err(Refusal::Why("there is one history".into()))
    }

    async fn acme(&self) -> Result<AcmeReport, Refusal> {
        Err(Refusal::NoDomain)
    }

    async fn renew(&self) -> Result<Wish, Refusal> {
        Err(Refusal::NoDomain)
    }

    async fn drain(&self, notice: Option<Duration>) -> Result<DrainReport, Refusal> {
        let phase = notice.map_or(DrainPhase::Serving, |_| DrainPhase::Leaving);
        Ok(DrainReport {
            phase,
            left: notice.unwrap_or_default().as_secs(),
            told: 0,
            under_way: 0,
            waiting: 0,
        })
    }
}

fn line(account: &str) -> UserLine {
    UserLine {
        id: account.to_uppercase(),
        account: account.into(),
        email: None,
    }
}

fn server() -> ServerLine {
    let moment = Moment(UnixTime::from_secs(1_800_000_000));
    ServerLine {
        id: "0101".into(),
        name: "sso1".into(),
        version: "1.0.0".into(),
        revision: Some(7),
        lag: Some(0),
        state: "level".into(),
        users: Some(2),
        of: Some(2),
        seen: Some(moment),
        address: Some("https://sso.example.com:8443".into()),
        certificate: Some(CertificateLine {
            digest: "abcd".into(),
            until: moment,
        }),
        refused: None,
        former_sign_in: None,
        this: true,
    }
}

fn folder() -> (tempfile::TempDir, DataDir) {
    crate::tls::install_provider();
    let guard = tempfile::tempdir().unwrap();
    let dir = DataDir::create(&guard.path().join("data")).unwrap();
    (guard, dir)
}

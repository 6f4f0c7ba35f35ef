//! A domain that somebody wants deleted, and hubs that only say so.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use sso_bin::data_dir::{DataDir, Program};
use sso_bin::server::Server;
use sso_bin::{key_files, tls};

use crate::domain::Domain;
use crate::process::give;
use crate::stories::{status, until};

#[tokio::test]
async fn a_deletion_that_is_announced_is_said_everywhere_and_hinders_nobody() {
    let mut domain = Domain::of_two_servers();
    let receiver = Receiver::start();
    domain.set_at_two(&receiver.settings());
    let (mut browser, alice) = domain.signed_in(&domain.one, "alice").await;
    let word = "--yes-delete example --reason moved";
    let said = domain.give("two", &format!("domain delete {word}"));
    assert!(said.contains("two *") && said.contains("one"), "{said}");
    let domain = &domain;
    for server in ["one", "two"] {
        until(async || status(domain, server).contains("is going to be deleted")).await;
    }
    let servers = domain.remarks("one", "servers list");
    assert!(servers.contains("is going to be deleted"), "{servers}");
    assert_eq!(browser.get("/ping").await.json()["deletion"], "announced");
    let page = browser.get("/").await.body;
    assert!(page.contains("have announced that it ends"), "{page}");
    let japanese = browser.request(http::Method::GET, "/");
    let japanese = browser.send(japanese.header("accept-language", "ja")).await;
    assert!(japanese.body.contains("終了を予告"), "{}", japanese.body);
    let (_, again) = domain.signed_in(&domain.two, "alice").await;
    assert_eq!(again, alice);
    domain.signed_in(&domain.two, "bob").await;

    domain.give("two", "domain cancel-deletion");
    for server in ["one", "two"] {
        until(async || !status(domain, server).contains("deleted")).await;
    }
    assert_eq!(browser.get("/ping").await.json()["deletion"], Value::Null);
    until(async || receiver.told().len() == 2).await;
    let told = receiver.told();
    assert_eq!(told[0]["event"], "deletion-announced");
    assert_eq!(told[0]["deletion"]["reason"], "moved");
    assert_eq!(
        (&told[1]["event"], &told[1]["server"]),
        (&"deletion-cancelled".into(), &"two".into())
    );
}

#[tokio::test]
async fn a_hub_that_denies_the_domain_has_deleted_nothing() {
    let domain = Domain::of_two_servers();
    let (_, alice) = domain.signed_in(&domain.one, "alice").await;
    until(async || status(&domain, "two").contains("all 1 of 1 users")).await;
    let delete = [
        "hub",
        "domain",
        "delete",
        "example",
        "--yes-delete",
        "example",
    ];
    give(&domain.folder("hub"), &delete);
    goes_on(&domain, &alice, "away").await;
    give(
        &domain.folder("hub"),
        &["hub", "domain", "restore", "example"],
    );
    until(async || status(&domain, "two").contains("level")).await;
}

#[tokio::test]
async fn whatever_an_impostor_answers_in_place_of_the_hub_nothing_is_deleted() {
    for code in [
        StatusCode::NOT_FOUND,
        StatusCode::UNAUTHORIZED,
        StatusCode::GONE,
    ] {
        let mut domain = Domain::of_two_servers();
        let (_, alice) = domain.signed_in(&domain.one, "alice").await;
        until(async || status(&domain, "two").contains("all 1 of 1 users")).await;
        domain.lose_hub();
        let hub = DataDir::open_of(Program::Hub, &domain.folder("hub")).unwrap();
        let router = Router::new().fallback(async move || code);
        let listener = TcpListener::bind(("127.0.0.1", domain.hub_port())).unwrap();
        let impostor = Server::start(listener, tls::load(&hub).unwrap(), router, 64).unwrap();
        goes_on(&domain, &alice, "away").await;
        drop(impostor);
    }
}

/// Says so, and known users sign in.
async fn goes_on(domain: &Domain, alice: &str, phase: &str) {
    for server in ["one", "two"] {
        until(async || status(domain, server).contains(phase)).await;
        let said = status(domain, server);
        assert!(!said.contains("deletion"), "{said}");
    }
    for server in [&domain.one, &domain.two] {
        let (mut browser, again) = domain.signed_in(server, "alice").await;
        assert_eq!(again, alice);
        assert_eq!(browser.get("/ping").await.json()["deletion"], Value::Null);
    }
}

/// What a server tells, taken down.
struct Receiver {
    told: Arc<Mutex<Vec<Bytes>>>,
    server: Server,
    dir: DataDir,
    _guard: tempfile::TempDir,
}

impl Receiver {
    fn start() -> Self {
        let guard = tempfile::tempdir().unwrap();
        let dir = DataDir::ensure(&guard.path().join("receiver")).unwrap();
        let now = sso_bin::wiring::now();
        key_files::ensure_tls_for(&dir, &["localhost"], now).unwrap();
        dir.write(&dir.file("secret"), "a secret of both sides")
            .unwrap();
        let told = Arc::<Mutex<Vec<Bytes>>>::default();
        let router = Router::new()
            .route("/hook", post(take))
            .with_state(Arc::clone(&told));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server::start(listener, tls::load(&dir).unwrap(), router, 8).unwrap();
        Self {
            told,
            server,
            dir,
            _guard: guard,
        }
    }

    fn settings(&self) -> String {
        let root = self.dir.root().display();
        let port = self.server.address().port();
        format!(
            "[webhook]\nurl = 'https://localhost:{port}/hook'\nsecret_file = '{root}/secret'\n\
             authorities = '{root}/keys/tls.pem'\n"
        )
    }

    fn told(&self) -> Vec<Value> {
        let told = self.told.lock().unwrap();
        told.iter()
            .map(|it| serde_json::from_slice(it).unwrap())
            .collect()
    }
}

async fn take(State(told): State<Arc<Mutex<Vec<Bytes>>>>, headers: HeaderMap, body: Bytes) {
    assert!(headers.contains_key("sso-connect-signature"));
    told.lock().unwrap().push(body);
}

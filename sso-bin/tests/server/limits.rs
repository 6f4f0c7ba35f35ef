//! What the server does when there is too much, or when something it needs is away.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::StatusCode;
use sso_bin::cli::start;
use sso_bin::current_config::CurrentConfig;
use sso_bin::data_dir::DataDir;
use sso_bin::handover::RsaPadding;
use sso_bin::http::{App, Parts, router};
use sso_bin::local_settings::LocalSettings;
use sso_bin::server::Server;
use sso_bin::status::Storage;
use sso_bin::{key_files, settings, tls, wiring};
use sso_core::memory::MemoryUserDirectory;
use sso_core::saml::{ReplayKey, ReplayLog, Sighting};
use sso_core::{Sso, StoreError, UnixTime};

use crate::server::{TestServer, data_key, until};

#[tokio::test(flavor = "multi_thread")]
async fn connections_beyond_the_limit_are_dropped_until_there_is_room() {
    let TestServer {
        base,
        dir,
        idp,
        running,
        guard,
    } = TestServer::start();
    let address = running.address();
    running.stop(Duration::ZERO).await.unwrap();
    let local = LocalSettings {
        max_connections: 1,
        ..LocalSettings::default()
    };
    let running = start(
        &dir,
        &local,
        &data_key(),
        TcpListener::bind(address).unwrap(),
    )
    .unwrap();
    let server = TestServer {
        base,
        dir,
        idp,
        running,
        guard,
    };

    let mut first = server.browser();
    assert_eq!(first.get("/livez").await.status, StatusCode::OK);
    let second = server.browser();
    assert!(
        second
            .request(http::Method::GET, "/livez")
            .send()
            .await
            .is_err()
    );
    // The connection closes with its client.
    drop(first);
    until(async || {
        second
            .request(http::Method::GET, "/livez")
            .send()
            .await
            .is_ok()
    })
    .await;
}

#[tokio::test]
async fn without_a_replay_log_nobody_signs_in_and_the_browser_learns_no_more() {
    let server = TestServer::start();
    let broken = serve_with_broken_storage(&server.dir);
    let mut browser = server.browser_at(broken.address());
    let request = server.begin(&mut browser, "").await;
    let answer = server.finish(&mut browser, &request).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!answer.body.contains("disk on fire"), "{}", answer.body);

    let ping = browser.get("/ping").await.json();
    assert_eq!(ping["status"], "Stopped");
    assert_eq!(
        browser.get("/readyz").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(browser.get("/livez").await.status, StatusCode::OK);
}

fn serve_with_broken_storage(dir: &DataDir) -> Server {
    let config = Arc::new(CurrentConfig::new(
        settings::load(dir, wiring::now()).unwrap(),
    ));
    let sealing = key_files::sealing_keys(dir).unwrap();
    let sso = Sso::builder(
        config.clone(),
        sealing,
        Arc::new(MemoryUserDirectory::default()),
    )
    .replay_log(Arc::new(Broken))
    .build();
    let app = App::new(Parts {
        sync: None,
        sso,
        config,
        storage: Arc::new(Broken),
        rsa_padding: RsaPadding::Oaep,
        trusted_proxies: Arc::new([]),
        body_timeout: Duration::from_secs(20),
    });
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    Server::start(listener, tls::load(dir).unwrap(), router(app), 100).unwrap()
}

/// A storage that is away.
#[derive(Debug)]
struct Broken;

fn away() -> StoreError {
    StoreError::unavailable("disk on fire")
}

#[async_trait]
impl Storage for Broken {
    async fn health(&self) -> Result<(), StoreError> {
        Err(away())
    }
}

#[async_trait]
impl ReplayLog for Broken {
    async fn record(
        &self,
        _key: &ReplayKey,
        _now: UnixTime,
        _expires: UnixTime,
    ) -> Result<Sighting, StoreError> {
        Err(away())
    }
}

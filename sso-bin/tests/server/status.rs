//! The server says how it is.

use http::StatusCode;
use sso_core::testkit::FakeIdp;

use crate::server::TestServer;

#[tokio::test]
async fn a_server_with_an_identity_provider_is_running_and_ready() {
    let server = TestServer::start();
    let ping = server.browser().get("/ping").await.json();
    assert_eq!(ping["status"], "Running");
    assert_eq!(ping["configuration"], "Loaded");
    assert!(ping["reason"].is_null());
    assert_eq!(server.browser().get("/readyz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_server_without_identity_provider_says_what_is_missing() {
    let server = TestServer::start_with(&[], "");
    let mut browser = server.browser();
    let ping = browser.get("/ping").await.json();
    assert_eq!(ping["status"], "Not Configured Yet");
    assert!(
        ping["reason"]
            .as_str()
            .unwrap()
            .contains("sso-connect idp add"),
        "{ping}"
    );
    assert_eq!(browser.get("/livez").await.status, StatusCode::OK);
    assert_eq!(
        browser.get("/readyz").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    let login = browser.get("/sso-connect/saml/login").await;
    assert_eq!(login.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_new_configuration_is_taken_up_and_a_bad_one_is_not() {
    let server = TestServer::start_with(&[], "");
    let mut browser = server.browser();
    let config = server.dir.read(&server.dir.config_file()).unwrap();

    let idp = FakeIdp::new();
    let provider = format!(
        "[[identity_providers]]\nname = 'work'\nmetadata = '''{}'''\n",
        idp.metadata()
    );
    let good = format!("{}{provider}", config.as_str());
    server.dir.write(&server.dir.config_file(), &good).unwrap();
    server.running.reload();
    assert_eq!(browser.get("/ping").await.json()["status"], "Running");

    let bad = format!("surprise = 'a secret on the wrong line'\n{good}");
    server.dir.write(&server.dir.config_file(), &bad).unwrap();
    server.running.reload();
    let ping = browser.get("/ping").await.json();
    assert_eq!(ping["status"], "Running");
    assert_eq!(ping["configuration"], "Outdated");
    let reason = ping["reason"].as_str().unwrap();
    assert!(reason.contains("sso-connect check"), "{ping}");
    // Strangers read this: nothing of the file, not even where it is.
    for private in ["surprise", "secret", "/config.toml"] {
        assert!(!reason.contains(private), "{ping}");
    }
}

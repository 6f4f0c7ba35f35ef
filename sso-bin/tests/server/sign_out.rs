//! People sign out.

use std::time::Duration;

use http::StatusCode;
use sso_core::saml::binding::MessageKind;
use sso_core::testkit::{FakeLogoutRequest, FakeNameId, ReceivedLogout};
use sso_core::{Clock as _, SystemClock};

use crate::server::TestServer;

#[tokio::test]
async fn after_signing_out_the_session_is_gone_even_for_a_copied_cookie() {
    let server = TestServer::start();
    let mut browser = server.signed_in().await;
    let mut thief = browser.clone();

    browser.get("/sso-connect/saml/logout").await;
    assert!(
        !browser.cookies.contains_key("__Host-sso-session"),
        "{:?}",
        browser.cookies
    );
    assert_eq!(
        thief.get("/sso-connect/session").await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn signing_out_without_a_session_says_so() {
    let server = TestServer::start();
    let answer = server.browser().get("/sso-connect/saml/logout").await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn slo_01_a_logout_message_that_is_none_changes_nothing() {
    let server = TestServer::start();
    let mut browser = server.signed_in().await;
    for path in ["?", "?SAMLRequest=x", "?SAMLRequest=x&SAMLResponse=y", ""] {
        let answer = browser.get(&format!("/sso-connect/saml/slo{path}")).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
    }
    let answer = browser
        .post("/sso-connect/saml/slo", &[("SAMLRequest", "x")])
        .await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
    assert_eq!(
        browser.get("/sso-connect/session").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn signing_out_here_goes_on_at_the_identity_provider_and_comes_back() {
    let server = TestServer::start();
    let mut browser = server.signed_in().await;
    let answer = browser.get("/sso-connect/saml/logout").await;
    let sent = answer.location();
    assert!(sent.starts_with(&server.idp.sign_out_url()), "{sent}");
    let request = ReceivedLogout::read_redirect(sent, MessageKind::Request, None);
    assert!(request.is_signed);

    let response = server.idp.logout_response(&slo_url(&server), &request.id);
    let response = response.with(|it| it.issue_instant = SystemClock.now());
    let answer = browser
        .get(path(&server, &response.to_redirect(None)))
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);
}

#[tokio::test]
async fn signing_out_at_the_identity_provider_ends_the_session_here() {
    let server = TestServer::start();
    let mut browser = server.signed_in().await;
    let request = logout_request(&server, "alice");
    // Another window carries the message: the session's cookie does not come along.
    let answer = server
        .browser()
        .get(path(&server, &request.to_redirect(Some("x"))))
        .await;
    let answer = ReceivedLogout::read_redirect(answer.location(), MessageKind::Response, None);
    assert_eq!(
        answer.status,
        ["urn:oasis:names:tc:SAML:2.0:status:Success"]
    );
    assert_eq!(answer.in_response_to, Some(request.id));
    assert_eq!(answer.relay_state.as_deref(), Some("x"));
    assert_eq!(
        browser.get("/sso-connect/session").await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn slo_05_a_logout_of_somebody_else_ends_nothing() {
    let server = TestServer::start();
    let mut browser = server.signed_in().await;
    for name in ["Alice", "alice ", "bob"] {
        let request = logout_request(&server, name);
        let answer = server
            .browser()
            .get(path(&server, &request.to_redirect(None)))
            .await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{name}");
    }
    assert_eq!(
        browser.get("/sso-connect/session").await.status,
        StatusCode::OK
    );
}

fn logout_request(server: &TestServer, name: &str) -> FakeLogoutRequest {
    let now = SystemClock.now();
    let request = server
        .idp
        .logout_request(&slo_url(server), FakeNameId::persistent(name));
    request.with(|it| {
        it.issue_instant = now;
        it.not_on_or_after = Some(now.later(Duration::from_mins(5)));
    })
}

fn slo_url(server: &TestServer) -> String {
    format!("{}/sso-connect/saml/slo", server.base)
}

fn path<'a>(server: &TestServer, url: &'a str) -> &'a str {
    url.strip_prefix(&server.base).unwrap()
}

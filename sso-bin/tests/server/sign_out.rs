//! People sign out.

use http::StatusCode;

use crate::server::TestServer;

#[tokio::test]
async fn after_signing_out_the_session_is_gone_even_for_a_copied_cookie() {
    let server = TestServer::start();
    let mut browser = server.signed_in().await;
    let mut thief = browser.clone();

    let answer = browser.get("/sso-connect/saml/logout").await;
    assert!(
        answer.status.is_success() || answer.status.is_redirection(),
        "{}",
        answer.status
    );
    assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);
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

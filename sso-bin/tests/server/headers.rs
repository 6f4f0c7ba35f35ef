//! What every answer carries.

use http::{Method, StatusCode};

use crate::server::{ACS, TestServer};

#[tokio::test]
async fn http_16_http_17_every_answer_keeps_browsers_safe() {
    let server = TestServer::start();
    let mut browser = server.signed_in().await;
    for path in [
        "/",
        "/livez",
        "/nowhere",
        "/ping",
        "/readyz",
        "/sso-connect",
        "/sso-connect/auth",
        "/sso-connect/session",
        "/sso-connect/saml/login",
        "/sso-connect/saml/metadata",
        "/sso-connect/saml/logout",
        "/sso-connect/saml/slo",
        "/sso-connect/saml/sso",
    ] {
        let answer = browser.get(path).await;
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(
            answer.header("strict-transport-security"),
            "max-age=31536000",
            "{path}"
        );
        assert_eq!(answer.header("x-trace-id").len(), 16, "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(policy.contains("form-action"), "{path}: {policy}");
    }
}

#[tokio::test]
async fn http_14_the_page_shows_the_trace_id_and_nothing_of_the_inside() {
    let server = TestServer::start();
    let answer = server
        .browser()
        .post(ACS, &[("SAMLResponse", "PHgvPg==")])
        .await;
    assert!(
        answer.body.contains(answer.header("x-trace-id")),
        "{}",
        answer.body
    );
    assert!(
        !answer.body.contains("xml.") && !answer.body.contains("/tmp"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn errors_are_pages_for_people_and_json_for_programs_in_the_language_asked_for() {
    let server = TestServer::start();
    let mut browser = server.browser();
    let page = browser.get("/nowhere").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("content-language"), "en");

    let request = browser
        .request(Method::GET, "/nowhere")
        .header("accept", "text/html")
        .header("accept-language", "ja,en;q=0.5");
    assert_eq!(browser.send(request).await.header("content-language"), "ja");

    let request = browser
        .request(Method::GET, "/nowhere")
        .header("accept", "application/json");
    let answer = browser.send(request).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.json()["error"], "not_found");
    assert_eq!(answer.json()["trace_id"], answer.header("x-trace-id"));
}

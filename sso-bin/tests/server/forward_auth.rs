//! Proxies ask who is signed in.

use http::{Method, StatusCode};
use sso_core::testkit::FakeRequest;

use crate::server::TestServer;

#[tokio::test]
async fn a_signed_in_person_is_named_in_headers() {
    let server = TestServer::start();
    let mut browser = server.signed_in().await;
    let session = browser.get("/sso-connect/session").await.json();
    let answer = browser.get("/sso-connect/auth").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("x-sso-user"), session["user"]["id"]);
    assert_eq!(answer.header("x-sso-idp"), session["idp"]);
    assert_eq!(answer.body, "");
}

#[tokio::test]
async fn programs_get_401_and_browsers_a_way_to_sign_in_and_come_back() {
    let server = TestServer::start();
    let mut browser = server.browser();
    let answer = browser.get("/sso-connect/auth").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(!answer.header("www-authenticate").is_empty());

    let request = browser
        .request(Method::GET, "/sso-connect/auth")
        .header("accept", "text/html")
        .header("x-forwarded-uri", "/wiki?a=1&b=2");
    let answer = browser.send(request).await;
    let login = "/sso-connect/saml/login?dest=%2Fwiki%3Fa%3D1%26b%3D2";
    assert_eq!(answer.location(), format!("{}{login}", server.base));
    let login = browser.get(login).await;
    let request = FakeRequest::read_redirect(login.location(), None);
    let answer = server.finish(&mut browser, &request).await;
    assert_eq!(answer.location(), format!("{}/wiki?a=1&b=2", server.base));
}

#[tokio::test]
async fn http_06_identity_headers_from_outside_are_refused() {
    let server = TestServer::start();
    let mut browser = server.signed_in().await;
    for name in ["X-Sso-User", "x-sso-groups", "X_Sso_User"] {
        let request = browser
            .request(Method::GET, "/sso-connect/auth")
            .header(name, "admin");
        assert_eq!(
            browser.send(request).await.status,
            StatusCode::FORBIDDEN,
            "{name}"
        );
    }
}

#[tokio::test]
async fn the_mode_is_what_the_proxy_asks_for() {
    let server = TestServer::start();
    let mut browser = server.browser();
    let redirect = browser.get("/sso-connect/auth?mode=redirect").await;
    assert_eq!(
        redirect.location(),
        format!("{}/sso-connect/saml/login", server.base)
    );
    let request = browser
        .request(Method::GET, "/sso-connect/auth?mode=401")
        .header("accept", "text/html")
        .header("x-forwarded-uri", "/wiki");
    assert_eq!(browser.send(request).await.status, StatusCode::UNAUTHORIZED);
    let odd = browser.get("/sso-connect/auth?mode=off").await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
}

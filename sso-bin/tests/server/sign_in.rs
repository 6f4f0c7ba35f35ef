//! People sign in.

use http::StatusCode;
use sso_core::config::Service;
use sso_core::testkit::{FakeIdp, FakeRequest};

use crate::browser::Answer;
use crate::server::{ACS, TestServer, post_response, respond};

#[tokio::test]
async fn a_person_signs_in_and_is_known() {
    let server = TestServer::start();
    let mut browser = server.browser();
    assert_eq!(
        browser.get("/sso-connect/session").await.status,
        StatusCode::UNAUTHORIZED
    );

    let request = server.begin(&mut browser, "?dest=/wiki?page=1").await;
    let answer = server.finish(&mut browser, &request).await;
    assert_eq!(answer.location(), format!("{}/wiki?page=1", server.base));

    let session = browser.get("/sso-connect/session").await.json();
    assert_eq!(session["idp"], server.idp.entity_id());
    assert_eq!(session["user"]["id"].as_str().unwrap().len(), 32);
    assert!(session["expires"].as_str().unwrap().ends_with('Z'));
    let page = browser.get("/").await;
    assert!(
        page.body.contains("/sso-connect/saml/logout"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn the_same_person_is_the_same_user_the_next_time_and_after_a_restart() {
    let server = TestServer::start();
    let first = server
        .signed_in()
        .await
        .get("/sso-connect/session")
        .await
        .json();
    let server = server.restart().await;
    let second = server
        .signed_in()
        .await
        .get("/sso-connect/session")
        .await
        .json();
    assert_eq!(first["user"]["id"], second["user"]["id"]);
}

#[tokio::test]
async fn a_session_survives_a_restart() {
    let server = TestServer::start();
    let browser = server.signed_in().await;
    let server = server.restart().await;
    let mut same = server.browser();
    same.cookies = browser.cookies;
    assert_eq!(
        same.get("/sso-connect/session").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn cookies_are_for_this_host_for_tls_and_for_no_script() {
    let server = TestServer::start();
    let mut browser = server.browser();
    let answer = browser.get("/sso-connect/saml/login").await;
    let request_cookie = answer.header("set-cookie");
    assert!(
        request_cookie.starts_with("__Host-sso-request-"),
        "{request_cookie}"
    );
    assert!(request_cookie.contains("; Path=/; Secure; HttpOnly; SameSite=None;"));

    let request = FakeRequest::read_redirect(answer.location(), None);
    let answer = server.finish(&mut browser, &request).await;
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    let session = cookies
        .iter()
        .find(|cookie| cookie.as_bytes().starts_with(b"__Host-sso-session="));
    let session = session.unwrap().to_str().unwrap();
    assert!(
        session.contains("; Path=/; Secure; HttpOnly; SameSite=Lax;"),
        "{session}"
    );
    assert_eq!(
        browser.cookies.len(),
        1,
        "the request's cookie is cleared: {:?}",
        browser.cookies
    );
}

#[tokio::test]
async fn pro_23_a_response_signs_in_once_even_across_a_restart() {
    let server = TestServer::start();
    let mut browser = server.browser();
    let request = server.begin(&mut browser, "").await;
    let mut copy = browser.clone();
    let response = respond(&server.idp, &request);
    post_response(&mut browser, &response, &request)
        .await
        .location();

    let again = post_response(&mut copy, &response, &request).await;
    assert_eq!(again.status, StatusCode::FORBIDDEN);

    let server = server.restart().await;
    let mut later = server.browser();
    later.cookies.clone_from(&copy.cookies);
    let again = post_response(&mut later, &response, &request).await;
    assert_eq!(again.status, StatusCode::FORBIDDEN);
    assert_eq!(
        later.get("/sso-connect/session").await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn pro_33_a_response_for_another_browser_is_refused() {
    let server = TestServer::start();
    let (mut attacker, mut victim) = (server.browser(), server.browser());
    let request = server.begin(&mut attacker, "").await;
    server.begin(&mut victim, "").await;
    let answer = server.finish(&mut victim, &request).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(
        victim.get("/sso-connect/session").await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn http_18_a_lost_cookie_is_explained_with_a_way_to_start_again() {
    let server = TestServer::start();
    let mut browser = server.browser();
    let request = server.begin(&mut browser, "").await;
    browser.cookies.clear();
    let answer = server.finish(&mut browser, &request).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(
        answer.body.contains("/sso-connect/saml/login?attempt=1"),
        "{}",
        answer.body
    );
    let fourth = browser.get("/sso-connect/saml/login?attempt=3").await;
    assert_eq!(fourth.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn pro_35_the_session_is_new_at_every_sign_in() {
    let server = TestServer::start();
    let mut browser = server.signed_in().await;
    let before = browser.cookies.clone();
    server.sign_in(&mut browser).await;
    assert_ne!(browser.cookies, before);
}

#[tokio::test]
async fn ok_13_two_tabs_sign_in_at_once() {
    let server = TestServer::start();
    let mut browser = server.browser();
    let first = server.begin(&mut browser, "?dest=/first").await;
    let second = server.begin(&mut browser, "?dest=/second").await;
    let answer = server.finish(&mut browser, &first).await;
    assert_eq!(answer.location(), format!("{}/first", server.base));
    let answer = server.finish(&mut browser, &second).await;
    assert_eq!(answer.location(), format!("{}/second", server.base));
}

#[tokio::test]
async fn of_several_identity_providers_one_is_chosen() {
    let (work, partner) = (
        FakeIdp::new(),
        FakeIdp::new().named("https://partner.example"),
    );
    let server = TestServer::start_with(&[("work", &work), ("partner", &partner)], "");
    let mut browser = server.browser();
    let page = browser.get("/sso-connect/saml/login?dest=/wiki").await;
    assert_eq!(page.status, StatusCode::OK);
    for name in ["work", "partner"] {
        let link = format!("/sso-connect/saml/login?idp={name}&#38;dest=%2Fwiki");
        assert!(page.body.contains(&link), "{}", page.body);
    }
    let request = server.begin(&mut browser, "?idp=work&dest=/wiki").await;
    let answer = server.finish(&mut browser, &request).await;
    assert_eq!(answer.location(), format!("{}/wiki", server.base));
}

#[tokio::test]
async fn cfg_02_a_response_of_another_provider_is_refused() {
    let (work, partner) = (
        FakeIdp::new(),
        FakeIdp::new().named("https://partner.example"),
    );
    let server = TestServer::start_with(&[("work", &work), ("partner", &partner)], "");
    let mut browser = server.browser();
    let request = server.begin(&mut browser, "?idp=work").await;
    let answer = post_response(&mut browser, &respond(&partner, &request), &request).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn http_01_nobody_is_sent_to_a_foreign_place() {
    let server = TestServer::start();
    for dest in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
    ] {
        let mut browser = server.browser();
        let dest: String = url::form_urlencoded::byte_serialize(dest.as_bytes()).collect();
        let request = server.begin(&mut browser, &format!("?dest={dest}")).await;
        let answer = server.finish(&mut browser, &request).await;
        assert_eq!(answer.location(), format!("{}/", server.base), "{dest}");
    }
}

#[tokio::test]
async fn an_allowed_origin_is_a_destination() {
    let settings = "destinations = ['https://wiki.example.com']";
    let server = TestServer::start_with(&[("work", &FakeIdp::new())], settings);
    let mut browser = server.browser();
    let request = server
        .begin(&mut browser, "?dest=https%3A%2F%2Fwiki.example.com%2Fpage")
        .await;
    let answer = server.finish(&mut browser, &request).await;
    assert_eq!(answer.location(), "https://wiki.example.com/page");
}

#[tokio::test]
async fn http_02_odd_relay_states_are_no_trouble() {
    let server = TestServer::start();
    let mut browser = server.browser();
    let request = server.begin(&mut browser, "").await;
    let response = respond(&server.idp, &request);
    for relay_state in [
        "",
        "x",
        &"A".repeat(10_000),
        "\u{0}",
        "../..",
        "\u{fffd}\u{202e}",
    ] {
        let fields = [
            ("SAMLResponse", response.as_str()),
            ("RelayState", relay_state),
        ];
        let answer = browser.post(ACS, &fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{relay_state}");
    }
    // Some providers lose it; the browser has one sign-in open, so it can only be this one.
    let answer = browser.post(ACS, &[("SAMLResponse", &response)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn pro_34_nobody_is_signed_in_who_did_not_ask() {
    let server = TestServer::start();
    let answer = unsolicited(&server, "/wiki").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn ok_21_where_it_is_allowed_a_sign_in_begins_at_the_provider() {
    let server = TestServer::start_with_unsolicited();
    let answer = unsolicited(&server, "/wiki").await;
    assert_eq!(answer.location(), format!("{}/wiki", server.base));
    for relay_state in [
        "https://evil.example/",
        "//evil.example",
        &"A".repeat(10_000),
        "",
    ] {
        let answer = unsolicited(&server, relay_state).await;
        assert_eq!(
            answer.location(),
            format!("{}/", server.base),
            "{relay_state}"
        );
    }
}

async fn unsolicited(server: &TestServer, relay_state: &str) -> Answer {
    let service = Service::new(&server.base).unwrap();
    let response = respond(&server.idp, &FakeRequest::none(&service));
    let fields = [
        ("SAMLResponse", response.as_str()),
        ("RelayState", relay_state),
    ];
    server.browser().post(ACS, &fields).await
}

#[tokio::test]
async fn the_secret_is_handed_over_in_the_page_and_beside_a_session() {
    let server = TestServer::start();
    let mut browser = server.browser();
    let request = server
        .begin(&mut browser, &format!("?embedded&key={X25519}"))
        .await;
    let page = server.finish(&mut browser, &request).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(
        page.body.contains("id=\"sso-connect-secret\""),
        "{}",
        page.body
    );

    let answer = browser
        .post("/sso-connect/secret", &[("key", X25519)])
        .await;
    assert_eq!(answer.json()["alg"], "HPKE-X25519-HKDF-SHA256-AES-256-GCM");
    let refused = browser
        .post("/sso-connect/secret", &[("key", "AAAA")])
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let nobody = server
        .browser()
        .post("/sso-connect/secret", &[("key", X25519)])
        .await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_key_that_nothing_can_be_encrypted_to_is_refused_before_the_sign_in() {
    let server = TestServer::start();
    let answer = server
        .browser()
        .get("/sso-connect/saml/login?embedded&key=AAAA")
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn http_05_the_host_header_changes_nothing() {
    let server = TestServer::start();
    let mut browser = server.browser();
    let request = browser
        .request(http::Method::GET, "/sso-connect/saml/login")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "host=evil.example")
        .header("x-original-url", "https://evil.example/");
    let answer = browser.send(request).await;
    let request = FakeRequest::read_redirect(answer.location(), None);
    assert_eq!(request.acs_url, format!("{}{ACS}", server.base));
}

#[tokio::test]
async fn our_metadata_names_the_addresses_of_the_base_url() {
    let server = TestServer::start();
    let answer = server.browser().get("/sso-connect/saml/metadata").await;
    assert_eq!(
        answer.header("content-type"),
        "application/samlmetadata+xml"
    );
    assert!(
        answer
            .body
            .contains(&format!("Location=\"{}{ACS}\"", server.base)),
        "{}",
        answer.body
    );
}

/// The base point of the curve: nobody knows a private key that is not 1.
const X25519: &str = "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

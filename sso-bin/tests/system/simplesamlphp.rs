//! SimpleSAMLphp: PHP's own XML, the library xmlseclibs, a login page, single logout.

use serde_json::json;
use url::Url;

use crate::{
    browserless::{Browser, Page},
    provider::Provider,
    server::{Server, Service},
};

#[tokio::test]
async fn signs_in_by_a_signed_response() {
    let (server, _provider) = start(&[("SIGN", "response")], &[]).await;
    assert_alice_signs_in(&server).await;
}

#[tokio::test]
async fn signs_in_by_a_signed_assertion() {
    let (server, _provider) = start(&[("SIGN", "assertion")], &[]).await;
    assert_alice_signs_in(&server).await;
}

#[tokio::test]
async fn signs_in_by_a_signed_assertion_in_a_signed_response() {
    let (server, _provider) = start(&[("SIGN", "both")], &[]).await;
    assert_alice_signs_in(&server).await;
}

/// Letters beyond ASCII, and characters that XML and headers escape.
#[tokio::test]
async fn names_arrive_as_the_provider_holds_them() {
    let (server, _provider) = start(&[], &[]).await;
    let mut browser = server.browser();
    sign_in(&server, &mut browser, "bob").await;

    let user = server.session(&mut browser).await.unwrap()["user"].take();
    assert_eq!(user["first"], "山田 \"Bob\" <b>");
    assert_eq!(user["last"], "O'Neill & Søn");
}

#[tokio::test]
async fn the_second_sign_in_asks_for_no_password() {
    let (server, _provider) = start(&[], &[]).await;
    let mut browser = server.browser();
    sign_in(&server, &mut browser, "alice").await;
    browser.forget_cookies("__Host-sso-session");
    assert_eq!(server.session(&mut browser).await, None);

    let page = browser.follow(server.login("/sso-connect")).await;
    assert_eq!(page.url, server.url("/sso-connect"));
    assert_alice(&server, &mut browser).await;
}

#[tokio::test]
async fn relogin_asks_for_the_password_again() {
    let (server, _provider) = start(&[], &[]).await;
    let mut browser = server.browser();
    sign_in(&server, &mut browser, "alice").await;

    let again = server.url("/sso-connect/saml/login?relogin=true&dest=/sso-connect");
    let page = browser.open(&again).await;
    let page = browser.follow(with_password(&page, "alice")).await;
    assert_eq!(page.url, server.url("/sso-connect"));
    assert_alice(&server, &mut browser).await;
}

#[tokio::test]
async fn a_sign_in_that_began_at_the_provider_is_refused_by_default() {
    let (server, provider) = start(&[], &[]).await;
    let mut browser = server.browser();
    let page = sign_in_from(&provider, &server, &mut browser).await;
    assert_eq!(server.refusal(&page), "unsolicited.disabled");
    assert_eq!(server.session(&mut browser).await, None);
}

#[tokio::test]
async fn a_sign_in_that_began_at_the_provider_is_accepted_where_that_is_allowed() {
    let (server, provider) =
        start(&[("SIGN", "both")], &["--dangerous-accept-idp-initiated"]).await;
    let mut browser = server.browser();
    sign_in_from(&provider, &server, &mut browser).await;
    assert_alice(&server, &mut browser).await;
}

/// This provider encrypts with AES-128 in CBC mode, which does not notice a changed text.
#[tokio::test]
async fn an_assertion_encrypted_with_cbc_is_refused_by_default() {
    let (server, _provider) = start(&[("SIGN", "both"), ("ENCRYPT", "1")], &[]).await;
    let mut browser = server.browser();
    let page = browser.follow(server.login("/sso-connect")).await;
    let page = browser.follow(with_password(&page, "alice")).await;
    assert_eq!(server.refusal(&page), "enc.cbc_refused");
    assert_eq!(server.session(&mut browser).await, None);
}

#[tokio::test]
async fn an_assertion_encrypted_with_cbc_in_a_signed_response_is_accepted_by_exception() {
    for sign in ["response", "both"] {
        let settings = [("SIGN", sign), ("ENCRYPT", "1")];
        let (server, _provider) = start(&settings, &["--dangerous-accept-cbc"]).await;
        assert_alice_signs_in(&server).await;
    }
}

/// The provider checks our signature with the key in our metadata.
#[tokio::test]
async fn requests_are_signed_for_a_provider_that_wants_it() {
    let (server, _provider) = start(&[("REQUESTS", "signed")], &[]).await;
    assert_alice_signs_in(&server).await;

    let mut browser = server.browser();
    let page = browser.send(&server.login("/sso-connect")).await;
    let location = page.header("location").unwrap();
    let (unsigned, _signature) = location.split_once("&SigAlg=").unwrap();
    let page = browser.open(&Url::parse(unsigned).unwrap()).await;
    assert!(page.text.contains("no signature found"), "{}", page.text);
}

#[tokio::test]
async fn signing_out_here_signs_out_at_the_provider() {
    let (server, _provider) = start(&[], &[]).await;
    let mut browser = server.browser();
    sign_in(&server, &mut browser, "alice").await;

    let page = browser.open(&server.url("/sso-connect/saml/logout")).await;
    assert!(page.status.is_success(), "{}: {}", page.status, page.text);
    assert_eq!(
        page.url.host_str(),
        Some("localhost"),
        "the way back from the provider"
    );
    assert_eq!(server.session(&mut browser).await, None);

    let page = browser.follow(server.login("/sso-connect")).await;
    assert!(
        page.text.contains("password"),
        "the provider asks for no password:\n{}",
        page.text
    );
}

#[tokio::test]
async fn signing_out_at_the_provider_signs_out_here() {
    let (server, provider) = start(&[], &[]).await;
    let mut browser = server.browser();
    sign_in(&server, &mut browser, "alice").await;

    let logout = provider.url("/saml2/idp/SingleLogoutService.php?ReturnTo=")
        + &provider.url("/saml2/idp/metadata.php");
    browser.open(&Url::parse(&logout).unwrap()).await;
    assert_eq!(server.session(&mut browser).await, None);
}

/// Starts SimpleSAMLphp and a server that trusts it.
pub(crate) async fn start(settings: &[(&str, &str)], trust: &[&str]) -> (Server, Provider) {
    let service = Service::new();
    let provider = Provider::start("simplesamlphp", METADATA, &service.metadata(), settings).await;
    service.trust("company", &provider.download(METADATA).await, trust);
    (service.serve().await, provider)
}

async fn assert_alice_signs_in(server: &Server) {
    let mut browser = server.browser();
    sign_in(server, &mut browser, "alice").await;
    assert_alice(server, &mut browser).await;
}

async fn assert_alice(server: &Server, browser: &mut Browser) {
    let session = server.session(browser).await.expect("alice is signed in");
    assert_eq!(session["user"]["name_id"], "alice@example.com");
    assert_eq!(session["user"]["first"], "Alice");
    assert_eq!(session["user"]["last"], "Example");
    assert_eq!(session["user"]["email"], "alice@example.com");
    assert_eq!(session["user"]["groups"], json!(["staff", "editors"]));
}

async fn sign_in(server: &Server, browser: &mut Browser, user: &str) {
    let page = browser
        .follow(server.login("/sso-connect?from=login"))
        .await;
    let page = browser.follow(with_password(&page, user)).await;
    assert_eq!(
        page.url,
        server.url("/sso-connect?from=login"),
        "{}",
        page.text
    );
}

async fn sign_in_from(provider: &Provider, server: &Server, browser: &mut Browser) -> Page {
    let mut url = Url::parse(&provider.url("/saml2/idp/SSOService.php")).unwrap();
    url.query_pairs_mut()
        .append_pair("spentityid", server.url("/sso-connect").as_str());
    let page = browser.open(&url).await;
    browser.follow(with_password(&page, "alice")).await
}

/// The form of the login page, filled in.
pub(crate) fn with_password(page: &Page, user: &str) -> crate::browserless::Request {
    page.form(0)
        .with("username", user)
        .with("password", &format!("{user}-password"))
}

const METADATA: &str = "/saml2/idp/metadata.php";

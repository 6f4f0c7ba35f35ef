//! The npm package `samlp`: xml-crypto and xml-encryption, and responses as bad as one likes.

use url::Url;

use crate::{
    browserless::{Browser, Page, Request},
    provider::Provider,
    server::{Server, Service},
};

#[tokio::test]
async fn signs_in_however_the_response_is_signed() {
    assert_signs_in(&["sign=response", "sign=assertion", "sign=both"], &[]).await;
}

#[tokio::test]
async fn signs_in_by_an_encrypted_assertion_however_it_is_signed() {
    let queries = [
        "encrypt=aes128-gcm&sign=response",
        "encrypt=aes128-gcm&sign=assertion",
        "encrypt=aes256-gcm&sign=response",
        "encrypt=aes256-gcm&sign=assertion",
        "encrypt=aes256-gcm&sign=both",
    ];
    assert_signs_in(&queries, &[]).await;
}

/// Providers that encrypt a part of a finished document leave such texts.
#[tokio::test]
async fn signs_in_by_an_encrypted_assertion_whose_prefix_is_declared_outside() {
    assert_signs_in(&["outer=1"], &[]).await;
}

#[tokio::test]
async fn an_unsigned_response_is_refused() {
    assert_refused("sign=none", &[], "sig.missing").await;
    assert_refused("sign=none&encrypt=aes256-gcm", &[], "sig.missing").await;
}

#[tokio::test]
async fn a_response_for_another_service_is_refused() {
    let other = "audience=https%3A%2F%2Fother.example.com";
    assert_refused(other, &[], "audience.mismatch").await;
}

#[tokio::test]
async fn an_expired_response_is_refused() {
    assert_refused("expired=1", &[], "time.expired").await;
}

#[tokio::test]
async fn sha_1_is_refused_by_default() {
    assert_refused("sha1=1", &[], "sig.alg").await;
}

#[tokio::test]
async fn sha_1_is_accepted_by_exception() {
    assert_signs_in(&["sha1=1"], &["--dangerous-accept-sha1"]).await;
}

#[tokio::test]
async fn cbc_outside_a_signed_response_is_refused_in_spite_of_the_exception() {
    let exception = ["--dangerous-accept-cbc"];
    assert_refused("encrypt=aes256-cbc", &exception, "enc.cbc_refused").await;
}

#[tokio::test]
async fn a_response_signs_in_once() {
    let (server, _provider) = start(&[]).await;
    let mut browser = server.browser();
    let response = browser
        .follow_to_response(server.login("/sso-connect"))
        .await;
    let spare = browser.clone();
    browser.follow(response.clone()).await;
    assert!(server.session(&mut browser).await.is_some());

    // The thief has the response, and even the cookie that belongs to the request.
    let mut thief = spare;
    let page = thief.follow(response).await;
    assert_eq!(server.refusal(&page), "replay");
    assert_eq!(server.session(&mut thief).await, None);
}

#[tokio::test]
async fn a_response_signs_in_nobody_but_who_asked() {
    let (server, _provider) = start(&[]).await;
    let response = server
        .browser()
        .follow_to_response(server.login("/sso-connect"))
        .await;

    let mut victim = server.browser();
    let page = victim.follow(response).await;
    assert_eq!(server.refusal(&page), "irt.no_cookie");
    assert_eq!(server.session(&mut victim).await, None);
}

#[tokio::test]
async fn a_sign_in_that_lost_its_cookie_can_be_begun_again() {
    let (server, _provider) = start(&[]).await;
    let mut browser = server.browser();
    let response = browser
        .follow_to_response(server.login("/sso-connect?from=login"))
        .await;
    browser.forget_cookies("__Host-sso-request");
    let page = browser.follow(response).await;
    assert_eq!(server.refusal(&page), "irt.no_cookie");

    browser.follow(page.link("/saml/login")).await;
    assert!(server.session(&mut browser).await.is_some());
}

#[tokio::test]
async fn a_refusal_is_explained_in_the_language_of_the_user() {
    let (server, _provider) = start(&[]).await;
    for (language, title) in [
        ("en", "You could not be signed in"),
        ("ja", "サインインできませんでした"),
    ] {
        let mut browser = server.browser().speaking(language);
        let page = sign_in(&server, &mut browser, "expired=1").await;
        assert!(page.text.contains(title), "{}", page.text);
    }
}

/// As the addresses of some providers have, which name the customer in it.
#[tokio::test]
async fn the_address_of_a_provider_keeps_a_query_of_its_own() {
    let service = Service::new();
    let provider = Provider::start(KIND, METADATA, &service.metadata(), &[]).await;
    let metadata = provider.download("/metadata?sign=none&customer=1").await;
    service.trust("startup", &metadata, &[]);
    let server = service.serve().await;

    let page = server.browser().follow(server.login("/sso-connect")).await;
    assert_eq!(
        server.refusal(&page),
        "sig.missing",
        "the provider was told `sign=none`"
    );
}

/// Both providers are configured; one speaks in the other's name.
#[tokio::test]
async fn a_response_signed_by_another_provider_is_refused() {
    let service = Service::new();
    let honest = Provider::start(KIND, METADATA, &service.metadata(), &[]).await;
    let rogue = Provider::start(KIND, METADATA, &service.metadata(), &[]).await;
    service.trust(
        "honest",
        &honest.download(METADATA).await,
        &["--dangerous-accept-idp-initiated"],
    );
    service.trust(
        "rogue",
        &rogue.download(METADATA).await,
        &["--dangerous-accept-idp-initiated"],
    );
    let server = service.serve().await;

    let forged = rogue.url("/sso?sign=both&issuer=") + &honest.url(METADATA);
    let mut browser = server.browser();
    let page = browser.open(&Url::parse(&forged).unwrap()).await;
    assert_eq!(server.refusal(&page), "sig.untrusted_key");
    assert_eq!(server.session(&mut browser).await, None);
}

/// The request went to one provider, another one answers: in its own name, with its own key.
#[tokio::test]
async fn an_answer_from_another_provider_than_was_asked_is_refused() {
    let service = Service::new();
    let asked = Provider::start(KIND, METADATA, &service.metadata(), &[]).await;
    let other = Provider::start(KIND, METADATA, &service.metadata(), &[]).await;
    service.trust("asked", &asked.download(METADATA).await, &[]);
    service.trust("other", &other.download(METADATA).await, &[]);
    let server = service.serve().await;

    let mut browser = server.browser();
    let login = server.url("/sso-connect/saml/login?idp=asked&dest=/sso-connect");
    let page = browser.send(&Request::get(login)).await;
    let sidetracked = page
        .header("location")
        .unwrap()
        .replace(&asked.url(""), &other.url(""));
    let page = browser.open(&Url::parse(&sidetracked).unwrap()).await;
    assert_eq!(server.refusal(&page), "idp.mismatch");
}

#[tokio::test]
async fn a_sign_in_that_began_at_the_provider_is_refused_by_default() {
    let (server, provider) = start(&[]).await;
    let mut browser = server.browser();
    let page = browser
        .open(&Url::parse(&provider.url("/sso?sign=both")).unwrap())
        .await;
    assert_eq!(server.refusal(&page), "unsolicited.disabled");
}

#[tokio::test]
async fn a_sign_in_that_began_at_the_provider_ends_where_its_relay_state_may_lead() {
    let (server, provider) = start(&["--dangerous-accept-idp-initiated"]).await;
    for (relay, end) in [
        ("/sso-connect?from=idp", "/sso-connect?from=idp"),
        ("https%3A%2F%2Fevil.example.com%2F", "/"),
    ] {
        let mut browser = server.browser();
        let address = provider.url(&format!("/sso?sign=both&relay={relay}"));
        let page = browser.open(&Url::parse(&address).unwrap()).await;
        assert_eq!(page.url, server.url(end), "{}", page.text);
        assert!(server.session(&mut browser).await.is_some());
    }
}

#[tokio::test]
async fn two_tabs_sign_in_side_by_side() {
    let (server, _provider) = start(&[]).await;
    let mut browser = server.browser();
    let one = browser
        .follow_to_response(server.login("/sso-connect?tab=1"))
        .await;
    let two = browser
        .follow_to_response(server.login("/sso-connect?tab=2"))
        .await;

    assert_eq!(
        browser.follow(one).await.url,
        server.url("/sso-connect?tab=1")
    );
    assert_eq!(
        browser.follow(two).await.url,
        server.url("/sso-connect?tab=2")
    );
    assert!(server.session(&mut browser).await.is_some());
}

/// Starts `samlp` and a server that trusts it.
pub(crate) async fn start(trust: &[&str]) -> (Server, Provider) {
    let service = Service::new();
    let provider = Provider::start(KIND, METADATA, &service.metadata(), &[]).await;
    service.trust("startup", &provider.download(METADATA).await, trust);
    (service.serve().await, provider)
}

async fn assert_signs_in(queries: &[&str], trust: &[&str]) {
    let (server, _provider) = start(trust).await;
    for query in queries {
        let mut browser = server.browser();
        let page = sign_in(&server, &mut browser, query).await;
        assert_eq!(page.url, server.url(DESTINATION), "{query}: {}", page.text);
        let user = server.session(&mut browser).await.unwrap()["user"].take();
        assert_eq!(user["email"], "alice@example.com");
        assert_eq!(user["first"], "Alice");
    }
}

async fn assert_refused(query: &str, trust: &[&str], code: &str) {
    let (server, _provider) = start(trust).await;
    let mut browser = server.browser();
    let page = sign_in(&server, &mut browser, query).await;
    assert_eq!(server.refusal(&page), code);
    assert_eq!(server.session(&mut browser).await, None);
}

/// Begins a sign-in, and asks the provider for an answer as `query` says.
async fn sign_in(server: &Server, browser: &mut Browser, query: &str) -> Page {
    let page = browser.send(&server.login(DESTINATION)).await;
    let address = format!("{}&{query}", page.header("location").unwrap());
    browser.open(&Url::parse(&address).unwrap()).await
}

const KIND: &str = "samlp";
const METADATA: &str = "/metadata";
const DESTINATION: &str = "/sso-connect?from=login";

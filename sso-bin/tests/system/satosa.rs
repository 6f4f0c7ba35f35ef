//! SATOSA: pysaml2, which signs and encrypts with xmlsec1.

use crate::{
    provider::Provider,
    server::{Server, Service},
};

#[tokio::test]
async fn signs_in_by_a_signed_response() {
    assert_alice_signs_in("response").await;
}

#[tokio::test]
async fn signs_in_by_a_signed_assertion() {
    assert_alice_signs_in("assertion").await;
}

#[tokio::test]
async fn signs_in_by_a_signed_assertion_in_a_signed_response() {
    assert_alice_signs_in("both").await;
}

/// xmlsec1 checks our signature with the key in our metadata.
#[tokio::test]
async fn signs_in_by_a_signed_request_however_it_travels() {
    for binding in ["redirect", "post"] {
        let server = start(&[("REQUESTS", "signed")], &["--request-binding", binding]).await;
        let mut browser = server.browser();
        browser.follow(server.login("/sso-connect")).await;
        assert!(server.session(&mut browser).await.is_some(), "by {binding}");
    }
}

/// Triple DES, which no exception allows.
#[tokio::test]
async fn an_assertion_encrypted_with_triple_des_is_refused() {
    let server = start(
        &[("SIGN", "both"), ("ENCRYPT", "1")],
        &["--dangerous-accept-cbc"],
    )
    .await;
    let mut browser = server.browser();
    let page = browser.follow(server.login("/sso-connect")).await;
    assert_eq!(server.refusal(&page), "enc.alg");
    assert_eq!(server.session(&mut browser).await, None);
}

async fn start(settings: &[(&str, &str)], trust: &[&str]) -> Server {
    let service = Service::new();
    let provider = Provider::start("satosa", METADATA, &service.metadata(), settings).await;
    service.trust("university", &provider.download(METADATA).await, trust);
    service.serve().await
}

async fn assert_alice_signs_in(sign: &str) {
    let server = start(&[("SIGN", sign)], &[]).await;
    let mut browser = server.browser();
    let page = browser
        .follow(server.login("/sso-connect?from=login"))
        .await;
    assert_eq!(
        page.url,
        server.url("/sso-connect?from=login"),
        "{}",
        page.text
    );

    let user = server.session(&mut browser).await.unwrap()["user"].take();
    assert_eq!(user["name_id"], "alice@example.com");
    assert_eq!(user["first"], "Alice");
    assert_eq!(user["last"], "Example");
    assert_eq!(user["email"], "alice@example.com");
}

const METADATA: &str = "/Saml2IDP/proxy.xml";

//! SATOSA: pysaml2, which signs and encrypts with xmlsec1.

use serde_json::json;

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
async fn signs_in_by_a_signed_request_in_a_form() {
    let (server, _provider) =
        start(&[("REQUESTS", "signed")], &[], "request_binding = \"post\"").await;
    let mut browser = server.browser();
    browser.follow(server.login("/sso-connect")).await;
    assert!(server.session(&mut browser).await.is_some());
}

/// Triple DES, which no exception allows.
#[tokio::test]
async fn an_assertion_encrypted_with_triple_des_is_refused() {
    let settings = [("SIGN", "both"), ("ENCRYPT", "1")];
    let (server, _provider) = start(&settings, &["--dangerous-accept-cbc"], "").await;
    let mut browser = server.browser();
    let page = browser.follow(server.login("/sso-connect")).await;
    assert_eq!(server.refusal(&page), "enc.alg");
    assert_eq!(server.session(&mut browser).await, None);
}

async fn start(settings: &[(&str, &str)], trust: &[&str], lines: &str) -> (Server, Provider) {
    let service = Service::new();
    let provider = Provider::start("satosa", METADATA, &service.metadata(), settings).await;
    service.trust("university", &provider.download(METADATA).await, trust);
    service.configure(lines);
    (service.serve().await, provider)
}

async fn assert_alice_signs_in(sign: &str) {
    let (server, _provider) = start(&[("SIGN", sign)], &[], ATTRIBUTES).await;
    let mut browser = server.browser();
    let login = server.login("/sso-connect?from=login");
    let page = browser.follow(login).await;
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
    assert_eq!(user["groups"], json!(["staff", "editors"]));
}

/// The names of the SAML profiles (X.500/LDAP Attribute Profile), not our defaults.
const ATTRIBUTES: &str = r#"
[identity_providers.attributes]
first = "urn:oid:2.5.4.42"
last = "urn:oid:2.5.4.4"
email = "urn:oid:0.9.2342.19200300.100.1.3"
groups = "urn:oid:1.3.6.1.4.1.5923.1.5.1.1"
"#;

const METADATA: &str = "/Saml2IDP/proxy.xml";

//! Signing and verifying together.

use futures_executor::block_on;

use super::test_keys::{OTHER_RSA, P256, P384, RSA, TestKey};
use super::*;
use crate::xml::{Document, Limits};

const RESPONSE: &str = concat!(
    r#"<samlp:Response xmlns:samlp="urn:p" xmlns:saml="urn:a" ID="_r"><saml:Issuer>idp</saml:Issuer>"#,
    r#"<saml:Assertion ID="_a"><saml:Issuer>idp</saml:Issuer><saml:Subject>alice</saml:Subject>"#,
    r#"</saml:Assertion></samlp:Response>"#,
);

fn sign(xml: &str, id: &str, key: &TestKey) -> String {
    block_on(sign_enveloped(xml, id, &key.signer())).unwrap()
}

fn verify(xml: &str, keys: &[&TestKey]) -> Result<SignedBytes, SignatureError> {
    let document = Document::parse(xml.as_bytes(), &Limits::message()).unwrap();
    let keys: Vec<_> = keys.iter().map(|key| key.verifying_key()).collect();
    verify_enveloped(document.root(), &keys, &Algorithms::new())
}

#[test]
fn what_is_signed_with_any_kind_of_key_verifies_and_loses_its_signature() {
    for key in [&*RSA, &*P256, &*P384] {
        let signed = sign(RESPONSE, "_r", key);
        let verified = verify(&signed, &[&OTHER_RSA, key]).unwrap();
        assert_eq!(*verified.key(), key.verifying_key());
        let text = String::from_utf8(verified.into_bytes()).unwrap();
        assert!(
            text.contains("alice") && !text.contains("Signature"),
            "{text}"
        );
    }
}

#[test]
fn an_assertion_and_the_response_around_it_are_both_signed() {
    let signed = sign(&sign(RESPONSE, "_a", &RSA), "_r", &P256);
    let response = verify(&signed, &[&P256]).unwrap();
    let document = Document::parse(response.bytes(), &Limits::message()).unwrap();
    let assertion = document
        .root()
        .only_child("urn:a", "Assertion")
        .unwrap()
        .unwrap();
    let verified = verify_enveloped(assertion, &[RSA.verifying_key()], &Algorithms::new()).unwrap();
    assert!(
        verified
            .bytes()
            .starts_with(b"<saml:Assertion xmlns:saml=\"urn:a\" ID=\"_a\">")
    );
}

//! What does it cost to verify one signed response?
//!
//! `primitives` is what no implementation can do without: SHA-256 of the response and one RSA
//! verification. `whole` is everything from the bytes of the message to the tree of the verified
//! ones. The goal is at most three times the first.
#![expect(
    clippy::unwrap_used,
    reason = "without its input a benchmark has nothing to say"
)]

use std::hint::black_box;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_executor::block_on;
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use sso_core::signature::{
    Algorithms, Signer as _, SoftSigner, VerifyingKey, sign_enveloped, verify_enveloped,
};
use sso_core::xml::{Document, Limits};

fn verify_response(criterion: &mut Criterion) {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let certificate = CertificateParams::default().self_signed(&key).unwrap();
    let signer =
        SoftSigner::from_pkcs8_der(&key.serialize_der(), certificate.der().clone()).unwrap();
    let signed = block_on(sign_enveloped(&response(), "_response", &signer)).unwrap();
    let keys = [VerifyingKey::from_certificate_der(certificate.der()).unwrap()];

    let mut group = criterion.benchmark_group("verify_response");
    group.throughput(Throughput::Bytes(signed.len() as u64));
    let (algorithms, limits) = (Algorithms::new(), Limits::message());
    group.bench_function("whole", |bencher| {
        bencher.iter(|| {
            let document = Document::parse(black_box(signed.as_bytes()), &limits).unwrap();
            let verified = verify_enveloped(document.root(), &keys, &algorithms).unwrap();
            let tree = Document::parse(verified.bytes(), &limits).unwrap();
            tree.root().children().count()
        });
    });
    group.bench_function("parse", |bencher| {
        bencher.iter(|| {
            Document::parse(black_box(signed.as_bytes()), &limits)
                .unwrap()
                .root()
                .children()
                .count()
        });
    });

    let public_key =
        ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, keys[0].as_spki_der()).unwrap();
    let message = [b'x'; SIGNED_INFO_BYTES];
    let signature = block_on(signer.sign(&message)).unwrap();
    group.bench_function("primitives", |bencher| {
        bencher.iter(|| {
            public_key
                .verify_sig(black_box(&message), &signature)
                .unwrap();
            digest(&SHA256, black_box(signed.as_bytes()))
        });
    });
    group.finish();
}

/// A response like those of the large providers: one assertion, ten attributes of two values.
fn response() -> String {
    let attributes: String = (0..10).map(attribute).collect();
    format!(
        r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_response" Version="2.0" IssueInstant="2026-01-01T12:00:00Z" Destination="{ACS}" InResponseTo="_5f0c8a7e6b1d4c3a9e2f7b8d6c5a4e3f2d1c0b9a">
  <saml:Issuer>{IDP}</saml:Issuer>
  <samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>
  <saml:Assertion ID="_assertion" Version="2.0" IssueInstant="2026-01-01T12:00:00Z">
    <saml:Issuer>{IDP}</saml:Issuer>
    <saml:Subject>
      <saml:NameID>alice@example.com</saml:NameID>
      <saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
        <saml:SubjectConfirmationData Recipient="{ACS}"/>
      </saml:SubjectConfirmation>
    </saml:Subject>
    <saml:Conditions>
      <saml:AudienceRestriction><saml:Audience>https://sso.example.com/sso-connect</saml:Audience></saml:AudienceRestriction>
    </saml:Conditions>
    <saml:AttributeStatement>{attributes}</saml:AttributeStatement>
  </saml:Assertion>
</samlp:Response>"#
    )
}

fn attribute(number: u32) -> String {
    let values: String = (0..2)
        .map(|value| {
            format!(
                r#"<saml:AttributeValue xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">value {value} of attribute {number}, as long as a group's name can be</saml:AttributeValue>"#
            )
        })
        .collect();
    format!(
        r#"
      <saml:Attribute Name="http://schemas.example.com/ws/2005/05/identity/claims/attribute-{number}" FriendlyName="attribute" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri">{values}</saml:Attribute>"#
    )
}

criterion_group!(benches, verify_response);
criterion_main!(benches);

const ACS: &str = "https://sso.example.com:8443/sso-connect/saml/sso";
const IDP: &str = "https://idp.example.com/metadata";
/// What the canonical form of a usual `SignedInfo` has.
const SIGNED_INFO_BYTES: usize = 900;

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
use sso_core::xml::{Document, Limits, Writer};

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

/// A response like those of the large providers: one assertion, ten attributes.
fn response() -> String {
    let mut writer = Writer::new();
    writer
        .start("samlp:Response")
        .namespace("samlp", "urn:oasis:names:tc:SAML:2.0:protocol")
        .namespace("saml", SAML)
        .attr("ID", "_response")
        .attr("Version", "2.0")
        .attr("IssueInstant", "2026-01-01T12:00:00Z")
        .attr(
            "Destination",
            "https://sso.example.com:8443/sso-connect/saml/sso",
        )
        .attr("InResponseTo", "_5f0c8a7e6b1d4c3a9e2f7b8d6c5a4e3f2d1c0b9a");
    writer.element("saml:Issuer", "https://idp.example.com/metadata");
    writer.start("samlp:Status").start("samlp:StatusCode");
    writer
        .attr("Value", "urn:oasis:names:tc:SAML:2.0:status:Success")
        .end()
        .end();
    write_assertion(&mut writer);
    writer.finish()
}

fn write_assertion(writer: &mut Writer) {
    writer
        .start("saml:Assertion")
        .attr("ID", "_assertion")
        .attr("Version", "2.0");
    writer
        .attr("IssueInstant", "2026-01-01T12:00:00Z")
        .element("saml:Issuer", "https://idp.example.com/metadata");
    writer
        .start("saml:Subject")
        .element("saml:NameID", "alice@example.com")
        .start("saml:SubjectConfirmation");
    writer
        .attr("Method", "urn:oasis:names:tc:SAML:2.0:cm:bearer")
        .start("saml:SubjectConfirmationData");
    writer
        .attr(
            "Recipient",
            "https://sso.example.com:8443/sso-connect/saml/sso",
        )
        .end()
        .end()
        .end();
    writer
        .start("saml:Conditions")
        .start("saml:AudienceRestriction");
    writer
        .element("saml:Audience", "https://sso.example.com/sso-connect")
        .end()
        .end();
    writer.start("saml:AttributeStatement");
    for number in 0..10 {
        let name =
            format!("http://schemas.example.com/ws/2005/05/identity/claims/attribute-{number}");
        writer
            .start("saml:Attribute")
            .attr("Name", &name)
            .attr("FriendlyName", "attribute");
        writer.attr(
            "NameFormat",
            "urn:oasis:names:tc:SAML:2.0:attrname-format:uri",
        );
        for value in 0..2 {
            writer
                .start("saml:AttributeValue")
                .namespace("xsi", XSI)
                .attr("xsi:type", "xs:string");
            writer
                .text(&format!(
                    "value {value} of attribute {number}, as long as a group's name can be"
                ))
                .end();
        }
        writer.end();
    }
    writer.end().end();
}

criterion_group!(benches, verify_response);
criterion_main!(benches);

const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// What the canonical form of a usual `SignedInfo` has.
const SIGNED_INFO_BYTES: usize = 900;

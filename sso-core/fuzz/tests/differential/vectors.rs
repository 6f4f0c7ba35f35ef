//! Test vectors of others, as far as they fall into the subset that we accept.
//!
//! `corpus/vectors/README.md` says where each comes from, and what is left out.

use std::fs;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use sso_core::signature::{Algorithms, DS, SignedBytes, VerifyingKey, verify_enveloped};
use sso_core::xml::canonical::exclusive;
use sso_core::xml::{Comments, Document, Element, Limits};
use sso_fuzz::corpus;
use sso_fuzz::others::bergshamra::{Reading, in_its_words};
use sso_fuzz::path::Path;

#[test]
fn the_canonical_forms_of_the_w3c_are_ours() {
    for name in CANONICAL {
        let (input, output) = (
            vector(&format!("canonical/{name}.in.xml")),
            vector(&format!("canonical/{name}.out.xml")),
        );
        let document = parse(&input);
        let ours = exclusive(document.root(), None, &[]).unwrap();
        assert_eq!(text(&ours), text(&output), "{name}");
        let words = in_its_words(text(&input));
        let theirs = Reading::parse(&words).unwrap();
        let theirs = theirs.canonical(&Path::default(), None, &[]);
        assert_eq!(text(&theirs.unwrap()), text(&output), "{name}");
    }
}

/// The references of this signature that leave comments out.
#[test]
fn the_exclusive_canonical_forms_of_merlin_are_ours() {
    let vector = vector("merlin-exc-c14n-one.xml");
    let document = parse(&vector);
    let mut elements = document.root().descendants();
    let signed = elements.find(|it| it.attribute("Id") == Some("to-be-signed"));
    for (prefixes, expected) in [
        (&[][..], "7yOTjUu+9oEhShgyIIXDLjQ08aY="),
        (&["bar", "#default"][..], "09xMy0RTQM1Q91demYe/0F6AGXo="),
    ] {
        assert!(text(&vector).contains(expected));
        let octets = exclusive(signed.unwrap(), None, prefixes).unwrap();
        assert_eq!(sha1(&octets), expected, "{prefixes:?}");
    }
}

#[test]
fn signatures_of_other_programs_hold() {
    for name in ["samael-response-ecdsa", "xml-crypto-metadata"] {
        let signed = verify(&vector(&format!("signed/{name}.xml")));
        assert!(signed.is_ok(), "{name}: {signed:?}");
    }
}

/// Their keys are too short for us, so only the canonical form can be right: if it were not, the
/// digest would be what is wrong.
#[test]
fn digests_of_other_programs_hold_under_keys_that_are_too_short() {
    for name in [
        "samael-assertion",
        "samael-response",
        "samael-response-idp-2",
        "xml-crypto-inclusive-namespaces",
    ] {
        let refused = verify(&vector(&format!("signed/{name}.xml")));
        assert_eq!(refused.unwrap_err(), "sig.mismatch", "{name}");
    }
}

/// Verifies the first signature with the key that it brings along, as only a test may; with a
/// key of ours if that is too short.
fn verify(data: &[u8]) -> Result<SignedBytes, &'static str> {
    let document = parse(data);
    let root = document.root();
    let mut elements = std::iter::once(root).chain(root.descendants());
    let is_signed = |it: &Element<'_>| it.children_named(DS, "Signature").next().is_some();
    let element = elements.find(is_signed).unwrap();
    let keys = [embedded_key(element).unwrap_or_else(some_rsa_key)];
    let algorithms = Algorithms::new().dangerous().allow_sha1();
    verify_enveloped(element, &keys, &algorithms).map_err(|error| error.code())
}

fn embedded_key(element: Element<'_>) -> Option<VerifyingKey> {
    let mut certificates = element.descendants();
    let certificate = certificates.find(|it| it.is(DS, "X509Certificate"))?;
    let encoded: String = certificate.text().unwrap().split_whitespace().collect();
    let der = BASE64_STANDARD.decode(encoded).unwrap();
    VerifyingKey::from_certificate_der(&der).ok()
}

fn some_rsa_key() -> VerifyingKey {
    let mut keys = corpus::keys().iter();
    let is_rsa = |it: &&VerifyingKey| it.algorithm().uri().contains("rsa");
    keys.find(is_rsa).unwrap().clone()
}

fn sha1(octets: &[u8]) -> String {
    BASE64_STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, octets))
}

fn vector(name: &str) -> Vec<u8> {
    fs::read(corpus::root().join("vectors").join(name)).unwrap()
}

fn text(octets: &[u8]) -> &str {
    std::str::from_utf8(octets).unwrap()
}

fn parse(data: &[u8]) -> Document<'_> {
    let limits = Limits {
        comments: Comments::Drop,
        ..Limits::message()
    };
    Document::parse(data, &limits).unwrap()
}

const CANONICAL: [&str; 7] = [
    "C14N2",
    "NsContent",
    "NsDefault",
    "NsPushdown",
    "NsRedecl",
    "NsSort",
    "NsSuperfluous",
];

//! Mutations that are signed anew: any document, one canonical form.

use fastrand::Rng;
use sso_core::testkit::FakeIdp;
use sso_core::xml::{Document, Limits};
use sso_fuzz::compare::{Claim, check_with_xmlsec1};
use sso_fuzz::corpus::{self, Exchange};
use sso_fuzz::mutate;
use sso_fuzz::others::Xmlsec1;

#[test]
fn whatever_is_signed_here_is_accepted_everywhere() {
    let xmlsec1 = Xmlsec1::find().expect("`.ci/install` brings xmlsec1");
    let (idp, seeds) = (FakeIdp::new(), seeds());
    let mut random = Rng::with_seed(2);
    let mut claims = Vec::new();
    while claims.len() < DOCUMENTS {
        let mut any = || random.choice(&seeds).unwrap();
        let (data, other) = (any(), any());
        if let Some(document) = enveloped(&mutate::xml(data, other, &mut random)) {
            let document = idp.sign(&document, "_envelope");
            let signed = Claim::all(document.as_bytes(), &[idp.verifying_key()]);
            assert_eq!(signed.len(), 1, "{document}");
            claims.extend(signed);
        }
    }
    claims.iter().for_each(Claim::check_with_bergshamra);
    check_with_xmlsec1(&claims, &xmlsec1);
}

/// The document in an element that can be signed, if we accept it.
fn enveloped(data: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(data).ok()?;
    let text = text.trim_start_matches('\u{FEFF}');
    let inside = match text.strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>")?.1,
        None => text,
    };
    let prefixes = r#"xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:e="urn:e""#;
    let document = format!(r#"<e:E {prefixes} ID="_envelope">{inside}</e:E>"#);
    let is_accepted = Document::parse(document.as_bytes(), &Limits::message()).is_ok();
    is_accepted.then_some(document)
}

fn seeds() -> Vec<Vec<u8>> {
    let responses = Exchange::all().iter().map(|it| it.response().to_vec());
    let documents = corpus::files("documents").into_iter();
    // As often as all responses: they are smaller and odder.
    let repeated = documents.cycle().take(Exchange::all().len());
    responses.chain(repeated).collect()
}

const DOCUMENTS: usize = 500;

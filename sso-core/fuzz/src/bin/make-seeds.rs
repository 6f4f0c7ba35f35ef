//! Makes the part of the corpus that no identity provider sends: `corpus/made`, `corpus/signed` and
//! `corpus/queries`, with new keys.
//!
//! `cargo run -p sso-fuzz --bin make-seeds`
#![expect(clippy::unwrap_used, reason = "whoever runs this sees what is missing")]

use std::fs;
use std::path::Path;

use sso_core::config::Service;
use sso_core::signature::SignatureAlgorithm;
use sso_core::testkit::{FakeIdp, FakeNameId, FakeRequest, FakeResponse, KeyKind, NOON, Signed};
use sso_fuzz::corpus;

fn main() {
    let service = Service::new("https://app.example").unwrap();
    for (name, idp, signed) in providers() {
        let request = request(name, &service);
        let response = idp.response(&request).sign(signed);
        write_exchange(name, &idp, &response);
    }
    write_queries(&FakeIdp::new(), &service);
    write_signed(&FakeIdp::new(), &service);
}

fn providers() -> [(&'static str, FakeIdp, Signed); 6] {
    let rsa = FakeIdp::new;
    let p256 = || FakeIdp::with_key(KeyKind::P256);
    let p384 = || FakeIdp::with_key(KeyKind::P384);
    let sha512 = rsa().with_algorithm(SignatureAlgorithm::RsaSha512);
    [
        ("p256-both", p256(), Signed::Both),
        ("p384-assertion", p384(), Signed::Assertion),
        ("rsa-assertion", rsa(), Signed::Assertion),
        ("rsa-both", rsa(), Signed::Both),
        ("rsa-response", rsa(), Signed::Response),
        ("rsa-sha512-both", sha512, Signed::Both),
    ]
}

/// A request whose identifier tells the exchange.
fn request(name: &str, service: &Service) -> FakeRequest {
    let mut request = FakeRequest::none(service);
    request.id = Some(format!("_request-{name}"));
    request
}

fn write_exchange(name: &str, idp: &FakeIdp, response: &FakeResponse) {
    let folder = corpus::root().join("made").join(name);
    fs::create_dir_all(&folder).unwrap();
    write(&folder.join("response.xml"), &response.to_xml());
    write(&folder.join("metadata.xml"), &idp.metadata());
    write(&folder.join("at"), &NOON.as_secs().to_string());
}

fn write_queries(idp: &FakeIdp, service: &Service) {
    let folder = corpus::root().join("queries");
    fs::create_dir_all(&folder).unwrap();
    let slo = service.slo_url();
    let request = idp.logout_request(&slo, FakeNameId::persistent("alice"));
    let response = idp.logout_response(&slo, "_1");
    let addresses = [
        ("logout-request", request.to_redirect(Some("relay"))),
        ("logout-request-alone", request.to_redirect(None)),
        ("logout-response", response.to_redirect(Some("a&b=c d"))),
    ];
    for (name, address) in addresses {
        let (_, query) = address.split_once('?').unwrap();
        write(&folder.join(name), query);
    }
}

/// What is signed, and no response.
fn write_signed(idp: &FakeIdp, service: &Service) {
    let folder = corpus::root().join("signed");
    fs::create_dir_all(&folder).unwrap();
    let metadata = idp
        .metadata()
        .replacen(" entityID", " ID=\"_metadata\" entityID", 1);
    write(
        &folder.join("metadata.xml"),
        &idp.sign(&metadata, "_metadata"),
    );
    let name = FakeNameId::persistent("alice");
    let request = idp.logout_request(&service.slo_url(), name);
    let signed = idp.sign(&request.to_xml(), &request.id);
    write(&folder.join("logout-request.xml"), &signed);
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
}

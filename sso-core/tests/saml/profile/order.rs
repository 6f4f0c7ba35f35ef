//! In which order a message is looked at: of several mistakes the first in this list is reported,
//! and nothing behind it is read.

use sso_core::testkit::{FakeIdp, FakeResponse, Signed};

use crate::desk::Desk;
use crate::forge::{as_admin, swap};

/// A response in which everything that comes after its signatures is wrong.
fn wrong(desk: &Desk) -> FakeResponse {
    desk.response().with(|it| {
        it.destination = Some("https://another.example/".to_owned());
        it.assertion.audiences = vec![vec!["urn:another-service".to_owned()]];
        it.assertion.confirmation.recipient = None;
        it.assertion.name_id = None;
    })
}

#[test]
fn the_parser_comes_first() {
    let desk = Desk::new();
    let response = wrong(&desk).sign(Signed::Neither).tamper(|xml| format!("<!DOCTYPE x>{xml}"));
    desk.refuses(&response, "xml.doctype");
}

#[test]
fn the_root_comes_before_the_provider() {
    let mut desk = Desk::new();
    desk.providers.clear();
    let response = wrong(&desk).tamper(|xml| xml.replace("samlp:Response", "samlp:ArtifactResponse"));
    desk.refuses(&response, "xml.root");
}

#[test]
fn the_provider_comes_before_its_signature() {
    let mut desk = Desk::new();
    desk.idp = FakeIdp::another();
    desk.refuses(&wrong(&desk).sign(Signed::Response), "idp.mismatch");
}

#[test]
fn the_signature_of_the_response_comes_before_its_content() {
    let desk = Desk::new();
    let response = wrong(&desk).sign(Signed::Response);
    desk.refuses(&response, "destination.mismatch");
    let tampered = response.tamper(|xml| swap(xml, "urn:another-service", "urn:third"));
    desk.refuses(&tampered, "sig.digest_mismatch");
}

#[test]
fn the_signature_of_the_assertion_comes_before_its_content() {
    let desk = Desk::new();
    let response = wrong(&desk).with(|it| {
        it.destination = None;
        it.assertion.name_id = Some(sso_core::testkit::FakeNameId::persistent("alice"));
    });
    desk.refuses(&response, "audience.mismatch");
    desk.refuses(&response.tamper(as_admin), "sig.digest_mismatch");
}

#[test]
fn the_status_comes_before_the_assertion() {
    let desk = Desk::new();
    let response = wrong(&desk)
        .with(|it| {
            it.destination = None;
            it.status = vec!["urn:oasis:names:tc:SAML:2.0:status:Responder".to_owned()];
        })
        .sign(Signed::Neither);
    desk.refuses(&response, "status.responder");
}

//! What the provider says about the request (SAML Core 3.2.2.2).

use sso_core::saml::RejectionClass;
use sso_core::testkit::{FakeResponse, Signed};

use crate::desk::{Desk, says};

fn answering(desk: &Desk, codes: &[&str]) -> FakeResponse {
    let codes = codes
        .iter()
        .map(|it| format!("urn:oasis:names:tc:SAML:2.0:status:{it}"));
    let codes = codes.collect();
    desk.response().with(|it| it.status = codes)
}

#[test]
fn pro_13_an_assertion_beside_a_failure_signs_nobody_in() {
    let desk = Desk::new();
    desk.refuses(&answering(&desk, &["Responder"]), "status.responder");
    desk.refuses(
        &answering(&desk, &["Requester", "RequestDenied"]),
        "status.request_denied",
    );
}

#[test]
fn pro_13_success_is_the_outermost_code_spelled_exactly() {
    let desk = Desk::new();
    for codes in [
        &["success"][..],
        &["Success "],
        &["Responder", "Success"],
        &["Successful"],
    ] {
        desk.refuses(&answering(&desk, codes), "status.other");
    }
    desk.accepts(&answering(&desk, &["Success", "AuthnFailed"]));
}

#[test]
fn pro_13_a_response_has_one_status_with_a_code() {
    let desk = Desk::new();
    desk.refuses(&answering(&desk, &[]), "status.missing");
    let insert = |xml: &'static str| {
        answering(&desk, &[]).insert(sso_core::testkit::Place::ResponseStart, xml)
    };
    desk.refuses(&insert("<samlp:Status/>"), "status.other");
    desk.refuses(
        &insert("<samlp:Status><samlp:StatusCode/></samlp:Status>"),
        "status.other",
    );
    let success = r#"<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>"#;
    desk.accepts(&insert(success));
    desk.refuses(
        &desk
            .response()
            .insert(sso_core::testkit::Place::ResponseStart, success),
        "assertion.schema",
    );
}

#[test]
fn pro_28_a_user_who_would_have_to_be_asked_is_a_code_of_its_own() {
    let desk = Desk::new();
    desk.refuses(
        &desk.response().failed(&["Responder", "NoPassive"]),
        "status.no_passive",
    );
}

#[test]
fn every_usual_status_has_its_code() {
    let desk = Desk::new();
    for (codes, code) in [
        (&["Responder", "AuthnFailed"][..], "status.authn_failed"),
        (&["Requester", "NoAuthnContext"], "status.no_authn_context"),
        (&["Responder", "RequestDenied"], "status.request_denied"),
        (
            &["Responder", "UnknownPrincipal"],
            "status.unknown_principal",
        ),
        (&["Requester"], "status.requester"),
        (&["VersionMismatch"], "status.other"),
    ] {
        desk.refuses(&desk.response().failed(codes), code);
    }
}

#[test]
fn what_the_provider_adds_goes_to_the_log_and_not_to_the_browser() {
    let desk = Desk::new();
    let response = desk
        .response()
        .failed(&["Responder", "AuthnFailed"])
        .with(|it| it.status_message = Some("account <locked>".to_owned()));
    let rejection = desk.verify(response.to_xml().as_bytes()).unwrap_err();
    says(&rejection, &["account <locked>", "AuthnFailed"]);
    assert_eq!(rejection.class(), RejectionClass::ProviderDeclined);
}

#[test]
fn a_failure_need_not_be_signed_since_it_signs_nobody_in() {
    let desk = Desk::new();
    let response = desk.response().failed(&["Responder"]).sign(Signed::Neither);
    desk.refuses(&response, "status.responder");
}

#[test]
fn pro_14_success_comes_with_an_assertion() {
    let desk = Desk::new();
    for signed in [Signed::Neither, Signed::Response] {
        let response = desk.response().without_assertion().sign(signed);
        desk.refuses(&response, "assertion.missing");
    }
}

#[test]
fn a_hundred_codes_inside_each_other_are_too_deep() {
    let desk = Desk::new();
    let response = answering(&desk, &["Success"; 100]).sign(Signed::Neither);
    desk.refuses(&response, "xml.too_deep");
}

#[test]
fn what_a_stranger_writes_into_the_status_does_not_fill_the_log() {
    let desk = Desk::new();
    let long = "x".repeat(100_000);
    let status = format!(
        r#"<samlp:Status><samlp:StatusCode Value="{long}"/><samlp:StatusMessage>{long}</samlp:StatusMessage></samlp:Status>"#
    );
    let response = answering(&desk, &[])
        .sign(Signed::Neither)
        .insert(sso_core::testkit::Place::ResponseStart, status);
    let rejection = desk.verify(response.to_xml().as_bytes()).unwrap_err();
    assert_eq!(rejection.code(), "status.other");
    assert!(rejection.to_string().len() < 1000);
}

//! Signature wrapping: something true is signed, and something else is read.

use sso_core::config::SignedPart;
use sso_core::testkit::{FakeNameId, Place, Signed};

use crate::desk::{Desk, name};
use crate::forge::{as_admin, before, cut, renamed, swap, without};

const SIGNATURE: &str = "ds:Signature";
const ASSERTION: &str = "saml:Assertion";
const END: &str = "</samlp:Response>";

/// A response whose assertion is signed.
fn signed_assertion(desk: &Desk) -> String {
    desk.response().to_xml()
}

/// The same for the victim, with identifiers of its own; a signature in it stays as it is.
fn evil(xml: &str) -> String {
    let xml = renamed(xml, "_response", "_evil_response");
    renamed(&as_admin(&xml), "_assertion", "_evil_assertion")
}

fn extensions(xml: &str) -> String {
    format!("<samlp:Extensions>{xml}</samlp:Extensions>")
}

#[test]
fn xsw_03_an_evil_assertion_before_the_signed_one() {
    let desk = Desk::new();
    let xml = signed_assertion(&desk);
    let other = without(&evil(cut(&xml, ASSERTION)), SIGNATURE);
    desk.refuses_xml(
        &before(&xml, "<saml:Assertion", &other),
        "assertion.multiple",
    );
}

#[test]
fn xsw_05_an_evil_assertion_keeps_the_signature_of_one_at_the_end() {
    let desk = Desk::new();
    let xml = signed_assertion(&desk);
    let original = without(cut(&xml, ASSERTION), SIGNATURE);
    let evil = evil(&xml);
    desk.refuses_xml(&before(&evil, END, &original), "assertion.multiple");
}

#[test]
fn xsw_10_an_evil_assertion_behind_the_signed_one() {
    let desk = Desk::new();
    let xml = signed_assertion(&desk);
    let other = without(&evil(cut(&xml, ASSERTION)), SIGNATURE);
    desk.refuses_xml(&before(&xml, END, &other), "assertion.multiple");
}

#[test]
fn xsw_12_a_digest_somewhere_before_the_signature() {
    let desk = Desk::new();
    let genuine = desk
        .response()
        .with(|it| it.assertion.name_id = Some(FakeNameId::persistent("admin")));
    let digest = cut(&genuine.to_xml(), "ds:DigestValue").to_owned();
    let digest = swap(
        &digest,
        "<ds:DigestValue",
        &format!(r#"<ds:DigestValue xmlns:ds="{}""#, crate::forge::DS),
    );
    let attack = as_admin(&signed_assertion(&desk));
    for place in ["<samlp:Status>", "</samlp:Status>", "<saml:Assertion"] {
        let attack = before(&attack, place, &extensions(&digest));
        desk.refuses_xml(&attack, "sig.digest_mismatch");
    }
}

#[test]
fn xsw_13_a_signature_in_the_extensions_does_not_sign_the_response() {
    let desk = Desk::new().configured(|it| it.with_signed_part(SignedPart::Response));
    let xml = signed_assertion(&desk);
    let signature = cut(&xml, SIGNATURE).to_owned();
    desk.refuses_xml(&xml, "sig.required");
    let attack = before(&xml, "<samlp:Status>", &extensions(&signature));
    desk.refuses_xml(&attack, "sig.required");
}

#[test]
fn xsw_16_a_signed_failure_does_not_become_a_success() {
    let desk = Desk::new();
    let failure = desk
        .response()
        .failed(&["Responder"])
        .with(|it| it.id = "_failure".to_owned())
        .to_xml();
    let other = without(&evil(&signed_assertion(&desk)), SIGNATURE);
    desk.refuses_xml(
        &before(&other, "<samlp:Status>", &extensions(&failure)),
        "sig.missing",
    );
    let assertion = cut(&other, ASSERTION);
    let attack = before(&failure, END, assertion);
    desk.refuses_xml(&attack, "sig.digest_mismatch");
    let attack = swap(&attack, "status:Responder", "status:Success");
    desk.refuses_xml(&attack, "sig.digest_mismatch");
}

#[test]
fn xsw_18_assertions_in_an_advice_are_never_read() {
    let desk = Desk::new();
    let signed = evil(cut(&signed_assertion(&desk), ASSERTION));
    let unsigned = without(&signed, SIGNATURE);
    for inner in [signed, unsigned] {
        let advice = format!("<saml:Advice>{inner}</saml:Advice>");
        let response = desk.response().insert(Place::AssertionEnd, advice);
        assert_eq!(name(&desk.accepts(&response)), "alice");
    }
}

#[test]
fn xsw_23_response_and_assertion_sign_each_other() {
    let desk = Desk::new();
    let cross = |xml: &str| {
        let (response, assertion) = (r##"URI="#_response""##, r##"URI="#_assertion""##);
        xml.replace(response, "URI=\"X\"")
            .replace(assertion, response)
            .replace("URI=\"X\"", assertion)
    };
    let response = desk.response().sign(Signed::Both).tamper(cross);
    desk.refuses(&response, "sig.reference_not_parent");
}

#[test]
fn xsw_26_elements_of_another_namespace_are_not_those_they_are_named_like() {
    let desk = Desk::new();
    let foreign = r#"<x:Assertion xmlns:x="urn:x" ID="_x"><x:Subject><x:NameID>admin</x:NameID></x:Subject></x:Assertion>"#;
    let response = desk.response().insert(Place::BeforeAssertion, foreign);
    assert_eq!(name(&desk.accepts(&response)), "alice");
    let instead = desk
        .response()
        .without_assertion()
        .insert(Place::BeforeAssertion, foreign);
    desk.refuses(&instead.sign(Signed::Response), "assertion.missing");
}

#[test]
fn xsw_27_an_encrypted_assertion_beside_a_signed_one() {
    let desk = Desk::new();
    for place in [Place::BeforeAssertion, Place::AfterAssertion] {
        let response = desk.response().insert(place, "<saml:EncryptedAssertion/>");
        desk.refuses(&response, "assertion.multiple");
    }
}

#[test]
fn pro_27_two_signed_assertions_are_one_too_many() {
    let desk = Desk::new();
    let other = desk
        .response()
        .with(|it| it.assertion.id = "_other".to_owned())
        .to_xml();
    let other = cut(&other, ASSERTION).to_owned();
    let response = desk.response().tamper(move |xml| before(xml, END, &other));
    desk.refuses(&response, "assertion.multiple");
}

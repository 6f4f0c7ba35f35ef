//! Signature wrapping: something true is signed, and something else is read.

use sso_core::config::SignedPart;
use sso_core::testkit::{FakeNameId, Place, Signed};

use crate::desk::{Desk, name};
use crate::forge::{as_admin, before, behind, cut, renamed, swap, without};

const SIGNATURE: &str = "ds:Signature";
const ASSERTION: &str = "saml:Assertion";
const END: &str = "</samlp:Response>";

/// A response whose assertion is signed.
fn signed_assertion(desk: &Desk) -> String {
    desk.response().to_xml()
}

/// A response that is signed itself.
fn signed_response(desk: &Desk) -> String {
    desk.response().sign(Signed::Response).to_xml()
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
fn xsw_01_the_signed_response_inside_the_signature_of_an_evil_one() {
    let desk = Desk::new();
    let xml = signed_response(&desk);
    let original = without(&xml, SIGNATURE);
    let attack = before(&evil(&xml), "</ds:Signature>", &original);
    desk.refuses_xml(&attack, "sig.reference_not_parent");
}

#[test]
fn xsw_02_the_signed_response_before_the_signature_of_an_evil_one() {
    let desk = Desk::new();
    let xml = signed_response(&desk);
    let original = without(&xml, SIGNATURE);
    let attack = before(&evil(&xml), "<ds:Signature", &original);
    desk.refuses_xml(&attack, "sig.reference_not_parent");
    let attack = behind(&evil(&xml), "</ds:Signature>", &original);
    desk.refuses_xml(&attack, "sig.reference_not_parent");
}

#[test]
fn xsw_03_an_evil_assertion_before_the_signed_one() {
    let desk = Desk::new();
    let xml = signed_assertion(&desk);
    let other = without(&evil(cut(&xml, ASSERTION)), SIGNATURE);
    desk.refuses_xml(&before(&xml, "<saml:Assertion", &other), "assertion.multiple");
}

#[test]
fn xsw_04_the_signed_assertion_inside_an_evil_one() {
    let desk = Desk::new();
    let xml = signed_assertion(&desk);
    let original = cut(&xml, ASSERTION);
    let other = without(&evil(original), SIGNATURE);
    let attack = swap(&xml, original, &before(&other, "</saml:Assertion>", original));
    desk.refuses_xml(&attack, "sig.missing");
}

#[test]
fn xsw_05_an_evil_assertion_keeps_the_signature_of_one_at_the_end() {
    let desk = Desk::new();
    let xml = signed_assertion(&desk);
    let original = without(cut(&xml, ASSERTION), SIGNATURE);
    let evil = evil(&xml);
    desk.refuses_xml(&before(&evil, END, &original), "assertion.multiple");
    let attack = before(&evil, "<samlp:Status>", &extensions(&original));
    desk.refuses_xml(&attack, "sig.reference_not_parent");
}

#[test]
fn xsw_06_the_signed_assertion_inside_the_signature_of_an_evil_one() {
    let desk = Desk::new();
    let xml = signed_assertion(&desk);
    let original = without(cut(&xml, ASSERTION), SIGNATURE);
    let attack = before(&evil(&xml), "</ds:Signature>", &original);
    desk.refuses_xml(&attack, "sig.reference_not_parent");
}

#[test]
fn xsw_07_an_evil_assertion_of_the_same_id_in_the_extensions() {
    let desk = Desk::new();
    let xml = signed_assertion(&desk);
    let other = as_admin(&without(cut(&xml, ASSERTION), SIGNATURE));
    let attack = before(&xml, "<samlp:Status>", &extensions(&other));
    desk.refuses_xml(&attack, "xml.duplicate_id");
}

#[test]
fn xsw_08_the_signed_assertion_in_an_object_of_the_signature_of_an_evil_one() {
    let desk = Desk::new();
    let xml = signed_assertion(&desk);
    let original = without(cut(&xml, ASSERTION), SIGNATURE);
    let object = format!("<ds:Object>{original}</ds:Object>");
    let attack = before(&evil(&xml), "</ds:Signature>", &object);
    desk.refuses_xml(&attack, "sig.object");
}

#[test]
fn xsw_09_two_lists_of_what_is_signed() {
    let desk = Desk::new();
    let xml = signed_assertion(&desk);
    let original = without(cut(&xml, ASSERTION), SIGNATURE);
    let list = cut(&xml, "ds:SignedInfo").replace("_assertion", "_evil_assertion");
    for attack in [
        before(&evil(&xml), "<ds:SignedInfo", &list),
        behind(&evil(&xml), "</ds:SignedInfo>", &list),
        before(&evil(&xml), "<ds:X509Data", &list),
    ] {
        let wrapper = format!(r#"<x:Wrapper xmlns:x="urn:x">{original}</x:Wrapper>"#);
        let attack = before(&attack, "<samlp:Status>", &extensions(&wrapper));
        desk.refuses_xml(&attack, "sig.signedinfo_count");
    }
}

#[test]
fn xsw_10_an_evil_assertion_behind_the_signed_one() {
    let desk = Desk::new();
    let xml = signed_assertion(&desk);
    let other = without(&evil(cut(&xml, ASSERTION)), SIGNATURE);
    desk.refuses_xml(&before(&xml, END, &other), "assertion.multiple");
}

#[test]
fn xsw_11_the_signature_is_somewhere_but_not_on_what_is_read() {
    let desk = Desk::new();
    let xml = signed_assertion(&desk);
    let original = cut(&xml, ASSERTION);
    let other = without(&evil(original), SIGNATURE);
    let attack = swap(&xml, original, &other);
    let attack = before(&attack, "<samlp:Status>", &extensions(original));
    desk.refuses_xml(&attack, "sig.missing");
}

#[test]
fn xsw_12_a_digest_somewhere_before_the_signature() {
    let desk = Desk::new();
    let genuine = desk.response().with(|it| it.assertion.name_id = Some(FakeNameId::persistent("admin")));
    let digest = cut(&genuine.to_xml(), "ds:DigestValue").to_owned();
    let digest = swap(&digest, "<ds:DigestValue", &format!(r#"<ds:DigestValue xmlns:ds="{}""#, crate::forge::DS));
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
fn xsw_14_a_second_signature_hides_content_from_the_digest() {
    let desk = Desk::new();
    let xml = signed_assertion(&desk);
    let signature = cut(&xml, SIGNATURE);
    let other = without(&evil(cut(&xml, ASSERTION)), SIGNATURE);
    let decoy = before(signature, "</ds:Signature>", &format!("<ds:Object>{other}</ds:Object>"));
    desk.refuses_xml(&before(&xml, "<ds:Signature", &decoy), "sig.count");
    desk.refuses_xml(&behind(&xml, "</ds:Signature>", &decoy), "sig.count");
}

#[test]
fn xsw_15_the_signed_assertion_in_the_extensions_and_a_forged_one_of_the_same_id() {
    let desk = Desk::new();
    let xml = signed_assertion(&desk);
    let original = cut(&xml, ASSERTION).to_owned();
    let attack = before(&as_admin(&xml), "<samlp:Status>", &extensions(&original));
    desk.refuses_xml(&attack, "xml.duplicate_id");
}

#[test]
fn xsw_16_a_signed_failure_does_not_become_a_success() {
    let desk = Desk::new();
    let failure = desk.response().failed(&["Responder"]).with(|it| it.id = "_failure".to_owned()).to_xml();
    let other = without(&evil(&signed_assertion(&desk)), SIGNATURE);
    desk.refuses_xml(&before(&other, "<samlp:Status>", &extensions(&failure)), "sig.missing");
    let assertion = cut(&other, ASSERTION);
    let attack = before(&failure, END, assertion);
    desk.refuses_xml(&attack, "sig.digest_mismatch");
    let attack = swap(&attack, "status:Responder", "status:Success");
    desk.refuses_xml(&attack, "sig.digest_mismatch");
}

#[test]
fn xsw_17_other_messages_of_the_provider_sign_nobody_in() {
    let desk = Desk::new();
    let other = without(&evil(&signed_assertion(&desk)), SIGNATURE);
    let metadata = desk.idp.metadata().replacen("<md:EntityDescriptor", r#"<md:EntityDescriptor ID="_metadata""#, 1);
    let logout = desk.idp.logout_response("https://app.example/sso-connect/saml/slo", "_x");
    let logout = logout.with(|it| it.id = "_logout".to_owned()).to_xml();
    for (message, id) in [(metadata, "_metadata"), (logout, "_logout")] {
        let signed = desk.idp.sign(&message, id);
        desk.refuses_xml(&signed, "xml.root");
        let attack = before(&other, "<samlp:Status>", &extensions(&signed));
        desk.refuses_xml(&attack, "sig.missing");
        let signature = cut(&signed, SIGNATURE);
        let attack = behind(&other, "</saml:Issuer>", signature);
        desk.refuses_xml(&attack, "sig.reference_not_parent");
    }
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
fn xsw_20_the_document_is_a_response_and_nothing_around_one() {
    let desk = Desk::new();
    let xml = signed_response(&desk);
    let soap = "http://schemas.xmlsoap.org/soap/envelope/";
    for around in [
        format!("<x>{xml}</x>"),
        format!(r#"<s:Envelope xmlns:s="{soap}"><s:Body>{xml}</s:Body></s:Envelope>"#),
        cut(&signed_assertion(&desk), ASSERTION).to_owned(),
    ] {
        desk.refuses_xml(&around, "xml.root");
    }
}

#[test]
fn xsw_21_a_document_has_one_root() {
    let desk = Desk::new();
    let xml = signed_response(&desk);
    let other = evil(&without(&xml, SIGNATURE));
    desk.refuses_xml(&format!("{xml}{other}"), "xml.not_well_formed");
    desk.refuses_xml(&format!("{other}{xml}"), "xml.not_well_formed");
}

#[test]
fn xsw_22_the_signed_assertion_embedded_in_the_one_that_refers_to_it() {
    let desk = Desk::new();
    let xml = signed_assertion(&desk);
    let original = without(cut(&xml, ASSERTION), SIGNATURE);
    for place in ["</saml:Subject>", "</saml:Assertion>"] {
        let advice = format!("<saml:Advice>{original}</saml:Advice>");
        let attack = before(&evil(&xml), place, &advice);
        desk.refuses_xml(&attack, "sig.reference_not_parent");
    }
}

#[test]
fn xsw_23_response_and_assertion_sign_each_other() {
    let desk = Desk::new();
    let cross = |xml: &str| {
        let (response, assertion) = (r##"URI="#_response""##, r##"URI="#_assertion""##);
        xml.replace(response, "URI=\"X\"").replace(assertion, response).replace("URI=\"X\"", assertion)
    };
    let response = desk.response().sign(Signed::Both).tamper(cross);
    desk.refuses(&response, "sig.reference_not_parent");
}

#[test]
fn xsw_24_a_signature_that_covers_an_old_response() {
    let desk = Desk::new();
    let old = signed_response(&desk);
    let other = without(&evil(&old), SIGNATURE);
    let whole = before(&other, "<samlp:Status>", &extensions(&old));
    desk.refuses_xml(&whole, "sig.missing");
    let moved = before(&other, "<samlp:Status>", &extensions(&without(&old, SIGNATURE)));
    let moved = behind(&moved, "</saml:Issuer>", cut(&old, SIGNATURE));
    desk.refuses_xml(&moved, "sig.reference_not_parent");
}

#[test]
fn xsw_26_elements_of_another_namespace_are_not_those_they_are_named_like() {
    let desk = Desk::new();
    let foreign = r#"<x:Assertion xmlns:x="urn:x" ID="_x"><x:Subject><x:NameID>admin</x:NameID></x:Subject></x:Assertion>"#;
    let response = desk.response().insert(Place::BeforeAssertion, foreign);
    assert_eq!(name(&desk.accepts(&response)), "alice");
    let instead = desk.response().without_assertion().insert(Place::BeforeAssertion, foreign);
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
    let other = desk.response().with(|it| it.assertion.id = "_other".to_owned()).to_xml();
    let other = cut(&other, ASSERTION).to_owned();
    let response = desk.response().tamper(move |xml| before(xml, END, &other));
    desk.refuses(&response, "assertion.multiple");
}

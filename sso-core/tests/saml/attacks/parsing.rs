//! Messages that one reader understands in one way, and another in another.

use sso_core::testkit::{FakeNameId, Signed};

use crate::desk::{Desk, name};
use crate::forge::{ENVELOPED, EXCLUSIVE, Forge, algorithm, before, behind, swap};

#[track_caller]
fn refuses(change: impl Fn(&str) -> String + Send + Sync + 'static, code: &str) {
    let desk = Desk::new();
    desk.refuses(&desk.response().sign(Signed::Both).tamper(change), code);
}

fn named(desk: &Desk, name: &str) -> sso_core::testkit::FakeResponse {
    let name_id = FakeNameId::persistent(name);
    desk.response()
        .with(|it| it.assertion.name_id = Some(name_id))
}

#[test]
fn c14n_01_a_comment_cuts_no_name_in_two() {
    let desk = Desk::new();
    let response = named(&desk, "admin@x.example.evil.example")
        .tamper(|xml| swap(xml, "admin@x.example.evil", "admin@x.example<!---->.evil"));
    desk.refuses(&response, "xml.comment");
}

#[test]
fn c14n_02_there_are_no_comments_anywhere() {
    for place in [
        "<samlp:Response",
        "<saml:Issuer>",
        "<saml:Audience>",
        "<saml:AttributeValue>",
        "<samlp:Status>",
        "</samlp:Response>",
    ] {
        refuses(move |xml| before(xml, place, "<!-- x -->"), "xml.comment");
    }
    refuses(|xml| format!("{xml}<!-- x -->"), "xml.comment");
}

#[test]
fn c14n_04_a_character_data_section_is_text() {
    let desk = Desk::new();
    let response = desk
        .response()
        .edit(|xml| swap(xml, ">alice<", ">al<![CDATA[<b>]]>ice<"));
    assert_eq!(name(&desk.accepts(&response)), "al<b>ice");
}

fn with_prefixes(list: &str, prefixes: &[&'static str]) -> Forge {
    let transform = format!(
        r#"<ds:Transform Algorithm="{EXCLUSIVE}"><ec:InclusiveNamespaces xmlns:ec="{EXCLUSIVE}" PrefixList="{list}"></ec:InclusiveNamespaces></ds:Transform>"#
    );
    Forge::default().with(|it| {
        it.transforms = format!("{}{transform}", algorithm("Transform", ENVELOPED));
        it.canonicalization = transform.replace("ds:Transform", "ds:CanonicalizationMethod");
        it.prefixes = prefixes.to_vec();
    })
}

#[test]
fn c14n_15_prefix_lists_are_honoured() {
    let desk = Desk::new();
    let xml = desk.response().sign(Signed::Neither).to_xml();
    let xml = swap(
        &xml,
        "<samlp:Response ",
        r#"<samlp:Response xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:default" "#,
    );
    for (list, prefixes) in [
        ("", &[][..]),
        ("xs", &["xs"]),
        ("xs saml", &["xs", "saml"]),
        ("#default", &["#default"]),
        ("nowhere", &["nowhere"]),
    ] {
        for id in ["_assertion", "_response"] {
            desk.accepts_xml(&with_prefixes(list, prefixes).sign(&desk.idp, &xml, id));
        }
    }
}

#[test]
fn c14n_15_a_listed_prefix_bound_outside_breaks_the_signature() {
    let desk = Desk::new();
    let xml = desk.response().sign(Signed::Neither).to_xml();
    let signed = with_prefixes("x", &["x"]).sign(&desk.idp, &xml, "_assertion");
    desk.accepts_xml(&signed);
    let bound = swap(
        &signed,
        "<samlp:Response ",
        r#"<samlp:Response xmlns:x="urn:evil" "#,
    );
    desk.refuses_xml(&bound, "sig.digest_mismatch");
}

#[test]
fn c14n_16_attributes_around_a_signed_assertion_do_not_get_into_it() {
    let desk = Desk::new();
    let response = desk.response().tamper(|xml| {
        swap(
            xml,
            "<samlp:Response ",
            r#"<samlp:Response xml:base="https://evil.example/" xml:lang="en" "#,
        )
    });
    assert_eq!(name(&desk.accepts(&response)), "alice");
}

#[test]
fn c14n_17_a_declaration_and_a_byte_order_mark_may_be_there() {
    let desk = Desk::new();
    let xml = desk.response().to_xml();
    desk.accepts_xml(&format!("\u{feff}{xml}"));
    desk.accepts_xml(&format!(
        r#"<?xml version="1.0" encoding="utf-8" standalone="no"?>{xml}"#
    ));
}

#[test]
fn c14n_18_a_line_end_in_a_name_stays_what_it_is() {
    let desk = Desk::new();
    assert_eq!(name(&desk.accepts(&named(&desk, "alice\r"))), "alice\r");
}

#[test]
fn c14n_20_white_space_makes_another_recipient() {
    let desk = Desk::new();
    for white in ["\t", "\n", "&#9;", "&#10;", " "] {
        let response = desk
            .response()
            .edit(move |xml| behind(xml, "Recipient=\"", white));
        desk.refuses(&response, "recipient.mismatch");
    }
}

#[test]
fn c14n_23_a_namespace_is_spelled_exactly() {
    let desk = Desk::new();
    for odd in [
        "urn:oasis:names:tc:SAML:2.0:assertion ",
        "urn:oasis:names:tc:saml:2.0:assertion",
        "urn:oasis:names:tc:SAML:2.0:%61ssertion",
    ] {
        let response = desk
            .response()
            .without_assertion()
            .sign(Signed::Neither)
            .insert(
                sso_core::testkit::Place::BeforeAssertion,
                format!(r#"<o:Assertion xmlns:o="{odd}"/>"#),
            );
        let rejection = desk.verify(response.to_xml().as_bytes()).unwrap_err();
        let codes = ["assertion.missing", "xml.namespace"];
        assert!(codes.contains(&rejection.code()), "{odd:?}: {rejection}");
    }
}

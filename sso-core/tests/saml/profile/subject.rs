//! Whom an assertion is about (SAML Core 2.2, 2.4).

use sso_core::config::{IdentityProvider, SubjectSource};
use sso_core::testkit::{FakeNameId, FakeResponse, Place};

use crate::desk::{Desk, name};
use crate::forge::{cut, swap};

fn named(desk: &Desk, name_id: FakeNameId) -> FakeResponse {
    desk.response().with(|it| it.assertion.name_id = Some(name_id))
}

fn by_attribute(it: IdentityProvider) -> IdentityProvider {
    it.with_subject(SubjectSource::Attribute("uid".to_owned()))
}

fn with_uid(desk: &Desk, values: &[&str]) -> FakeResponse {
    let values = values.iter().map(|&it| it.to_owned()).collect();
    desk.response().with(|it| {
        it.assertion.name_id = None;
        it.assertion.attributes = vec![("uid".to_owned(), values)];
    })
}

#[test]
fn pro_22_nobody_is_not_a_user() {
    let desk = Desk::new();
    let nameless = desk.response().with(|it| it.assertion.name_id = None);
    desk.refuses(&nameless, "subject.missing");
    for blank in ["", " ", "\n\t", "\u{a0}"] {
        desk.refuses(&named(&desk, FakeNameId::persistent(blank)), "subject.missing");
    }
    let without = desk.response().edit(|xml| swap(xml, cut(xml, "saml:Subject"), ""));
    desk.refuses(&without, "subject.missing");
}

#[test]
fn cfg_09_a_name_made_for_one_session_is_not_a_user() {
    let desk = Desk::new();
    let transient = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
    desk.refuses(&named(&desk, FakeNameId::new("_4711", transient)), "subject.transient");
}

#[test]
fn cfg_07_a_name_is_kept_byte_by_byte() {
    let desk = Desk::new();
    for odd in [
        "Alice",
        " alice",
        "alice ",
        "ａｌｉｃｅ",
        "\u{212a}elvin",
        "al\u{131}ce",
        "alice\u{200b}",
        "a\u{308}lice",
        "\u{e4}lice",
        "alice\u{a0}",
        "al&ice <x>",
    ] {
        let assertion = desk.accepts(&named(&desk, FakeNameId::persistent(odd)));
        assert_eq!(name(&assertion), odd);
    }
}

#[test]
fn a_name_keeps_its_format_and_qualifiers() {
    let desk = Desk::new();
    let mut name_id = FakeNameId::new("alice", "urn:format");
    name_id.name_qualifier = Some("urn:idp".to_owned());
    name_id.sp_name_qualifier = Some("urn:sp".to_owned());
    let found = desk.accepts(&named(&desk, name_id)).name_id.unwrap();
    assert_eq!(found.format, "urn:format");
    assert_eq!(found.name_qualifier, "urn:idp");
    assert_eq!(found.sp_name_qualifier, "urn:sp");
    insta::assert_snapshot!(found.xml, @r#"<saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" Format="urn:format" NameQualifier="urn:idp" SPNameQualifier="urn:sp">alice</saml:NameID>"#);
}

#[test]
fn xsw_25_a_subject_and_its_name_come_once() {
    let desk = Desk::new();
    let admin = FakeNameId::persistent("admin").to_xml();
    desk.refuses(&desk.response().insert(Place::SubjectEnd, admin), "assertion.schema");
    let twice = desk.response().edit(|xml| {
        let subject = cut(xml, "saml:Subject");
        swap(xml, subject, &subject.repeat(2))
    });
    desk.refuses(&twice, "assertion.schema");
}

#[test]
fn xsw_26_names_of_another_namespace_are_none() {
    let desk = Desk::new();
    let foreign = r#"<x:NameID xmlns:x="urn:x">admin</x:NameID>"#;
    let response = desk.response().edit(|xml| crate::forge::behind(xml, "<saml:Subject>", foreign));
    assert_eq!(name(&desk.accepts(&response)), "alice");
    let alone = response.with(|it| it.assertion.name_id = None);
    desk.refuses(&alone, "subject.missing");
}

#[test]
fn ok_22_an_attribute_can_name_the_user() {
    let desk = Desk::new().configured(by_attribute);
    let assertion = desk.accepts(&with_uid(&desk, &["alice"]));
    assert_eq!(assertion.attributes["uid"], ["alice"]);
}

#[test]
fn pro_22_an_attribute_that_names_the_user_has_exactly_one_value() {
    let desk = Desk::new().configured(by_attribute);
    for values in [&[][..], &[""], &[" "], &["alice", "admin"], &["alice", "alice"]] {
        desk.refuses(&with_uid(&desk, values), "subject.missing");
    }
    desk.refuses(&desk.response(), "subject.missing");
}

#[test]
fn pro_22_an_attribute_spelled_otherwise_names_nobody() {
    let desk = Desk::new().configured(by_attribute);
    let response = with_uid(&desk, &["alice"]).edit(|xml| swap(xml, r#"Name="uid""#, r#"Name="UID""#));
    desk.refuses(&response, "subject.missing");
}

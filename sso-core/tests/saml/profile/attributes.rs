//! What an assertion says about its subject (SAML Core 2.7.3).

use sso_core::testkit::{FakeResponse, Place};

use crate::desk::Desk;

fn with_attribute(desk: &Desk, xml: impl Into<String>) -> FakeResponse {
    desk.response().insert(Place::AttributesEnd, xml)
}

#[test]
fn ok_18_values_are_kept_in_their_order_empty_ones_too() {
    let desk = Desk::new();
    let values: Vec<String> = ["b", "a", "", "b"].map(str::to_owned).into();
    let sent = vec![("roles".to_owned(), values.clone())];
    let assertion = desk.accepts(&desk.response().with(|it| it.assertion.attributes = sent));
    assert_eq!(assertion.attributes["roles"], values);
}

#[test]
fn ok_08_neither_name_format_nor_type_is_needed() {
    let desk = Desk::new();
    let assertion = desk.accepts(&desk.response());
    assert_eq!(assertion.attributes["Email"], ["alice@example.com"]);
}

#[test]
fn pro_29_a_friendly_name_decides_nothing() {
    let desk = Desk::new();
    let spoof = r#"<saml:Attribute Name="urn:x" FriendlyName="Email"><saml:AttributeValue>admin@example.com</saml:AttributeValue></saml:Attribute>"#;
    let assertion = desk.accepts(&with_attribute(&desk, spoof));
    assert_eq!(assertion.attributes["Email"], ["alice@example.com"]);
    assert_eq!(assertion.attributes["urn:x"], ["admin@example.com"]);
}

#[test]
fn pro_29_values_that_are_not_text_are_left_out() {
    let desk = Desk::new();
    let odd = r#"<saml:Attribute Name="odd" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><saml:AttributeValue><x>admin</x></saml:AttributeValue><saml:AttributeValue xsi:nil="true"/><saml:AttributeValue xsi:nil="1"/><saml:AttributeValue>text</saml:AttributeValue></saml:Attribute>"#;
    let assertion = desk.accepts(&with_attribute(&desk, odd));
    assert_eq!(assertion.attributes["odd"], ["text"]);
}

#[test]
fn xsw_26_attributes_of_another_namespace_are_none() {
    let desk = Desk::new();
    let foreign = r#"<x:Attribute xmlns:x="urn:x" Name="Groups"><saml:AttributeValue>admins</saml:AttributeValue></x:Attribute><saml:Attribute Name="more"><x:AttributeValue xmlns:x="urn:x">admins</x:AttributeValue></saml:Attribute>"#;
    let assertion = desk.accepts(&with_attribute(&desk, foreign));
    assert_eq!(assertion.attributes["Groups"], ["staff"]);
    assert!(assertion.attributes["more"].is_empty());
}

#[test]
fn pro_29_attributes_elsewhere_are_none() {
    let desk = Desk::new();
    let stray = r#"<saml:Attribute Name="stray"><saml:AttributeValue>x</saml:AttributeValue></saml:Attribute>"#;
    let assertion = desk.accepts(&desk.response().insert(Place::AssertionEnd, stray));
    assert!(!assertion.attributes.contains_key("stray"));
}

#[test]
fn pro_29_too_many_values_are_refused() {
    let desk = Desk::new();
    let of = |count: usize| {
        let sent = vec![("many".to_owned(), vec![String::new(); count])];
        desk.response().with(|it| it.assertion.attributes = sent)
    };
    desk.accepts(&of(4_999));
    desk.refuses(&of(5_000), "attributes.too_many");
    desk.refuses(&of(25_000), "xml.too_large");
}

#[test]
fn pro_29_a_huge_value_is_refused_with_its_message() {
    let desk = Desk::new();
    let sent = vec![("huge".to_owned(), vec!["x".repeat(1 << 20)])];
    let response = desk.response().with(|it| it.assertion.attributes = sent);
    desk.refuses(&response, "xml.too_large");
}

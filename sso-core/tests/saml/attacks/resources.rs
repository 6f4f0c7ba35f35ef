//! Messages that want more of us than a sign-in is worth.

use sso_core::testkit::Signed;

use crate::desk::{Desk, name};
use crate::forge::{ENVELOPED, EXCLUSIVE, Forge, algorithm, before, swap};

#[test]
fn dos_01_external_entities_are_not_looked_at() {
    let desk = Desk::new();
    for doctype in [
        r#"<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>"#,
        r#"<!DOCTYPE x [<!ENTITY % e SYSTEM "http://127.0.0.1:1/e"> %e;]>"#,
        r#"<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">"#,
        r#"<!DOCTYPE x PUBLIC "a" "http://127.0.0.1:1/x.dtd">"#,
    ] {
        let response = desk.response().tamper(move |xml| {
            format!("{doctype}{}", swap(xml, ">alice<", ">&e;<"))
        });
        desk.refuses(&response, "xml.doctype");
    }
}

#[test]
fn dos_02_entities_do_not_multiply() {
    let desk = Desk::new();
    let entities: String = (1..10).map(|it| {
        format!(r#"<!ENTITY e{it} "{}">"#, format!("&e{};", it - 1).repeat(10))
    }).collect();
    let doctype = format!(r#"<!DOCTYPE x [<!ENTITY e0 "x">{entities}]>"#);
    let response = desk.response().tamper(move |xml| format!("{doctype}{xml}"));
    desk.refuses(&response, "xml.doctype");
}

#[test]
fn dos_03_no_stylesheet_is_run() {
    refuses_transform("http://www.w3.org/TR/1999/REC-xslt-19991116");
}

#[test]
fn dos_04_no_path_is_evaluated() {
    refuses_transform("http://www.w3.org/TR/1999/REC-xpath-19991116");
    refuses_transform("http://www.w3.org/2002/06/xmldsig-filter2");
}

#[track_caller]
fn refuses_transform(uri: &str) {
    let desk = Desk::new();
    let xml = desk.response().sign(Signed::Neither).to_xml();
    let list = |list: &[&str]| list.iter().map(|it| algorithm("Transform", it)).collect::<String>();
    for transforms in [list(&[ENVELOPED, uri]), list(&[ENVELOPED, EXCLUSIVE, uri]), list(&[uri])] {
        let forge = Forge::default().with(|it| it.transforms = transforms);
        for id in ["_assertion", "_response"] {
            desk.refuses_xml(&forge.sign(&desk.idp, &xml, id), "sig.transform");
        }
    }
}

#[test]
fn dos_09_whatever_is_missing_is_missed() {
    let desk = Desk::new();
    let samlp = r#"xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol""#;
    let noon = "2027-01-15T12:00:00Z";
    for (xml, code) in [
        (String::new(), "xml.not_well_formed"),
        ("x".to_owned(), "xml.not_well_formed"),
        ("<x/>".to_owned(), "xml.root"),
        (format!("<samlp:Response {samlp}/>"), "time.format"),
        (format!(r#"<samlp:Response {samlp} IssueInstant="{noon}"/>"#), "status.missing"),
    ] {
        desk.refuses_xml(&xml, code);
    }
}

#[test]
fn dos_09_a_message_cut_off_anywhere_is_refused() {
    let desk = Desk::new();
    let xml = desk.response().to_xml();
    for end in (0..xml.len()).step_by(7) {
        desk.refuses_bytes(&xml.as_bytes()[..end], "xml.not_well_formed");
    }
}

#[test]
fn dos_12_inclusions_and_schema_locations_are_not_followed() {
    let desk = Desk::new();
    let response = desk.response().edit(|xml| {
        let include = r#"<samlp:Extensions><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/></samlp:Extensions>"#;
        let located = r#"<samlp:Response xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x http://127.0.0.1:1/x.xsd" "#;
        before(&swap(xml, "<samlp:Response ", located), "<samlp:Status>", include)
    });
    assert_eq!(name(&desk.accepts(&response)), "alice");
}

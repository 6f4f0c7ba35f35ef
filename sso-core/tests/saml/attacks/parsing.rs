//! Messages that one reader understands in one way, and another in another.

use sso_core::testkit::{FakeNameId, Signed};

use crate::desk::{Desk, name};
use crate::forge::{ENVELOPED, EXCLUSIVE, Forge, algorithm, as_admin, before, behind, swap};

#[track_caller]
fn refuses(change: impl Fn(&str) -> String + Send + Sync + 'static, code: &str) {
    let desk = Desk::new();
    desk.refuses(&desk.response().sign(Signed::Both).tamper(change), code);
}

fn named(desk: &Desk, name: &str) -> sso_core::testkit::FakeResponse {
    let name_id = FakeNameId::persistent(name);
    desk.response().with(|it| it.assertion.name_id = Some(name_id))
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
fn c14n_03_there_are_no_processing_instructions() {
    refuses(|xml| swap(xml, ">alice<", "><?p not-an-?>alice<"), "xml.pi");
    refuses(|xml| format!(r#"<?xml-stylesheet href="x"?>{xml}"#), "xml.pi");
    refuses(|xml| format!("{xml}<?x y?>"), "xml.pi");
}

#[test]
fn c14n_04_a_character_data_section_is_text() {
    let desk = Desk::new();
    let response = desk.response().edit(|xml| swap(xml, ">alice<", ">al<![CDATA[<b>]]>ice<"));
    assert_eq!(name(&desk.accepts(&response)), "al<b>ice");
}

#[test]
fn c14n_05_a_name_has_no_elements_inside() {
    let desk = Desk::new();
    for odd in [">admin<x/>.evil<", "><x>admin</x><", ">admin<saml:NameID>x</saml:NameID><"] {
        let response = desk.response().edit(move |xml| swap(xml, ">alice<", odd));
        desk.refuses(&response, "assertion.schema");
    }
}

#[test]
fn c14n_06_a_document_type_that_quotes_a_comment() {
    let desk = Desk::new();
    let original = desk.response().to_xml();
    let attack = format!(
        "<!DOCTYPE response SYSTEM 'x\"><!--'>{}<![CDATA[-->{original}<!--]]>-->",
        as_admin(&original)
    );
    desk.refuses_xml(&attack, "xml.doctype");
}

#[test]
fn c14n_07_a_document_type_with_default_attributes() {
    let doctype = r#"<!DOCTYPE r [<!ATTLIST Signature xmlns CDATA #FIXED "urn:x">]>"#;
    refuses(move |xml| format!("{doctype}{xml}"), "xml.doctype");
    refuses(|xml| format!("<?xml version=\"1.0\"?>\n<!DOCTYPE r>{xml}"), "xml.doctype");
}

#[test]
fn c14n_08_an_entity_in_an_identifier() {
    let doctype = r#"<!DOCTYPE r [<!ENTITY idViaEntity "_response">]>"#;
    let change = move |xml: &str| {
        format!("{doctype}{}", swap(xml, r#"ID="_response""#, r#"ID="&idViaEntity;""#))
    };
    refuses(change, "xml.doctype");
    refuses(|xml| swap(xml, r#"ID="_response""#, r#"ID="&id;""#), "xml.not_well_formed");
}

#[test]
fn c14n_09_a_broken_entity_declaration() {
    refuses(|xml| format!("<!DOCTYPE r [<!ENTITY % x \"<!ENTITY y 'z'>]>{xml}"), "xml.doctype");
}

#[test]
fn c14n_10_a_relative_namespace_makes_no_canonical_form_empty() {
    refuses(|xml| swap(xml, "<samlp:Response ", r#"<samlp:Response xmlns:example="1" "#), "xml.namespace");
}

#[test]
fn c14n_10_the_digest_of_nothing_is_no_digest() {
    let desk = Desk::new();
    let nothing = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"");
    let xml = desk.response().sign(Signed::Neither).to_xml();
    for id in ["_assertion", "_response"] {
        let sign = |octets: &[u8]| futures_executor::block_on(desk.idp.signer().sign(octets)).unwrap();
        let forged = Forge::default().sign_digest(&xml, id, nothing.as_ref(), sign);
        desk.refuses_xml(&forged, "sig.digest_mismatch");
    }
}

#[test]
fn c14n_11_the_prefixes_xml_and_xmlns_mean_what_they_mean() {
    for odd in [
        r##"xml:xmlns="#other""##,
        r#"xmlns:xml="urn:x""#,
        r#"xmlns:xmlns="urn:x""#,
        r#"xmlns:x="http://www.w3.org/XML/1998/namespace""#,
        r#"xmlns:x="http://www.w3.org/2000/xmlns/""#,
        r#"xmlns="http://www.w3.org/XML/1998/namespace""#,
    ] {
        let desk = Desk::new();
        let response = desk.response().sign(Signed::Response).tamper(move |xml| {
            swap(xml, "<saml:Assertion ", &format!("<saml:Assertion {odd} "))
        });
        let rejection = desk.verify(response.to_xml().as_bytes()).unwrap_err();
        assert!(["xml.namespace", "sig.digest_mismatch"].contains(&rejection.code()), "{odd}: {rejection}");
    }
}

#[test]
fn c14n_12_prefixes_are_declared_and_attributes_come_once() {
    for (odd, code) in [
        ("y:x=\"1\"", "xml.namespace"),
        ("xmlns:y=\"\"", "xml.namespace"),
        ("xmlns:a=\"urn:x\" xmlns:b=\"urn:x\" a:x=\"1\" b:x=\"2\"", "xml.not_well_formed"),
        ("x=\"1\" x=\"2\"", "xml.not_well_formed"),
        ("xmlns:y=\"urn:x\" xmlns:y=\"urn:x\"", "xml.not_well_formed"),
    ] {
        refuses(move |xml| swap(xml, "<saml:Assertion ", &format!("<saml:Assertion {odd} ")), code);
    }
    refuses(|xml| before(xml, "<samlp:Status>", "<y:x/>"), "xml.namespace");
}

#[test]
fn c14n_13_what_other_parsers_write_otherwise_is_not_well_formed() {
    for odd in ["<x::Root/>", "<x :=\"v\"/>", "<x ::attr=\"x\"/>", "<:x/>", "<x:/>", "<x a:=\"1\"/>"] {
        let desk = Desk::new();
        let response = desk.response().tamper(move |xml| before(xml, "<samlp:Status>", odd));
        let rejection = desk.verify(response.to_xml().as_bytes()).unwrap_err();
        let codes = ["xml.not_well_formed", "xml.namespace"];
        assert!(codes.contains(&rejection.code()), "{odd}: {rejection}");
    }
    refuses(|xml| format!("<!x<!-- -->>{xml}"), "xml.not_well_formed");
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
    let xml = swap(&xml, "<samlp:Response ", r#"<samlp:Response xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:default" "#);
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
    let bound = swap(&signed, "<samlp:Response ", r#"<samlp:Response xmlns:x="urn:evil" "#);
    desk.refuses_xml(&bound, "sig.digest_mismatch");
}

#[test]
fn c14n_15_prefix_lists_are_short() {
    let desk = Desk::new();
    let xml = desk.response().sign(Signed::Neither).to_xml();
    let list = |count: usize| vec!["x"; count].join(" ");
    desk.accepts_xml(&with_prefixes(&list(32), &["x"]).sign(&desk.idp, &xml, "_assertion"));
    for count in [33, 10_000] {
        let signed = with_prefixes(&list(count), &["x"]).sign(&desk.idp, &xml, "_assertion");
        desk.refuses_xml(&signed, "c14n.error");
    }
}

#[test]
fn c14n_16_attributes_around_a_signed_assertion_do_not_get_into_it() {
    let desk = Desk::new();
    let response = desk.response().tamper(|xml| {
        swap(xml, "<samlp:Response ", r#"<samlp:Response xml:base="https://evil.example/" xml:lang="en" "#)
    });
    assert_eq!(name(&desk.accepts(&response)), "alice");
}

#[test]
fn c14n_17_messages_are_utf_8_and_xml_1_0() {
    let desk = Desk::new();
    let xml = desk.response().to_xml();
    let utf_16 = xml.encode_utf16().flat_map(u16::to_be_bytes);
    let utf_16: Vec<u8> = [0xFE, 0xFF].into_iter().chain(utf_16).collect();
    desk.refuses_bytes(&utf_16, "xml.encoding");
    for declaration in [
        r#"<?xml version="1.0" encoding="UTF-16"?>"#,
        r#"<?xml version="1.0" encoding="UTF-7"?>"#,
        r#"<?xml version="1.0" encoding="EUC-JP"?>"#,
        r#"<?xml version="1.0" encoding="ISO-8859-1"?>"#,
        r#"<?xml version="1.1"?>"#,
        r#"<?xml encoding="UTF-8"?>"#,
    ] {
        desk.refuses_xml(&format!("{declaration}{xml}"), "xml.encoding");
    }
    let place = xml.find(">alice<").unwrap() + 1;
    for octets in [&b"\xC0\xAF"[..], b"\xED\xA0\x80", b"\xFF", b"\xE4"] {
        let broken = [&xml.as_bytes()[..place], octets, &xml.as_bytes()[place..]].concat();
        desk.refuses_bytes(&broken, "xml.encoding");
    }
    desk.refuses_xml(&swap(&xml, ">alice<", ">al\0ice<"), "xml.not_well_formed");
    desk.refuses_xml(&swap(&xml, ">alice<", ">al&#0;ice<"), "xml.not_well_formed");
}

#[test]
fn c14n_17_a_declaration_and_a_byte_order_mark_may_be_there() {
    let desk = Desk::new();
    let xml = desk.response().to_xml();
    desk.accepts_xml(&format!("\u{feff}{xml}"));
    desk.accepts_xml(&format!(r#"<?xml version="1.0" encoding="utf-8" standalone="no"?>{xml}"#));
}

#[test]
fn c14n_18_line_ends_are_those_of_xml() {
    let desk = Desk::new();
    let lines = desk.response().edit(|xml| xml.replace("><", ">\n<"));
    assert_eq!(name(&desk.accepts(&lines)), "alice");
    let on_windows = lines.tamper(|xml| xml.replace('\n', "\r\n"));
    assert_eq!(name(&desk.accepts(&on_windows)), "alice");
    assert_eq!(name(&desk.accepts(&named(&desk, "alice\r"))), "alice\r");
}

#[test]
fn c14n_19_nothing_stands_around_the_document() {
    refuses(|xml| format!("{xml}junk"), "xml.not_well_formed");
    refuses(|xml| format!("{xml}{xml}"), "xml.not_well_formed");
    refuses(|xml| format!("{xml}\0x"), "xml.not_well_formed");
    refuses(|xml| format!("junk{xml}"), "xml.not_well_formed");
    refuses(|xml| format!(" <?xml version=\"1.0\"?>{xml}"), "xml.pi");
}

#[test]
fn c14n_20_addresses_are_compared_as_the_parser_hands_them_on() {
    let desk = Desk::new();
    for white in ["\t", "\n", "&#9;", "&#10;", " "] {
        for attribute in ["Recipient", "Destination"] {
            let response = desk.response().edit(move |xml| {
                let start = format!("{attribute}=\"");
                behind(xml, &start, white)
            });
            let code = format!("{}.mismatch", attribute.to_lowercase());
            desk.refuses(&response, &code);
        }
    }
}

#[test]
fn c14n_22_a_document_is_neither_deep_nor_wide() {
    let nested = |depth: usize| format!("{}{}", "<x>".repeat(depth), "</x>".repeat(depth));
    let desk = Desk::new();
    let inserted = |xml: String| desk.response().tamper(move |it| before(it, "<samlp:Status>", &xml));
    desk.accepts(&inserted(nested(63)));
    desk.refuses(&inserted(nested(64)), "xml.too_deep");
    desk.refuses(&inserted(nested(10_000)), "xml.too_deep");
    let attributes: String = (0..65).map(|it| format!(" a{it}=\"\"")).collect();
    desk.refuses(&inserted(format!("<x{attributes}/>")), "xml.too_many_attributes");
    desk.refuses(&inserted("<x/>".repeat(20_000)), "xml.too_many_nodes");
    let declarations = |it: usize| {
        (0..50).map(|prefix| format!(r#" xmlns:p{it}_{prefix}="urn:x""#)).collect::<String>()
    };
    let scopes: String = (0..4).map(|it| format!("<x{}>", declarations(it))).collect();
    desk.refuses(&inserted(format!("{scopes}{}", "</x>".repeat(4))), "xml.too_many_namespaces");
}

#[test]
fn c14n_23_a_namespace_is_spelled_exactly() {
    let desk = Desk::new();
    for odd in [
        "urn:oasis:names:tc:SAML:2.0:assertion ",
        "urn:oasis:names:tc:saml:2.0:assertion",
        "urn:oasis:names:tc:SAML:2.0:%61ssertion",
    ] {
        let response = desk.response().without_assertion().sign(Signed::Neither).insert(
            sso_core::testkit::Place::BeforeAssertion,
            format!(r#"<o:Assertion xmlns:o="{odd}"/>"#),
        );
        let rejection = desk.verify(response.to_xml().as_bytes()).unwrap_err();
        let codes = ["assertion.missing", "xml.namespace"];
        assert!(codes.contains(&rejection.code()), "{odd:?}: {rejection}");
    }
}

#[test]
fn c14n_24_saml_1_1_is_another_protocol() {
    let desk = Desk::new();
    let response = desk.response().edit(|xml| {
        xml.replace("urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:1.0:protocol")
    });
    desk.refuses(&response, "xml.root");
    let response = desk.response().sign(Signed::Response).edit(|xml| {
        xml.replace("urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:1.0:assertion")
    });
    desk.refuses(&response, "issuer.missing");
}

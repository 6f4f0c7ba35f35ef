//! What was opened, read where it stood.

use super::*;

#[test]
fn enc_09_a_prefix_declared_outside_is_declared_inside() {
    let inside = r#"<saml:Assertion a:x="1"><b:c xmlns:b="urn:own"/></saml:Assertion>"#;
    let declared = opened_at(
        inside,
        r#"xmlns:a="urn:a?b&amp;c" xmlns:b="urn:b" xmlns:c="urn:c""#,
    );
    let expected = format!(
        r#"<saml:Assertion xmlns:a="urn:a?b&amp;c" xmlns:saml="{SAML}" a:x="1"><b:c xmlns:b="urn:own"/></saml:Assertion>"#
    );
    assert_eq!(sorted(&declared), sorted(&expected));
    assert!(Document::parse(declared.as_bytes(), &Limits::message()).is_ok());
}

#[test]
fn enc_09_a_default_namespace_outside_is_the_default_inside() {
    let outside = format!("xmlns=\"{SAML}\"");
    assert_eq!(
        opened_at("<Assertion/>", &outside),
        format!("<Assertion {outside}/>")
    );
    assert_eq!(
        opened_at("<Assertion xmlns=\"urn:a\"/>", &outside),
        "<Assertion xmlns=\"urn:a\"/>"
    );
}

#[test]
fn enc_09_xsi_has_its_usual_meaning_where_none_is_declared() {
    let inside = "<a:b xmlns:a='urn:a' xsi:type='c:d'/>";
    let usual = "http://www.w3.org/2001/XMLSchema-instance";
    for (outside, meaning) in [("", usual), ("xmlns:xsi='urn:x'", "urn:x")] {
        let opened = opened_at(inside, outside);
        let document = Document::parse(opened.as_bytes(), &Limits::message()).unwrap();
        assert_eq!(document.root().attribute_ns(meaning, "type"), Some("c:d"));
    }
}

#[test]
fn enc_09_what_can_be_read_by_itself_is_not_touched() {
    let inside = "<a xmlns=\"urn:a\"><b xmlns='' c='d:e'/>\r\n</a >";
    assert_eq!(
        opened_at(inside, "xmlns:d=\"urn:d\" xmlns:a=\"urn:x\""),
        inside
    );
}

#[test]
fn enc_09_what_is_declared_nowhere_is_left_to_the_reader_to_refuse() {
    for inside in ["<x:a/>", "x", "<", "<a xmlns=''/>", "<a/><x:b/>"] {
        let opened = opened_at(inside, "xmlns:y=\"urn:y\" xmlns=\"urn:default\"");
        let read = Document::parse(opened.as_bytes(), &Limits::message());
        assert!(read.is_err(), "{inside} became {opened}");
    }
}

#[test]
fn a_signature_inside_holds_when_its_prefixes_were_declared_outside() {
    use crate::signature::{Algorithms, sign_enveloped, verify_enveloped};

    let declared = format!(
        "<saml:Assertion xmlns:saml=\"{SAML}\" ID=\"_a\"><saml:Issuer>i</saml:Issuer></saml:Assertion>"
    );
    let signed =
        futures_executor::block_on(sign_enveloped(&declared, "_a", &RSA.signer())).unwrap();
    let inside = signed.replacen(&format!(" xmlns:saml=\"{SAML}\""), "", 1);
    let opened = opened_at(&inside, "");
    let document = Document::parse(opened.as_bytes(), &Limits::message()).unwrap();
    let verified = verify_enveloped(document.root(), &[RSA.verifying_key()], &Algorithms::new());
    assert!(verified.is_ok());
}

proptest! {
    #[test]
    fn no_message_makes_it_panic(at in any::<Index>(), byte in " -~", cut in any::<bool>()) {
        let xml = &*SAMPLE;
        let at = at.index(xml.len());
        let rest = if cut { "" } else { &xml[at + 1..] };
        let xml = [&xml[..at], &byte, rest].concat();
        if let Ok(document) = Document::parse(xml.as_bytes(), &Limits::message()) {
            let _ = decrypt(document.root(), &OURS, &STRICT);
        }
    }

    #[test]
    fn no_plaintext_makes_it_panic(plaintext in "[<>/a:= '\"]{1,40}") {
        let opened = opened_at(&plaintext, "xmlns:a='urn:a' xmlns='urn:b'");
        prop_assert!(opened.len() >= plaintext.len());
    }
}

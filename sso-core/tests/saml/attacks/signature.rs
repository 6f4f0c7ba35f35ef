//! Signatures that are missing, broken, or of another shape than the one that is accepted.

use sso_core::config::SignedPart;
use sso_core::testkit::{FakeIdp, FakeResponse, Signed};

use crate::desk::{Desk, name};
use crate::forge::{
    DS, ENVELOPED, EXCLUSIVE, Forge, algorithm, as_admin, before, behind, cut, swap, without,
};

/// Checks how a good signature fares once it is changed.
#[track_caller]
fn refuses_changed(change: impl Fn(&str) -> String + Copy + Send + Sync + 'static, code: &str) {
    let desk = Desk::new();
    for signed in [Signed::Assertion, Signed::Response] {
        desk.refuses(&desk.response().sign(signed).tamper(change), code);
    }
}

/// Checks how a signature fares that the provider itself makes in another shape.
#[track_caller]
fn refuses_forged(change: impl Fn(&mut Forge), code: &str) {
    let desk = Desk::new();
    let xml = unsigned(&desk);
    for id in ["_assertion", "_response"] {
        desk.refuses_xml(&Forge::default().with(&change).sign(&desk.idp, &xml, id), code);
    }
}

#[track_caller]
fn accepts_forged(change: impl Fn(&mut Forge)) {
    let desk = Desk::new();
    let xml = unsigned(&desk);
    for id in ["_assertion", "_response"] {
        desk.accepts_xml(&Forge::default().with(&change).sign(&desk.idp, &xml, id));
    }
}

fn unsigned(desk: &Desk) -> String {
    desk.response().sign(Signed::Neither).to_xml()
}

fn transforms(algorithms: &[&str]) -> String {
    algorithms.iter().map(|it| algorithm("Transform", it)).collect()
}

#[test]
fn sig_01_without_signature_nothing_is_believed() {
    let desk = Desk::new();
    desk.refuses(&desk.response().sign(Signed::Neither), "sig.missing");
    refuses_changed(|xml| without(xml, "ds:Signature"), "sig.missing");
}

#[test]
fn sig_02_an_empty_signature_is_none() {
    let empty = format!(r#"<ds:Signature xmlns:ds="{DS}"/>"#);
    let desk = Desk::new();
    for id in ["_assertion", "_response"] {
        let xml = crate::forge::insert_signature(&unsigned(&desk), id, &empty);
        desk.refuses_xml(&xml, "sig.signedinfo_count");
    }
}

#[test]
fn sig_02_every_part_of_a_signature_is_needed_but_the_key_info() {
    refuses_changed(|xml| without(xml, "ds:SignedInfo"), "sig.signedinfo_count");
    refuses_changed(|xml| without(xml, "ds:SignatureValue"), "sig.malformed");
    refuses_changed(|xml| without(xml, "ds:Reference"), "sig.reference_count");
    refuses_changed(|xml| without(xml, "ds:Transforms"), "sig.malformed");
    refuses_changed(|xml| without(xml, "ds:DigestValue"), "sig.malformed");
    refuses_changed(|xml| empty(xml, "ds:DigestValue"), "sig.digest_mismatch");
    refuses_changed(|xml| empty(xml, "ds:SignatureValue"), "sig.mismatch");
    let desk = Desk::new();
    desk.accepts(&desk.response().tamper(|xml| without(xml, "ds:KeyInfo")));
}

fn empty(xml: &str, element: &str) -> String {
    let old = cut(xml, element);
    swap(xml, old, &format!("<{element}></{element}>"))
}

#[test]
fn sig_03_there_is_exactly_one_reference() {
    let twice = |xml: &str| {
        let reference = cut(xml, "ds:Reference");
        swap(xml, reference, &reference.repeat(2))
    };
    refuses_changed(twice, "sig.reference_count");
    let other = |xml: &str| {
        let reference = cut(xml, "ds:Reference").replace("URI=\"#_", "URI=\"#_other_");
        behind(xml, "</ds:Reference>", &reference)
    };
    refuses_changed(other, "sig.reference_count");
}

#[test]
fn sig_04_the_whole_document_is_only_the_response() {
    let desk = Desk::new();
    let forge = Forge::default().with(|it| it.reference = Some(r#"URI="""#.to_owned()));
    let xml = unsigned(&desk);
    desk.accepts_xml(&forge.sign(&desk.idp, &xml, "_response"));
    desk.refuses_xml(&forge.sign(&desk.idp, &xml, "_assertion"), "sig.uri");
}

#[test]
fn sig_05_a_reference_is_a_number_sign_and_a_name() {
    refuses_forged(|it| it.reference = Some(String::new()), "sig.uri");
    for uri in ["#", "# _assertion", "#%5fassertion", "#xpointer(/)", "#xpointer(id('_assertion'))", "_assertion"] {
        refuses_forged(|it| it.reference = Some(format!(r#"URI="{uri}""#)), "sig.uri");
    }
}

#[test]
fn sig_06_nothing_is_fetched() {
    for uri in ["http://127.0.0.1:1/x", "file:///etc/passwd", "cid:x", "https://idp.example/#_assertion"] {
        refuses_forged(|it| it.reference = Some(format!(r#"URI="{uri}""#)), "sig.uri");
    }
}

#[test]
fn sig_07_identifiers_are_names_and_differ() {
    let desk = Desk::new();
    for odd in ["a'b", "'] | //*['", " _assertion", "1a", "a&#9;b"] {
        let xml = unsigned(&desk).replace(r#"ID="_assertion""#, &format!(r#"ID="{odd}""#));
        desk.refuses_xml(&xml, "xml.bad_id");
    }
    let long = "a".repeat(100_000);
    desk.refuses_xml(&unsigned(&desk).replace("_assertion", &long), "xml.bad_id");
}

#[test]
fn sig_08_whatever_looks_like_an_identifier_is_unique() {
    let desk = Desk::new();
    let wsu = r#"xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" wsu:Id"#;
    for attribute in ["Id", "id", "xml:id", wsu, "AssertionID", "samlp:ID", "iD"] {
        let twice = format!(r#" {attribute}="_assertion" ID="_assertion""#);
        let response = desk.response().tamper(move |xml| xml.replacen(r#" ID="_assertion""#, &twice, 1));
        desk.refuses(&response, "xml.duplicate_id");
        let elsewhere = format!(r#"<samlp:Extensions><x {attribute}="_assertion"/></samlp:Extensions>"#);
        let response = desk.response().tamper(move |xml| before(xml, "<samlp:Status>", &elsewhere));
        desk.refuses(&response, "xml.duplicate_id");
    }
}

#[test]
fn sig_09_comments_in_a_digest_are_refused() {
    let comment = |xml: &str| behind(xml, "<ds:DigestValue>", "<!--evil-->");
    refuses_changed(comment, "xml.comment");
}

#[test]
fn sig_10_neither_comment_nor_instruction_stands_in_a_signature() {
    for (place, markup, code) in [
        ("<ds:SignatureValue>", "<!--x-->", "xml.comment"),
        ("<ds:X509Certificate>", "<!--x-->", "xml.comment"),
        ("<ds:SignatureValue>", "<?x y?>", "xml.pi"),
        ("<ds:DigestValue>", "<?x y?>", "xml.pi"),
    ] {
        let desk = Desk::new();
        desk.refuses(&desk.response().tamper(move |xml| behind(xml, place, markup)), code);
    }
}

#[test]
fn sig_10_an_element_inside_a_value_is_refused() {
    refuses_changed(|xml| behind(xml, "<ds:DigestValue>", "<x/>"), "sig.malformed");
    refuses_changed(|xml| behind(xml, "<ds:SignatureValue>", "<x/>"), "sig.malformed");
}

#[test]
fn sig_10_character_data_sections_are_text() {
    let desk = Desk::new();
    desk.accepts(&desk.response().tamper(|xml| {
        let value = cut(xml, "ds:SignatureValue");
        let marked = value.replace("<ds:SignatureValue>", "<ds:SignatureValue><![CDATA[");
        swap(xml, value, &marked.replace("</ds:", "]]></ds:"))
    }));
}

#[test]
fn sig_14_the_transforms_are_enveloped_and_exclusive() {
    let inclusive = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
    let base64 = "http://www.w3.org/2000/09/xmldsig#base64";
    for list in [
        &[][..],
        &[EXCLUSIVE],
        &[ENVELOPED],
        &[ENVELOPED, ENVELOPED],
        &[EXCLUSIVE, ENVELOPED],
        &[ENVELOPED, EXCLUSIVE, EXCLUSIVE],
        &[ENVELOPED, ENVELOPED, EXCLUSIVE],
        &[ENVELOPED, inclusive],
        &[ENVELOPED, "urn:unknown"],
        &[base64, EXCLUSIVE],
    ] {
        refuses_forged(|it| it.transforms = transforms(list), "sig.transform");
    }
    let with_comments = "http://www.w3.org/2001/10/xml-exc-c14n#WithComments";
    accepts_forged(|it| it.transforms = transforms(&[ENVELOPED, with_comments]));
}

#[test]
fn sig_15_canonicalization_is_exclusive() {
    for uri in [
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
        "http://www.w3.org/2006/12/xml-c14n11",
        "http://www.w3.org/2000/09/xmldsig#base64",
        "http://www.w3.org/TR/1999/REC-xslt-19991116",
        "",
    ] {
        let method = algorithm("CanonicalizationMethod", uri);
        refuses_forged(|it| it.canonicalization = method.clone(), "sig.c14n");
    }
    let with_comments = "http://www.w3.org/2001/10/xml-exc-c14n#WithComments";
    accepts_forged(|it| it.canonicalization = algorithm("CanonicalizationMethod", with_comments));
}

#[test]
fn sig_16_a_signature_holds_nothing_but_itself() {
    for content in [
        "<ds:Object/>",
        "<ds:Object><ds:Manifest/></ds:Object>",
        "<ds:Manifest/>",
        "<ds:Object><ds:SignatureProperties/></ds:Object>",
        r#"<Object xmlns="urn:x"/>"#,
    ] {
        refuses_forged(|it| it.tail = content.to_owned(), "sig.object");
    }
    let typed = r##"URI="#_assertion" Type="http://www.w3.org/2000/09/xmldsig#Manifest""##;
    refuses_forged(|it| it.reference = Some(typed.to_owned()), "sig.object");
}

#[test]
fn sig_19_a_signature_on_one_part_is_none_on_the_other() {
    let desk = Desk::new().configured(|it| it.with_signed_part(SignedPart::Both));
    desk.refuses(&desk.response().sign(Signed::Response), "sig.required");
    desk.refuses(&desk.response().sign(Signed::Assertion), "sig.required");
    desk.accepts(&desk.response().sign(Signed::Both));
    let desk = desk.configured(|it| it.with_signed_part(SignedPart::Assertion));
    desk.refuses(&desk.response().sign(Signed::Response), "sig.required");
    desk.accepts(&desk.response().sign(Signed::Assertion));
}

#[test]
fn sig_20_one_good_signature_does_not_excuse_a_bad_one() {
    let desk = Desk::new();
    let inner_bad = desk.response().sign(Signed::Both).wrap(as_admin);
    desk.refuses(&inner_bad, "sig.digest_mismatch");
    let inner_foreign = |xml: &str| {
        let bare = without(xml, "ds:Signature");
        FakeIdp::impostor().sign(&bare, "_assertion")
    };
    desk.refuses(&desk.response().sign(Signed::Both).wrap(inner_foreign), "sig.untrusted_key");
    let outer_bad = |xml: &str| swap(xml, "status:Success", "status:Success ");
    let response: FakeResponse = desk.response().sign(Signed::Both).tamper(outer_bad);
    desk.refuses(&response, "sig.digest_mismatch");
}

#[test]
fn sig_21_what_is_read_is_what_was_signed() {
    let desk = Desk::new();
    let spelled = [">al<![CDATA[ic]]>e<", ">&#97;lice<", ">al&#x69;ce<"];
    for spelling in spelled {
        let response = desk.response().tamper(move |xml| swap(xml, ">alice<", spelling));
        assert_eq!(name(&desk.accepts(&response)), "alice");
    }
    for other in [">alice <", ">Alice<", ">al\u{ad}ice<", ">alice&#13;<"] {
        let response = desk.response().tamper(move |xml| swap(xml, ">alice<", other));
        desk.refuses(&response, "sig.digest_mismatch");
    }
}

#[test]
fn sig_every_byte_of_a_signed_assertion_counts() {
    let desk = Desk::new();
    for (from, to) in [
        ("alice@example.com", "admin@example.com"),
        ("_request-1\" NotOnOrAfter", "_request-2\" NotOnOrAfter"),
        ("cm:bearer", "cm:bearer2"),
        ("<saml:Audience>", "<saml:Audience >x"),
        ("2027-01-15T12:05:00Z", "2027-01-15T12:06:00Z"),
        ("<saml:Subject>", "<saml:Subject x=\"y\">"),
    ] {
        let response = desk.response().tamper(move |xml| swap(xml, from, to));
        desk.refuses(&response, "sig.digest_mismatch");
    }
}

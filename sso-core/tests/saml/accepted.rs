//! What must be accepted: other providers are right in many ways.

use std::time::Duration;

use sso_core::signature::SignatureAlgorithm;
use sso_core::testkit::{FakeIdp, FakeNameId, KeyKind, NOON, Place, Signed};

use crate::desk::{Desk, name};
use crate::forge::{Forge, behind, cut, swap, without};

const PARTS: [Signed; 3] = [Signed::Assertion, Signed::Both, Signed::Response];

#[track_caller]
fn accepts_from(idp: FakeIdp) {
    let desk = Desk::of(idp);
    for signed in PARTS {
        assert_eq!(name(&desk.accepts(&desk.response().sign(signed))), "alice");
    }
}

#[test]
fn ok_01_every_kind_of_key() {
    for kind in [KeyKind::P256, KeyKind::P384, KeyKind::Rsa2048, KeyKind::Rsa3072] {
        accepts_from(FakeIdp::with_key(kind));
    }
}

#[test]
fn ok_01_rsa_with_every_hash() {
    for algorithm in [
        SignatureAlgorithm::RsaSha256,
        SignatureAlgorithm::RsaSha384,
        SignatureAlgorithm::RsaSha512,
    ] {
        accepts_from(FakeIdp::new().with_algorithm(algorithm));
    }
}

#[test]
fn ok_02_messages_that_are_written_for_people() {
    let desk = Desk::new();
    for signed in PARTS {
        let pretty = desk.response().sign(signed).edit(|xml| {
            let lines = xml.replace("><", ">\n    <");
            swap(&lines, "<saml:Assertion", "\t<saml:Assertion")
        });
        assert_eq!(name(&desk.accepts(&pretty)), "alice");
    }
}

#[test]
fn ok_03_base64_with_line_breaks() {
    let desk = Desk::new();
    let broken = desk.response().tamper(|xml| {
        ["ds:SignatureValue", "ds:X509Certificate"].iter().fold(xml.to_owned(), |xml, element| {
            let old = cut(&xml, element).to_owned();
            let start = old.find('>').unwrap() + 1;
            let end = old.rfind('<').unwrap();
            let lines: Vec<_> = old.as_bytes()[start..end].chunks(64).map(|it| str::from_utf8(it).unwrap()).collect();
            let new = format!("{}\n{}\r\n{}", &old[..start], lines.join("\n\t "), &old[end..]);
            swap(&xml, &old, &new)
        })
    });
    desk.accepts(&broken);
}

#[test]
fn ok_03_a_digest_with_line_breaks() {
    let desk = Desk::new();
    let xml = desk.response().sign(Signed::Neither).to_xml();
    let sign = |octets: &[u8]| futures_executor::block_on(desk.idp.signer().sign(octets)).unwrap();
    let signed = Forge::default().with(|it| it.is_spaced = true).sign_by(&xml, "_assertion", sign);
    desk.accepts_xml(&signed);
}

#[test]
fn ok_04_any_prefixes() {
    let desk = Desk::new();
    for (samlp, saml) in [("a", "b"), ("ns0", "ns1"), ("saml2p", "saml2"), ("_", "x.y-z")] {
        for signed in PARTS {
            let response = desk.response().sign(Signed::Neither).edit(move |xml| {
                xml.replace("samlp:", &format!("{samlp}:"))
                    .replace("saml:", &format!("{saml}:"))
                    .replace(":samlp=", &format!(":{samlp}="))
                    .replace(":saml=", &format!(":{saml}="))
                    .replace(&format!("xmlns:{samlp}:"), &format!("xmlns:{samlp}"))
            });
            let xml = response.to_xml();
            let ids: &[&str] = match signed {
                Signed::Assertion => &["_assertion"],
                Signed::Response => &["_response"],
                Signed::Both | Signed::Neither => &["_assertion", "_response"],
            };
            let xml = ids.iter().fold(xml, |xml, id| desk.idp.sign(&xml, id));
            assert_eq!(name(&desk.accepts_xml(&xml)), "alice");
        }
    }
}

#[test]
fn ok_04_default_namespaces_and_declarations_that_nobody_uses() {
    let desk = Desk::new();
    for signed in PARTS {
        let response = desk.response().sign(signed).edit(|xml| {
            let xml = xml.replace("<saml:", "<").replace("</saml:", "</");
            let xml = xml.replacen("xmlns:saml=", "xmlns:unused=\"urn:x\" xmlns=", 1);
            swap(&xml, "<Assertion xmlns:saml=", "<Assertion xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns=")
        });
        assert_eq!(name(&desk.accepts(&response)), "alice");
    }
}

#[test]
fn ok_05_no_key_info() {
    let desk = Desk::new();
    for signed in [Signed::Assertion, Signed::Response] {
        desk.accepts(&desk.response().sign(signed).tamper(|xml| without(xml, "ds:KeyInfo")));
    }
}

#[test]
fn ok_06_a_chain_of_certificates() {
    let desk = Desk::new();
    desk.accepts(&desk.response().tamper(|xml| {
        let certificate = cut(xml, "ds:X509Certificate");
        swap(xml, certificate, &certificate.repeat(3))
    }));
}

#[test]
fn ok_07_fractions_of_seconds() {
    let desk = Desk::new();
    for fraction in ["0", "000", "1234567", "123456789"] {
        let moment = format!("2027-01-15T12:00:00.{fraction}Z");
        desk.accepts(&desk.response().edit(move |xml| xml.replace("2027-01-15T12:00:00Z", &moment)));
    }
}

#[test]
fn ok_09_extensions_and_advice_that_nobody_knows() {
    let desk = Desk::new();
    let response = desk
        .response()
        .sign(Signed::Both)
        .insert(Place::ResponseStart, r#"<samlp:Extensions><x:y xmlns:x="urn:x" z="1">t</x:y></samlp:Extensions>"#)
        .insert(Place::AssertionEnd, r#"<saml:Advice><saml:AssertionIDRef>_other</saml:AssertionIDRef></saml:Advice>"#)
        .insert(Place::SubjectEnd, r#"<x:y xmlns:x="urn:x"/>"#);
    assert_eq!(name(&desk.accepts(&response)), "alice");
}

#[test]
fn ok_10_long_and_foreign_names() {
    let desk = Desk::new();
    for odd in ["a".repeat(256), "Ælfrēd 王 \u{1F600}".to_owned(), "a&b<c>\"d'".to_owned()] {
        let name_id = FakeNameId::persistent(&odd);
        let response = desk.response().sign(Signed::Both).with(|it| it.assertion.name_id = Some(name_id));
        assert_eq!(name(&desk.accepts(&response)), odd);
    }
}

#[test]
fn ok_11_declarations_of_context_and_authorities_beside_the_class() {
    let desk = Desk::new();
    let more = "<saml:AuthnContextDeclRef>urn:x</saml:AuthnContextDeclRef><saml:AuthenticatingAuthority>urn:a</saml:AuthenticatingAuthority><saml:AuthenticatingAuthority>urn:b</saml:AuthenticatingAuthority>";
    let response = desk.response().edit(move |xml| behind(xml, "</saml:AuthnContextClassRef>", more));
    desk.accepts(&response);
}

#[test]
fn ok_14_clocks_that_differ_by_almost_the_skew() {
    let almost = Duration::from_secs(179);
    for now in [NOON.later(almost), NOON.earlier(almost)] {
        let desk = Desk::new().at(NOON).configured(|it| it.with_max_assertion_age(Duration::ZERO).unwrap());
        let response = desk.response().at(now);
        desk.accepts(&response);
    }
}

#[test]
fn ok_16_issuers_with_and_without_format() {
    let desk = Desk::new();
    let format = r#"<saml:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity">"#;
    desk.accepts(&desk.response().sign(Signed::Both).edit(|xml| xml.replace("<saml:Issuer>", format)));
    desk.accepts(&desk.response().sign(Signed::Both));
}

#[test]
fn ok_20_an_unsigned_response_without_issuer_destination_and_answer() {
    let desk = Desk::new();
    let bare = desk.response().with(|it| {
        it.issuer = None;
        it.destination = None;
        it.in_response_to = None;
    });
    assert_eq!(name(&desk.accepts(&bare)), "alice");
}

#[test]
fn everything_that_was_said_is_handed_on() {
    let desk = Desk::new();
    let assertion = desk.accepts(&desk.response());
    assert_eq!(assertion.id, "_assertion");
    assert_eq!(assertion.issuer, "https://idp.example/metadata");
    assert_eq!(assertion.issue_instant, NOON);
    assert_eq!(assertion.authn.instant, NOON);
    assert_eq!(assertion.authn.session_index.as_deref(), Some("_session-1"));
    let profile = desk.providers[0].attributes().profile(&assertion.attributes);
    assert_eq!(profile.first.as_deref(), Some("Alice"));
    assert_eq!(profile.last.as_deref(), Some("Liddell"));
    assert_eq!(profile.email.as_deref(), Some("alice@example.com"));
    assert_eq!(profile.groups, ["staff"]);
}

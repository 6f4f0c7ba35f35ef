//! The outer message: version, issuer, destination, identifiers (SAML Core 3.2.2).

use sso_core::testkit::{FakeResponse, Signed};

use crate::desk::Desk;
use crate::forge::swap;

const OTHER: &str = "https://other-idp.example/metadata";

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn pro_15_only_version_2_0_is_read() {
    let desk = Desk::new();
    for version in [text("1.1"), text("2.1"), text("2"), text(""), None] {
        let of_response = desk.response().with(|it| it.version = version.clone());
        desk.refuses(&of_response, "version");
        let of_assertion = desk.response().with(|it| it.assertion.version = version.clone());
        desk.refuses(&of_assertion, "version");
    }
}

#[test]
fn pro_11_a_signed_response_says_where_it_goes() {
    let desk = Desk::new();
    let to = |destination| desk.response().sign(Signed::Response).with(|it| it.destination = destination);
    desk.accepts(&to(text("https://app.example/sso-connect/saml/sso")));
    desk.refuses(&to(None), "destination.mismatch");
    for other in [
        "",
        "http://app.example/sso-connect/saml/sso",
        "https://app.example:443/sso-connect/saml/sso",
        "https://app.example/sso-connect/saml/sso/",
        "https://app.example/sso-connect/saml/slo",
        "https://another.example/sso-connect/saml/sso",
    ] {
        desk.refuses(&to(text(other)), "destination.mismatch");
    }
}

#[test]
fn pro_11_an_unsigned_response_may_leave_its_destination_out_but_not_name_another() {
    let desk = Desk::new();
    desk.accepts(&desk.response().with(|it| it.destination = None));
    let elsewhere = desk.response().with(|it| it.destination = text("https://another.example/"));
    desk.refuses(&elsewhere, "destination.mismatch");
}

#[test]
fn pro_12_both_issuers_are_the_provider_that_was_asked() {
    let desk = Desk::new();
    for odd in [OTHER, "", " https://idp.example/metadata", "https://idp.example/metadata/"] {
        for signed in [Signed::Response, Signed::Assertion] {
            let response = desk.response().sign(signed);
            let of_response = response.clone().with(|it| it.issuer = text(odd));
            desk.refuses(&of_response, "idp.mismatch");
            let of_assertion = response.with(|it| it.assertion.issuer = text(odd));
            desk.refuses(&of_assertion, "idp.mismatch");
        }
    }
}

#[test]
fn pro_12_an_assertion_and_a_signed_response_name_their_issuer() {
    let desk = Desk::new();
    let signed = desk.response().sign(Signed::Response).with(|it| it.issuer = None);
    desk.refuses(&signed, "issuer.missing");
    let anonymous = |it: &mut FakeResponse| it.assertion.issuer = None;
    desk.refuses(&desk.response().sign(Signed::Response).with(anonymous), "issuer.missing");
    desk.refuses(&desk.response().with(anonymous), "issuer.missing");
}

#[test]
fn pro_12_the_format_of_an_issuer_is_that_of_an_entity() {
    let desk = Desk::new();
    let formatted = |format: &str| {
        let issuer = format!(r#"<saml:Issuer Format="urn:oasis:names:tc:SAML:{format}">"#);
        desk.response().edit(move |xml| xml.replace("<saml:Issuer>", &issuer))
    };
    desk.accepts(&formatted("2.0:nameid-format:entity"));
    desk.refuses(&formatted("2.0:nameid-format:persistent"), "issuer.format");
    desk.refuses(&formatted("1.1:nameid-format:unspecified"), "issuer.format");
}

#[test]
fn pro_12_an_issuer_comes_once_and_is_text() {
    let desk = Desk::new();
    let issuer = "<saml:Issuer>https://idp.example/metadata</saml:Issuer>";
    let twice = desk.response().edit(|xml| swap(xml, issuer, &issuer.repeat(2)));
    desk.refuses(&twice, "assertion.schema");
    let inner = desk.response().edit(|xml| xml.replace("</saml:Issuer>", "<x/></saml:Issuer>"));
    desk.refuses(&inner, "assertion.schema");
}

#[test]
fn dos_13_identifiers_are_names() {
    let desk = Desk::new();
    for odd in ["", "1", "' OR 1=1--", "a b", "a:b", "\u{a0}a"] {
        let response = desk.response().sign(Signed::Response);
        let of_assertion = response.clone().with(|it| it.assertion.id = odd.to_owned());
        desk.refuses_xml(&unsigned(&of_assertion), "xml.bad_id");
        let of_response = response.with(|it| it.id = odd.to_owned());
        desk.refuses_xml(&unsigned(&of_response), "xml.bad_id");
    }
}

#[test]
fn dos_13_identifiers_are_short() {
    let desk = Desk::new();
    desk.accepts(&desk.response().with(|it| it.assertion.id = "a".repeat(256)));
    let long = desk.response().with(|it| it.assertion.id = "a".repeat(257));
    desk.refuses_xml(&unsigned(&long), "xml.bad_id");
}

fn unsigned(response: &FakeResponse) -> String {
    response.clone().sign(Signed::Neither).to_xml()
}

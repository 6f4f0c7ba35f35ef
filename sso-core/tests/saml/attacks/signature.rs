//! Signatures that are missing, broken, or of another shape than the one that is accepted.

use sso_core::config::SignedPart;
use sso_core::testkit::{FakeIdp, FakeResponse, Signed};

use crate::desk::Desk;
use crate::forge::{as_admin, cut, swap, without};

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
    desk.refuses(
        &desk.response().sign(Signed::Both).wrap(inner_foreign),
        "sig.untrusted_key",
    );
    let outer_bad = |xml: &str| swap(xml, "status:Success", "status:Success ");
    let response: FakeResponse = desk.response().sign(Signed::Both).tamper(outer_bad);
    desk.refuses(&response, "sig.digest_mismatch");
}

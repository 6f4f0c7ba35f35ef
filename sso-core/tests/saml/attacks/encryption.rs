//! Encryption is not authentication, and what was decrypted is believed no more than what was not.

use sso_core::config::IdentityProvider;
use sso_core::saml::encryption::{Cipher, DecryptionKey, Encryption, Hash, KeyPlace, Oaep};
use sso_core::testkit::{FakeIdp, FakeResponse, KeyKind, Signed};

use crate::desk::{Desk, name};
use crate::forge::{as_admin, before, cut, swap, without};

/// Somebody with a key and a certificate; here it is only encrypted to, or not even that.
fn owner(another: bool) -> FakeIdp {
    match another {
        true => FakeIdp::impostor(),
        false => FakeIdp::with_key(KeyKind::Rsa3072),
    }
}

fn key_of(owner: &FakeIdp) -> DecryptionKey {
    DecryptionKey::from_pkcs8_der(owner.private_key_der(), owner.certificate().clone()).unwrap()
}

/// A service with one decryption key.
fn desk() -> Desk {
    let mut desk = Desk::new();
    desk.decryption_keys = vec![key_of(&owner(false))];
    desk
}

fn encryption() -> Encryption {
    Encryption::to(owner(false).certificate())
}

fn encrypted(desk: &Desk, signed: Signed, encryption: Encryption) -> FakeResponse {
    desk.response().sign(signed).wrap(move |assertion| encryption.assertion(assertion))
}

#[test]
fn ok_01_encrypted_assertions_whatever_is_signed() {
    let desk = desk();
    for signed in [Signed::Assertion, Signed::Response, Signed::Both] {
        assert_eq!(name(&desk.accepts(&encrypted(&desk, signed, encryption()))), "alice");
    }
}

#[test]
fn enc_01_whoever_can_encrypt_has_proved_nothing() {
    let desk = desk();
    let evil = desk.response().sign(Signed::Neither).wrap(|it| encryption().assertion(&as_admin(it)));
    desk.refuses(&evil, "sig.missing");
}

#[test]
fn enc_01_an_assertion_signed_by_a_stranger_is_not_better_for_being_encrypted() {
    let mut desk = desk();
    desk.idp = FakeIdp::impostor();
    desk.refuses(&encrypted(&desk, Signed::Assertion, encryption()), "sig.untrusted_key");
    let tampered = Desk::new().response().wrap(|it| encryption().assertion(&as_admin(it)));
    desk.refuses(&tampered, "sig.digest_mismatch");
}

#[test]
fn enc_02_cbc_is_refused_unless_it_is_allowed_and_a_signature_covers_it() {
    let accepting = |it: IdentityProvider| it.dangerous().accept_cbc_encryption().done();
    for cipher in [Cipher::Aes128Cbc, Cipher::Aes256Cbc] {
        let with = |desk: &Desk, signed| encrypted(desk, signed, encryption().with_cipher(cipher));
        let strict = desk();
        for signed in [Signed::Assertion, Signed::Response, Signed::Both] {
            strict.refuses(&with(&strict, signed), "enc.cbc_refused");
        }
        let lenient = desk().configured(accepting);
        lenient.refuses(&with(&lenient, Signed::Assertion), "enc.cbc_refused");
        lenient.accepts(&with(&lenient, Signed::Response));
        lenient.accepts(&with(&lenient, Signed::Both));
    }
}

#[test]
fn enc_02_a_signed_response_is_verified_before_anything_is_decrypted() {
    let desk = desk().configured(|it| it.dangerous().accept_cbc_encryption().done());
    for cipher in [Cipher::Aes256Cbc, Cipher::Aes256Gcm] {
        let response = encrypted(&desk, Signed::Response, encryption().with_cipher(cipher));
        let flipped = response.tamper(|xml| flip(xml, "<xenc:CipherValue>"));
        desk.refuses(&flipped, "sig.digest_mismatch");
    }
}

#[test]
fn enc_02_whatever_goes_wrong_inside_is_one_error() {
    let desk = desk();
    let response = encrypted(&desk, Signed::Assertion, encryption());
    let places = ["<xenc:EncryptedKey", "</xenc:EncryptedKey>"];
    for place in places {
        let flipped = response.clone().tamper(move |xml| {
            let start = xml.find(place).unwrap();
            let (before, rest) = xml.split_at(start);
            format!("{before}{}", flip(rest, "<xenc:CipherValue>"))
        });
        desk.refuses(&flipped, "enc.failed");
    }
    let for_another = Encryption::to(owner(true).certificate());
    desk.refuses(&encrypted(&desk, Signed::Assertion, for_another), "enc.failed");
}

/// Changes the first character behind `marker`, which is base64.
fn flip(xml: &str, marker: &str) -> String {
    let place = xml.find(marker).unwrap() + marker.len();
    let other = if xml[place..].starts_with('A') { "B" } else { "A" };
    [&xml[..place], other, &xml[place + 1..]].concat()
}

#[test]
fn enc_03_rsa_1_5_is_refused_by_name() {
    let desk = desk();
    let response = encrypted(&desk, Signed::Assertion, encryption()).tamper(|xml| {
        swap(xml, "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", "http://www.w3.org/2001/04/xmlenc#rsa-1_5")
    });
    desk.refuses(&response, "enc.alg");
}

#[test]
fn enc_04_oaep_with_either_hash_in_either_role() {
    let desk = desk();
    for (digest, mask) in [
        (Hash::Sha1, Hash::Sha1),
        (Hash::Sha256, Hash::Sha1),
        (Hash::Sha1, Hash::Sha256),
        (Hash::Sha256, Hash::Sha256),
    ] {
        let encryption = encryption().with_oaep(Oaep { digest, mask });
        desk.accepts(&encrypted(&desk, Signed::Assertion, encryption));
    }
}

#[test]
fn enc_05_ciphertext_that_is_too_short_is_malformed() {
    let desk = desk();
    for value in ["", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="] {
        let response = encrypted(&desk, Signed::Assertion, encryption()).tamper(move |xml| {
            let start = xml.rfind("<xenc:CipherValue>").unwrap();
            let end = xml.rfind("</xenc:CipherValue>").unwrap();
            [&xml[..start], "<xenc:CipherValue>", value, &xml[end..]].concat()
        });
        desk.refuses(&response, "enc.malformed");
    }
}

#[test]
fn enc_06_no_ciphertext_is_fetched() {
    let desk = desk();
    let response = encrypted(&desk, Signed::Assertion, encryption()).tamper(|xml| {
        let start = xml.rfind("<xenc:CipherValue>").unwrap();
        let end = xml.rfind("</xenc:CipherData>").unwrap();
        let reference = r#"<xenc:CipherReference URI="http://127.0.0.1:1/x"/>"#;
        [&xml[..start], reference, &xml[end..]].concat()
    });
    desk.refuses(&response, "enc.reference");
}

#[test]
fn enc_07_keys_inside_beside_and_for_several_recipients() {
    let desk = desk();
    for place in [KeyPlace::Inside, KeyPlace::Beside, KeyPlace::Referred] {
        let alone = encryption().with_key_at(place);
        desk.accepts(&encrypted(&desk, Signed::Assertion, alone.clone()));
        let second = Encryption::to(owner(true).certificate())
            .and_to(owner(false).certificate())
            .with_key_at(place);
        desk.accepts(&encrypted(&desk, Signed::Assertion, second));
    }
}

#[test]
fn enc_08_inside_is_one_assertion_and_nothing_else() {
    let desk = desk();
    let inside = |change: fn(&str) -> String| {
        let encrypt = move |it: &str| encryption().assertion(&change(it));
        desk.response().wrap(encrypt)
    };
    desk.refuses(&inside(|it| format!("{it}{it}")), "xml.not_well_formed");
    desk.refuses(&inside(|it| format!("<!DOCTYPE x>{it}")), "xml.doctype");
    desk.refuses(&inside(|it| before(it, "</saml:Assertion>", "<!---->")), "xml.comment");
    desk.refuses(&inside(|it| format!("<x>{it}</x>")), "xml.root");
    desk.refuses(&inside(|_| "text".to_owned()), "xml.not_well_formed");
    desk.refuses(&inside(|_| String::new()), "enc.malformed");
    desk.refuses(&inside(|it| it.replace(":assertion", ":other")), "xml.root");
}

#[test]
fn enc_09_prefixes_may_be_declared_around_the_ciphertext() {
    let desk = desk();
    let bare = |xml: &str| swap(xml, r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion""#, "<saml:Assertion");
    let inherited = |assertion: &str| encryption().assertion(&swap(assertion, r#" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion""#, ""));
    let response = desk.response().sign(Signed::Both).wrap(inherited);
    assert_eq!(name(&desk.accepts(&response)), "alice");
    let response = desk.response().sign(Signed::Response).edit(bare).wrap(|it| encryption().assertion(it));
    assert_eq!(name(&desk.accepts(&response)), "alice");
}

#[test]
fn enc_09_a_prefix_that_is_declared_nowhere_is_refused() {
    let desk = desk();
    let response = desk.response().wrap(|it| {
        encryption().assertion(&it.replace("saml:", "nowhere:").replace(":saml=", ":unused="))
    });
    desk.refuses(&response, "xml.namespace");
}

#[test]
fn enc_10_a_signature_inside_covers_what_is_inside() {
    let desk = desk();
    let signed = desk.response().to_xml();
    let original = cut(&signed, "saml:Assertion").to_owned();
    // Outside stands what was signed, inside what was not, under the same identifier.
    let evil = as_admin(&original);
    let outside = format!("<samlp:Extensions>{}</samlp:Extensions>", without(&original, "ds:Signature"));
    let response = desk
        .response()
        .sign(Signed::Neither)
        .wrap(move |_| encryption().assertion(&evil))
        .tamper(move |xml| before(xml, "<samlp:Status>", &outside));
    desk.refuses(&response, "sig.digest_mismatch");
}

#[test]
fn enc_11_encrypted_assertions_inside_each_other_are_refused() {
    let desk = desk();
    let twice = |it: &str| encryption().assertion(&encryption().assertion(it));
    desk.refuses(&desk.response().wrap(twice), "xml.root");
}

#[test]
fn enc_12_an_encrypted_name_is_decrypted() {
    let desk = desk();
    for signed in [Signed::Assertion, Signed::Response] {
        let response = desk.response().sign(signed).edit(|xml| {
            let plain = cut(xml, "saml:NameID");
            swap(xml, plain, &encryption().name_id(plain))
        });
        assert_eq!(name(&desk.accepts(&response)), "alice");
    }
}

#[test]
fn enc_12_an_encrypted_name_is_one_name() {
    let desk = desk();
    let named = |inside: &'static str| {
        desk.response().edit(move |xml| {
            swap(xml, cut(xml, "saml:NameID"), &encryption().name_id(inside))
        })
    };
    desk.refuses(&named("<saml:NameID/>"), "subject.missing");
    desk.refuses(&named("<saml:Issuer>alice</saml:Issuer>"), "xml.root");
    desk.refuses(&named("<saml:NameID>a</saml:NameID><saml:NameID>b</saml:NameID>"), "xml.not_well_formed");
    let both = desk.response().edit(|xml| {
        let plain = cut(xml, "saml:NameID");
        let encrypted = encryption().name_id(&plain.replace("alice", "admin"));
        swap(xml, plain, &format!("{plain}{encrypted}"))
    });
    desk.refuses(&both, "subject.missing");
}

#[test]
fn enc_12_an_encrypted_name_that_cannot_be_read_is_not_nobody() {
    let desk = desk();
    let response = desk.response().edit(|xml| {
        let encrypted = Encryption::to(owner(true).certificate()).name_id("<saml:NameID>a</saml:NameID>");
        swap(xml, cut(xml, "saml:NameID"), &encrypted)
    });
    desk.refuses(&response, "enc.failed");
}

#[test]
fn enc_13_old_keys_open_too() {
    let mut desk = desk();
    desk.decryption_keys.insert(0, key_of(&owner(true)));
    for old in [false, true] {
        let encryption = Encryption::to(owner(old).certificate());
        desk.accepts(&encrypted(&desk, Signed::Assertion, encryption));
    }
}

#[test]
fn enc_13_without_key_nothing_is_opened() {
    let desk = Desk::new();
    desk.refuses(&encrypted(&desk, Signed::Assertion, encryption()), "enc.no_key");
}

#[test]
fn enc_14_a_readable_assertion_is_refused_where_it_must_be_encrypted() {
    let desk = desk().configured(|it| it.with_encryption_required(true));
    for signed in [Signed::Assertion, Signed::Response, Signed::Both] {
        desk.refuses(&desk.response().sign(signed), "enc.required");
        desk.accepts(&encrypted(&desk, signed, encryption()));
    }
}

#[test]
fn enc_15_old_ciphers_are_refused_by_name() {
    let desk = desk().configured(|it| it.dangerous().accept_cbc_encryption().done());
    for uri in [
        "http://www.w3.org/2001/04/xmlenc#tripledes-cbc",
        "http://www.w3.org/2001/04/xmlenc#aes192-cbc",
        "http://www.w3.org/2009/xmlenc11#aes192-gcm",
        "urn:unknown",
        "",
    ] {
        let encrypt = |it: &str| encryption().assertion(it);
        let response = desk.response().sign(Signed::Response).wrap(move |it| {
            swap(&encrypt(it), "http://www.w3.org/2009/xmlenc11#aes256-gcm", uri)
        });
        desk.refuses(&response, "enc.alg");
    }
}

#[test]
fn xsw_27_an_encrypted_assertion_beside_a_readable_one() {
    let desk = desk();
    let evil = encryption().assertion(&as_admin(&without(cut(&desk.response().to_xml(), "saml:Assertion"), "ds:Signature")));
    for place in ["<saml:Assertion", "</samlp:Response>"] {
        let evil = evil.clone();
        let response = desk.response().tamper(move |xml| before(xml, place, &evil));
        desk.refuses(&response, "assertion.multiple");
    }
}

//! Keys that nobody configured, and algorithms that nobody should use.

use aws_lc_rs::{digest, hmac};
use futures_executor::block_on;
use sso_core::config::IdentityProvider;
use sso_core::signature::{SignatureAlgorithm, VerifyingKey};
use sso_core::testkit::{FakeIdp, KeyKind};

use super::{refuses_changed, refuses_forged};
use crate::forge::{Forge, RSA_SHA256, algorithm, cut, sign_sha1, swap};
use crate::stage::{Outcome, SignedInput, Stage, with_keys};

const EVERY: &[SignedInput] = &SignedInput::ENVELOPED;

/// A stage that believes `FakeIdp::new()`, where somebody else signs.
fn stage_of(input: SignedInput, signer: FakeIdp) -> Stage {
    let mut stage = Stage::new(input);
    stage.idp = signer;
    stage
}

/// Checks how what `sign` makes fares on every input, as the signature by `method` of a provider
/// with a key of this kind.
#[track_caller]
fn refuses_signed(
    kind: KeyKind,
    method: &str,
    code: &str,
    sign: impl Fn(&FakeIdp, &[u8]) -> Vec<u8>,
) {
    for input in SignedInput::ALL {
        // Made with a key of the usual kind, since it is the provider of earlier sign-ins too.
        let stage = Stage::of(input, FakeIdp::with_key(kind));
        let sign = |octets: &[u8]| sign(&stage.idp, octets);
        let outcome = stage.take_signed_by(&Forge::default(), method, sign);
        stage.check_refused(&outcome, code, method);
    }
}

/// What is said of a key that is not one of the provider's. A query does not tell which it is.
const fn code_of_a_stranger(input: SignedInput) -> &'static str {
    match input.is_in_query() {
        true => "sig.mismatch",
        false => "sig.untrusted_key",
    }
}

fn truly(idp: &FakeIdp, octets: &[u8]) -> Vec<u8> {
    block_on(idp.signer().sign(octets)).unwrap()
}

#[test]
fn key_01_a_stranger_signs_no_message_whatever_certificate_it_brings() {
    for input in SignedInput::ALL {
        let stage = stage_of(input, FakeIdp::impostor());
        stage.refuses(&stage.signed(), code_of_a_stranger(input));
    }
}

#[test]
fn key_02_the_right_certificate_makes_no_signature_right() {
    for &input in EVERY {
        let genuine = Stage::new(input).signed();
        let stage = stage_of(input, FakeIdp::impostor());
        let forged = stage.signed();
        let of = |xml: &str| {
            let signature = cut(xml, "ds:Signature");
            cut(signature, "ds:X509Certificate").to_owned()
        };
        stage.refuses(&swap(&forged, &of(&forged), &of(&genuine)), "sig.mismatch");
    }
}

#[test]
fn key_03_a_public_key_is_no_shared_secret_for_any_message() {
    for (method, hash) in [
        (
            "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
            hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        ),
        (
            "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
            hmac::HMAC_SHA256,
        ),
    ] {
        refuses_signed(
            KeyKind::Rsa2048,
            method,
            "sig.alg_key_mismatch",
            |idp, octets| {
                let key = hmac::Key::new(hash, idp.verifying_key().as_spki_der());
                hmac::sign(&key, octets).as_ref().to_vec()
            },
        );
        refuses_signed(
            KeyKind::Rsa2048,
            method,
            "sig.alg_key_mismatch",
            |idp, octets| {
                let key = hmac::Key::new(hash, idp.certificate());
                hmac::sign(&key, octets).as_ref().to_vec()
            },
        );
    }
}

#[test]
fn key_04_no_algorithm_has_parameters() {
    for length in ["0", "1", "8"] {
        let parameter =
            format!("<ds:HMACOutputLength>{length}</ds:HMACOutputLength></ds:SignatureMethod>");
        refuses_forged("sig.alg", |it| {
            it.signature_method = swap(&it.signature_method, "</ds:SignatureMethod>", &parameter);
        });
    }
}

#[test]
fn key_05_an_algorithm_goes_with_its_kind_of_key_on_every_message() {
    let ecdsa = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
    let dsa = "http://www.w3.org/2000/09/xmldsig#dsa-sha1";
    for (kind, method) in [
        (KeyKind::Rsa2048, ecdsa),
        (KeyKind::P256, RSA_SHA256),
        (KeyKind::Rsa2048, dsa),
    ] {
        refuses_signed(kind, method, "sig.alg_key_mismatch", truly);
    }
}

#[test]
fn key_06_sha_1_is_refused_on_every_message_unless_it_is_allowed() {
    let accepting = |it: IdentityProvider| it.dangerous().accept_sha1().done();
    let method = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
    for input in SignedInput::ALL {
        let strict = Stage::new(input);
        let sign = |octets: &[u8]| sign_sha1(&strict.idp, octets);
        let outcome = strict.take_signed_by(&Forge::sha1(), method, sign);
        strict.check_refused(&outcome, "sig.alg", "");

        let lenient = Stage::configured(input, FakeIdp::new(), accepting);
        let sign = |octets: &[u8]| sign_sha1(&lenient.idp, octets);
        assert_eq!(
            lenient.take_signed_by(&Forge::sha1(), method, sign),
            Outcome::Genuine
        );
    }
    refuses_forged("sig.alg", |it| {
        it.digest_method = Forge::sha1().digest_method;
        it.hash = &digest::SHA1_FOR_LEGACY_USE_ONLY;
    });
}

#[test]
fn key_06_md5_is_refused_on_every_message() {
    refuses_signed(
        KeyKind::Rsa2048,
        "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
        "sig.alg",
        truly,
    );
    refuses_forged("sig.alg", |it| {
        it.digest_method = algorithm("DigestMethod", "http://www.w3.org/2001/04/xmldsig-more#md5");
    });
}

#[test]
fn key_07_an_algorithm_is_spelled_exactly_on_every_message() {
    for method in [
        "",
        "urn:unknown",
        "http://www.w3.org/2001/04/xmldsig-more#RSA-SHA256",
        "HTTP://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256 ",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256#x",
        "https://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        "rsa-sha256",
    ] {
        refuses_signed(KeyKind::Rsa2048, method, "sig.alg", truly);
    }
}

#[test]
fn key_08_degenerate_ecdsa_signatures_hold_for_no_message() {
    let method = SignatureAlgorithm::EcdsaSha256.uri();
    let one = [&[0; 31][..], &[1]].concat();
    for value in [
        vec![0; 64],
        vec![0xFF; 64],
        vec![0; 63],
        vec![0; 65],
        vec![0; 96],
        [&one[..], &[0; 32]].concat(),
        [&[0; 32], &one[..]].concat(),
        [P256_ORDER, P256_ORDER].concat(),
        [&one[..], &P256_ORDER].concat(),
        // DER of r = s = 1.
        vec![0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01],
    ] {
        refuses_signed(KeyKind::P256, method, "sig.mismatch", |_, _| value.clone());
    }
    // Without value there is no signature of a query at all, see SIG-12.
    for &input in EVERY {
        let stage = Stage::of(input, FakeIdp::with_key(KeyKind::P256));
        let outcome = stage.take_signed_by(&Forge::default(), method, |_| Vec::new());
        stage.check_refused(&outcome, "sig.mismatch", method);
    }
}

#[test]
fn key_09_an_rsa_signature_of_any_message_is_as_long_as_the_modulus() {
    for value in [
        vec![0],
        vec![0; 255],
        vec![0; 256],
        vec![1; 256],
        vec![0; 257],
    ] {
        refuses_signed(KeyKind::Rsa2048, RSA_SHA256, "sig.mismatch", |_, _| {
            value.clone()
        });
    }
    refuses_signed(
        KeyKind::Rsa2048,
        RSA_SHA256,
        "sig.mismatch",
        |idp, octets| [&[0][..], &truly(idp, octets)].concat(),
    );
}

#[test]
fn key_13_a_provider_signs_no_message_of_another() {
    let (first, second) = (FakeIdp::new(), FakeIdp::another());
    for input in SignedInput::ALL {
        let provider = first.identity_provider("fake");
        let others = [second.identity_provider("second")];
        let mut stage = Stage::believing(input, first.clone(), provider, &others);
        stage.idp = second.clone().named(first.entity_id());
        stage.refuses(&stage.signed(), code_of_a_stranger(input));
    }
}

#[test]
fn key_15_of_two_certificates_none_is_chosen() {
    for &input in EVERY {
        let genuine = Stage::new(input).signed();
        let genuine = cut(cut(&genuine, "ds:Signature"), "ds:X509Data").to_owned();
        let stage = stage_of(input, FakeIdp::impostor());
        for place in ["<ds:X509Data>", "</ds:KeyInfo>"] {
            let both = crate::forge::before(&stage.signed(), place, &genuine);
            stage.refuses_with_one_of(&both, &["sig.untrusted_key", "sig.mismatch"]);
        }
    }
}

#[test]
fn key_16_key_17_whatever_a_key_info_says_is_neither_fetched_nor_believed() {
    for key_info in [
        "",
        "<ds:KeyName>x</ds:KeyName>",
        r#"<ds:RetrievalMethod URI="http://127.0.0.1:1/key"/>"#,
        r#"<ds:RetrievalMethod URI="file:///etc/passwd"/>"#,
        r#"<x:KeyInfoReference xmlns:x="http://www.w3.org/2009/xmldsig11#" URI="http://127.0.0.1:1/key"/>"#,
        "<ds:X509Data/>",
        "<ds:X509Data><ds:X509Certificate>not base64!</ds:X509Certificate></ds:X509Data>",
        "<ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data>",
        "<ds:X509Data><ds:X509Certificate><x/></ds:X509Certificate></ds:X509Data>",
        "<ds:KeyValue><ds:DSAKeyValue/></ds:KeyValue>",
        "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AA==</ds:Modulus><ds:Exponent/></ds:RSAKeyValue></ds:KeyValue>",
        r#"<ds:KeyValue><x:ECKeyValue xmlns:x="http://www.w3.org/2009/xmldsig11#"/></ds:KeyValue>"#,
    ] {
        for &input in EVERY {
            let stage = Stage::new(input);
            let tail = format!("<ds:KeyInfo>{key_info}</ds:KeyInfo>");
            stage.accepts(&stage.forged(&Forge::default().with(|it| it.tail = tail)));
        }
    }
}

#[test]
fn key_17_a_huge_certificate_in_a_signature_is_too_large_or_of_no_interest() {
    let huge = "A".repeat(1024 * 1024);
    let huge =
        format!("<ds:X509Data><ds:X509Certificate>{huge}</ds:X509Certificate></ds:X509Data>");
    for &input in EVERY {
        let stage = Stage::new(input);
        let tail = format!("<ds:KeyInfo>{huge}</ds:KeyInfo>");
        let document = stage.forged(&Forge::default().with(|it| it.tail = tail));
        match input {
            // Aggregates are large.
            SignedInput::Metadata => stage.accepts(&document),
            _ => stage.refuses(&document, "binding.too_large"),
        }
    }
}

#[test]
fn key_19_rsa_pss_is_refused_on_every_message() {
    for method in [
        "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
        "http://www.w3.org/2007/05/xmldsig-more#rsa-pss",
    ] {
        refuses_signed(KeyKind::Rsa2048, method, "sig.alg", truly);
    }
}

#[test]
fn key_20_every_configured_key_signs_every_message_and_no_removed_one() {
    let (old, new) = (FakeIdp::impostor(), FakeIdp::new());
    let believing = |input, keys: &[&FakeIdp], signer: &FakeIdp| {
        let keys: Vec<VerifyingKey> = keys.iter().map(|it| it.verifying_key()).collect();
        let mut stage = Stage::configured(input, new.clone(), |it| with_keys(&it, keys));
        stage.idp = signer.clone();
        stage
    };
    for input in SignedInput::ALL {
        for signer in [&old, &new] {
            let stage = believing(input, &[&old, &new], signer);
            stage.accepts(&stage.signed());
        }
        let stage = believing(input, &[&new], &old);
        stage.refuses(&stage.signed(), code_of_a_stranger(input));
    }
}

#[test]
fn ok_01_every_kind_of_key_and_hash_signs_every_message() {
    let providers = [
        FakeIdp::with_key(KeyKind::P256),
        FakeIdp::with_key(KeyKind::P384),
        FakeIdp::new().with_algorithm(SignatureAlgorithm::RsaSha384),
        FakeIdp::new().with_algorithm(SignatureAlgorithm::RsaSha512),
    ];
    for idp in providers {
        for &input in EVERY {
            let stage = Stage::of(input, idp.clone());
            stage.accepts(&stage.signed());
        }
        for input in SignedInput::IN_QUERY {
            let stage = Stage::of(input, idp.clone());
            let method = idp.signer().algorithm().uri();
            let outcome = stage.take_signed_by(&Forge::default(), method, |it| truly(&idp, it));
            assert_eq!(outcome, Outcome::Genuine, "{method}");
        }
    }
}

#[test]
fn a_changed_certificate_in_a_signature_changes_nothing() {
    let stage = Stage::new(SignedInput::Response);
    let stranger = stage_of(SignedInput::Response, FakeIdp::impostor()).signed();
    let signed = stage.signed();
    let theirs = cut(&stranger, "ds:X509Certificate");
    stage.accepts(&swap(&signed, cut(&signed, "ds:X509Certificate"), theirs));
    refuses_changed(EVERY, "sig.mismatch", |xml| {
        let value = cut(xml, "ds:SignatureValue");
        let first = &value["<ds:SignatureValue>".len()..][..1];
        let other = if first == "A" { "B" } else { "A" };
        let swapped = value.replacen(&format!(">{first}"), &format!(">{other}"), 1);
        swap(xml, value, &swapped)
    });
}

/// The order of the group of P-256: zero, to whoever computes in it.
const P256_ORDER: [u8; 32] = [
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
];

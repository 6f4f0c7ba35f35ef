//! Keys that nobody configured, and algorithms that nobody should use.

use aws_lc_rs::{digest, hmac};
use rsa::pkcs8::DecodePrivateKey as _;
use sso_core::config::{IdentityProvider, IdentityProviderError};
use sso_core::signature::{SignatureAlgorithm, VerifyingKey};
use sso_core::testkit::{FakeIdp, KeyKind, Signed};

use crate::desk::{Desk, says};
use crate::forge::{Forge, algorithm, cut, swap};

const PARTS: [&str; 2] = ["_assertion", "_response"];

fn unsigned(desk: &Desk) -> String {
    desk.response().sign(Signed::Neither).to_xml()
}

/// The provider with the keys of all `others` instead of its own.
fn believing(keys: &[&FakeIdp]) -> Desk {
    let keys: Vec<VerifyingKey> = keys.iter().map(|it| it.verifying_key()).collect();
    Desk::new().configured(|it| rebuilt(&it, keys))
}

pub(super) fn rebuilt(provider: &IdentityProvider, keys: Vec<VerifyingKey>) -> IdentityProvider {
    let (name, entity_id) = (provider.name().clone(), provider.entity_id().clone());
    let sign_in = vec![provider.sign_in_endpoint().unwrap().clone()];
    let sign_out = provider.sign_out_endpoint().cloned();
    IdentityProvider::new(name, entity_id, keys, sign_in)
        .unwrap()
        .with_sign_out(Vec::from_iter(sign_out))
}

#[test]
fn key_01_a_certificate_in_the_message_supplies_no_key() {
    let mut desk = Desk::new();
    desk.idp = FakeIdp::impostor();
    for signed in [Signed::Assertion, Signed::Response, Signed::Both] {
        desk.refuses(&desk.response().sign(signed), "sig.untrusted_key");
    }
}

#[test]
fn key_01_the_log_names_both_keys() {
    let mut desk = Desk::new();
    desk.idp = FakeIdp::impostor();
    let rejection = desk
        .verify(desk.response().to_xml().as_bytes())
        .unwrap_err();
    let keys =
        [FakeIdp::new(), FakeIdp::impostor()].map(|it| it.verifying_key().fingerprint().to_owned());
    says(&rejection, &keys.each_ref().map(String::as_str));
}

#[test]
fn key_02_the_right_certificate_does_not_make_a_signature_right() {
    let mut desk = Desk::new();
    let genuine = desk.response().to_xml();
    desk.idp = FakeIdp::impostor();
    let forged = desk.response().to_xml();
    let certificate = cut(&genuine, "ds:X509Certificate");
    let dressed = swap(&forged, cut(&forged, "ds:X509Certificate"), certificate);
    desk.refuses_xml(&dressed, "sig.mismatch");
}

#[test]
fn key_03_a_public_key_is_no_shared_secret() {
    let desk = Desk::new();
    for (uri, algorithm) in [
        (
            "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
            hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        ),
        (
            "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
            hmac::HMAC_SHA256,
        ),
    ] {
        for secret in [
            desk.idp.verifying_key().as_spki_der(),
            desk.idp.certificate().as_ref(),
        ] {
            let key = hmac::Key::new(algorithm, secret);
            let forge = by_method(uri);
            let sign = |octets: &[u8]| hmac::sign(&key, octets).as_ref().to_vec();
            for id in PARTS {
                let forged = forge.sign_by(&unsigned(&desk), id, sign);
                desk.refuses_xml(&forged, "sig.alg_key_mismatch");
            }
        }
    }
}

#[test]
fn key_04_algorithms_have_no_parameters() {
    let desk = Desk::new();
    for length in ["0", "1", "8"] {
        let parameter =
            format!("<ds:HMACOutputLength>{length}</ds:HMACOutputLength></ds:SignatureMethod>");
        let forge = Forge::default().with(|it| {
            it.signature_method = swap(&it.signature_method, "</ds:SignatureMethod>", &parameter);
        });
        desk.refuses_xml(
            &forge.sign(&desk.idp, &unsigned(&desk), "_assertion"),
            "sig.alg",
        );
    }
}

#[test]
fn key_05_an_algorithm_goes_with_its_kind_of_key() {
    let ecdsa = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
    let rsa = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    let dsa = "http://www.w3.org/2000/09/xmldsig#dsa-sha1";
    for (kind, uri) in [
        (KeyKind::Rsa2048, ecdsa),
        (KeyKind::P256, rsa),
        (KeyKind::Rsa2048, dsa),
    ] {
        let desk = Desk::of(FakeIdp::with_key(kind));
        for id in PARTS {
            let forged = by_method(uri).sign(&desk.idp, &unsigned(&desk), id);
            desk.refuses_xml(&forged, "sig.alg_key_mismatch");
        }
    }
}

#[test]
fn key_06_sha_1_is_refused_unless_it_is_allowed_for_the_provider() {
    let accepting = |it: IdentityProvider| it.dangerous().accept_sha1().done();
    let (strict, lenient) = (Desk::new(), Desk::new().configured(accepting));
    for id in PARTS {
        let forged = sha1().sign_by(&unsigned(&strict), id, |octets| {
            sign_sha1(&strict.idp, octets)
        });
        strict.refuses_xml(&forged, "sig.alg");
        lenient.accepts_xml(&forged);
    }
}

#[test]
fn key_06_a_sha_1_digest_under_a_better_signature_is_refused_too() {
    let desk = Desk::new();
    let forge = Forge::default().with(|it| {
        it.digest_method = sha1().digest_method;
        it.hash = &digest::SHA1_FOR_LEGACY_USE_ONLY;
    });
    desk.refuses_xml(
        &forge.sign(&desk.idp, &unsigned(&desk), "_assertion"),
        "sig.alg",
    );
}

#[test]
fn key_06_md5_is_refused_whatever_is_allowed() {
    let desk = Desk::new().configured(|it| it.dangerous().accept_sha1().done());
    let method = by_method("http://www.w3.org/2001/04/xmldsig-more#rsa-md5");
    desk.refuses_xml(
        &method.sign(&desk.idp, &unsigned(&desk), "_assertion"),
        "sig.alg",
    );
    let digest = Forge::default().with(|it| {
        it.digest_method = algorithm("DigestMethod", "http://www.w3.org/2001/04/xmldsig-more#md5");
    });
    desk.refuses_xml(
        &digest.sign(&desk.idp, &unsigned(&desk), "_assertion"),
        "sig.alg",
    );
}

#[test]
fn key_07_an_algorithm_is_spelled_exactly() {
    let desk = Desk::new();
    for uri in [
        "",
        "urn:unknown",
        "http://www.w3.org/2001/04/xmldsig-more#RSA-SHA256",
        "HTTP://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256 ",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256#x",
        "https://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        "rsa-sha256",
    ] {
        let forged = by_method(uri).sign(&desk.idp, &unsigned(&desk), "_assertion");
        desk.refuses_xml(&forged, "sig.alg");
    }
}

#[test]
fn key_08_degenerate_ecdsa_signatures_hold_for_nothing() {
    let order = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";
    let order: Vec<u8> = (0..32)
        .map(|it| u8::from_str_radix(&order[2 * it..2 * it + 2], 16).unwrap())
        .collect();
    let mut one = [0; 32];
    one[31] = 1;
    let desk = Desk::of(FakeIdp::with_key(KeyKind::P256));
    let ecdsa = by_method(SignatureAlgorithm::EcdsaSha256.uri());
    for signature in [
        vec![0; 64],
        [&order[..], &order].concat(),
        [&one[..], &order].concat(),
        [&[0; 32][..], &one].concat(),
        vec![0; 63],
        vec![0; 65],
        vec![0; 96],
        vec![0xFF; 64],
        Vec::new(),
        // DER of r = s = 1.
        vec![0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01],
    ] {
        let forged = ecdsa.sign_by(&unsigned(&desk), "_assertion", |_| signature.clone());
        desk.refuses_xml(&forged, "sig.mismatch");
    }
}

#[test]
fn key_09_an_rsa_signature_is_as_long_as_the_modulus() {
    let desk = Desk::new();
    for signature in [
        vec![],
        vec![0],
        vec![0; 255],
        vec![0; 256],
        vec![1; 256],
        vec![0xFF; 256],
        vec![0; 257],
    ] {
        let forged =
            Forge::default().sign_by(&unsigned(&desk), "_assertion", |_| signature.clone());
        desk.refuses_xml(&forged, "sig.mismatch");
    }
    let padded = |octets: &[u8]| {
        let signature = futures_executor::block_on(desk.idp.signer().sign(octets)).unwrap();
        [&[0][..], &signature].concat()
    };
    desk.refuses_xml(
        &Forge::default().sign_by(&unsigned(&desk), "_assertion", padded),
        "sig.mismatch",
    );
}

#[test]
fn key_10_a_provider_without_key_cannot_be_configured() {
    let provider = FakeIdp::new().identity_provider("fake");
    let sign_in = vec![provider.sign_in_endpoint().unwrap().clone()];
    let (name, entity_id) = (provider.name().clone(), provider.entity_id().clone());
    let error = IdentityProvider::new(name, entity_id, Vec::new(), sign_in).unwrap_err();
    assert_eq!(error, IdentityProviderError::NoKey);
}

#[test]
fn key_13_a_provider_signs_for_itself_only() {
    let (first, second) = (FakeIdp::new(), FakeIdp::another());
    for signed in [Signed::Assertion, Signed::Response] {
        let mut desk = Desk::of(first.clone());
        desk.providers.push(second.identity_provider("second"));
        desk.idp = second.clone().named(first.entity_id());
        desk.refuses(&desk.response().sign(signed), "sig.untrusted_key");

        desk.idp = second.clone();
        desk.pending = Some(crate::desk::pending("second"));
        desk.accepts(&desk.response().sign(signed));
    }
}

#[test]
fn key_15_certificates_in_the_message_are_not_chosen_from() {
    let mut desk = Desk::new();
    let genuine = cut(&desk.response().to_xml(), "ds:X509Data").to_owned();
    desk.idp = FakeIdp::impostor();
    for place in ["<ds:X509Data>", "</ds:KeyInfo>"] {
        let genuine = genuine.clone();
        let response = desk
            .response()
            .tamper(move |xml| crate::forge::before(xml, place, &genuine));
        let rejection = desk.verify(response.to_xml().as_bytes()).unwrap_err();
        let codes = ["sig.untrusted_key", "sig.mismatch"];
        assert!(codes.contains(&rejection.code()), "{rejection}");
    }
}

#[test]
fn key_16_nothing_is_fetched_for_a_key() {
    let desk = Desk::new();
    for key_info in [
        r#"<ds:RetrievalMethod URI="http://127.0.0.1:1/key"/>"#,
        r#"<ds:RetrievalMethod URI="file:///etc/passwd"/>"#,
        r#"<dsig11:KeyInfoReference xmlns:dsig11="http://www.w3.org/2009/xmldsig11#" URI="http://127.0.0.1:1/key"/>"#,
    ] {
        desk.accepts(
            &desk
                .response()
                .tamper(move |xml| with_key_info(xml, key_info)),
        );
    }
}

#[test]
fn key_17_whatever_is_in_a_key_info_does_not_matter() {
    let desk = Desk::new();
    for key_info in [
        "",
        "<ds:KeyName>x</ds:KeyName>",
        "<ds:X509Data/>",
        "<ds:X509Data><ds:X509Certificate>not base64!</ds:X509Certificate></ds:X509Data>",
        "<ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data>",
        "<ds:X509Data><ds:X509Certificate><x/></ds:X509Certificate></ds:X509Data>",
        "<ds:KeyValue><ds:DSAKeyValue/></ds:KeyValue>",
        "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AA==</ds:Modulus><ds:Exponent/></ds:RSAKeyValue></ds:KeyValue>",
        r#"<ds:KeyValue><x:ECKeyValue xmlns:x="http://www.w3.org/2009/xmldsig11#"/></ds:KeyValue>"#,
    ] {
        desk.accepts(
            &desk
                .response()
                .tamper(move |xml| with_key_info(xml, key_info)),
        );
    }
}

#[test]
fn key_19_rsa_pss_is_refused_by_name() {
    let desk = Desk::new();
    for uri in [
        "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
        "http://www.w3.org/2007/05/xmldsig-more#rsa-pss",
    ] {
        let forged = by_method(uri).sign(&desk.idp, &unsigned(&desk), "_assertion");
        desk.refuses_xml(&forged, "sig.alg");
        let rejection = desk.verify(forged.as_bytes()).unwrap_err();
        says(&rejection, &[uri]);
    }
}

#[test]
fn key_20_every_configured_key_counts_and_no_removed_one() {
    let (old, new) = (FakeIdp::impostor(), FakeIdp::new());
    for signer in [&old, &new] {
        let mut desk = believing(&[&old, &new]);
        desk.idp = signer.clone();
        desk.accepts(&desk.response());
    }
    let mut desk = believing(&[&new]);
    desk.idp = old;
    desk.refuses(&desk.response(), "sig.untrusted_key");
}

#[test]
fn dos_14_more_keys_than_are_ever_tried_cannot_be_configured() {
    let provider = FakeIdp::new().identity_provider("fake");
    let keys = |count| vec![FakeIdp::new().verifying_key(); count];
    assert_eq!(rebuilt(&provider, keys(16)).keys().len(), 16);
    let sign_in = vec![provider.sign_in_endpoint().unwrap().clone()];
    let (name, entity_id) = (provider.name().clone(), provider.entity_id().clone());
    let error = IdentityProvider::new(name, entity_id, keys(17), sign_in).unwrap_err();
    assert_eq!(error, IdentityProviderError::TooManyKeys { found: 17 });
}

fn by_method(uri: &str) -> Forge {
    Forge::default().with(|it| it.signature_method = algorithm("SignatureMethod", uri))
}

pub(super) fn sha1() -> Forge {
    Forge::default().with(|it| {
        it.signature_method = algorithm(
            "SignatureMethod",
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        );
        it.digest_method = algorithm("DigestMethod", "http://www.w3.org/2000/09/xmldsig#sha1");
        it.hash = &digest::SHA1_FOR_LEGACY_USE_ONLY;
    })
}

/// RSA with SHA-1, which no signer of ours makes.
pub(super) fn sign_sha1(idp: &FakeIdp, octets: &[u8]) -> Vec<u8> {
    let key = rsa::PrivateKey::from_pkcs8_der(idp.private_key_der()).unwrap();
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, octets);
    // `DigestInfo` of SHA-1 (RFC 8017, 9.2).
    let prefix = [
        0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14,
    ];
    let info = [&prefix[..], digest.as_ref()].concat();
    key.sign(rsa::Pkcs1v15Sign::new_unprefixed(), &info)
        .unwrap()
}

fn with_key_info(xml: &str, content: &str) -> String {
    swap(
        xml,
        cut(xml, "ds:KeyInfo"),
        &format!("<ds:KeyInfo>{content}</ds:KeyInfo>"),
    )
}

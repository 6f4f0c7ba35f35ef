//! What is opened, and what is refused.

#[cfg(feature = "system-tests")]
mod openssl;
#[cfg(feature = "system-tests")]
mod xmlsec1;

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::saml::SAML;
use crate::signature::base64;
use crate::signature::test_keys::{OTHER_RSA, P256, RSA, TestKey};
use crate::xml::{Document, Limits};

#[test]
fn enc_04_opens_every_cipher_and_every_pair_of_hash_functions() {
    for cipher in [Cipher::Aes128Gcm, Cipher::Aes256Gcm] {
        for oaep in PAIRS {
            let encryption = Encryption::to(&RSA.certificate)
                .with_cipher(cipher)
                .with_oaep(oaep);
            assert_eq!(opened(&encryption), PLAINTEXT, "{cipher:?} {oaep:?}");
        }
    }
}

#[test]
fn enc_06_opens_keys_inside_beside_and_referred_to() {
    for place in [KeyPlace::Inside, KeyPlace::Beside, KeyPlace::Referred] {
        let encryption = Encryption::to(&RSA.certificate).with_key_at(place);
        assert_eq!(opened(&encryption), PLAINTEXT, "{place:?}");
    }
}

#[test]
fn enc_06_finds_our_key_among_those_of_others() {
    for place in [KeyPlace::Inside, KeyPlace::Referred] {
        let encryption = Encryption::to(&OTHER_RSA.certificate)
            .and_to(&RSA.certificate)
            .with_key_at(place);
        assert_eq!(opened(&encryption), PLAINTEXT, "{place:?}");
    }
}

#[test]
fn enc_13_opens_what_is_for_an_old_key() {
    let xml = Encryption::to(&OTHER_RSA.certificate).assertion(PLAINTEXT);
    let keys = [key(&RSA), key(&OTHER_RSA)];
    assert_eq!(
        *decrypt_with(&xml, &keys, &STRICT).unwrap(),
        *PLAINTEXT.as_bytes()
    );
    assert_eq!(refusal(&xml), EncryptionError::Failed);
}

#[test]
fn of_many_keys_the_first_four_are_tried() {
    let xml = Encryption::to(&RSA.certificate).assertion(PLAINTEXT);
    let other = key(&OTHER_RSA);
    let with = |others: usize| {
        let mut keys = vec![other.clone(); others];
        keys.push(key(&RSA));
        decrypt_with(&xml, &keys, &STRICT)
    };
    assert!(with(3).is_ok());
    assert_eq!(with(4).unwrap_err(), EncryptionError::Failed);
}

#[test]
fn enc_12_opens_an_encrypted_name() {
    let name = format!("<saml:NameID xmlns:saml=\"{SAML}\">alice</saml:NameID>");
    let xml = Encryption::to(&RSA.certificate).name_id(&name);
    assert_eq!(
        *decrypt_with(&xml, &OURS, &STRICT).unwrap(),
        *name.as_bytes()
    );
}

#[test]
fn enc_15_cbc_needs_an_exception() {
    let allowed = EncryptionPolicy::default().dangerous().allow_cbc();
    for cipher in [Cipher::Aes128Cbc, Cipher::Aes256Cbc] {
        let xml = Encryption::to(&RSA.certificate)
            .with_cipher(cipher)
            .assertion(PLAINTEXT);
        assert_eq!(
            refusal(&xml),
            EncryptionError::CbcRefused {
                found: cipher.uri()
            }
        );
        let opened = decrypt_with(&xml, &OURS, &allowed).unwrap();
        assert_eq!(*opened, *PLAINTEXT.as_bytes());
    }
}

#[test]
fn cbc_opens_texts_of_any_length() {
    let allowed = EncryptionPolicy::default().dangerous().allow_cbc();
    let encryption = Encryption::to(&RSA.certificate).with_cipher(Cipher::Aes128Cbc);
    for length in 1..=33 {
        let text = "x".repeat(length);
        let opened = decrypt_with(&encryption.assertion(&text), &OURS, &allowed);
        assert_eq!(*opened.unwrap(), *text.as_bytes());
    }
}

#[test]
fn enc_02_03_15_refuses_other_algorithms_by_name() {
    let gcm = Cipher::Aes256Gcm.uri();
    let ciphers = [
        "http://www.w3.org/2001/04/xmlenc#tripledes-cbc",
        "http://www.w3.org/2001/04/xmlenc#aes192-cbc",
        "http://www.w3.org/2009/xmlenc11#aes192-gcm",
        "http://www.w3.org/2009/xmlenc11#AES256-GCM",
        "",
    ];
    for cipher in ciphers {
        assert_eq!(
            refusal(&sample().replace(gcm, cipher)).code(),
            "enc.alg",
            "{cipher}"
        );
    }
    let transports = [
        "http://www.w3.org/2001/04/xmlenc#rsa-1_5",
        "http://www.w3.org/2001/04/xmlenc#kw-aes256",
        "",
    ];
    for transport in transports {
        let xml = sample().replace(Oaep::MGF1P, transport);
        assert_eq!(refusal(&xml).code(), "enc.alg", "{transport}");
    }
}

#[test]
fn enc_04_refuses_other_hash_functions_masks_and_labels() {
    let sha512 = "http://www.w3.org/2001/04/xmlenc#sha512";
    let xml = sample().replace(Hash::Sha1.digest_uri(), sha512);
    assert_eq!(refusal(&xml).code(), "enc.alg");

    let both = Oaep {
        digest: Hash::Sha256,
        mask: Hash::Sha256,
    };
    let masked = Encryption::to(&RSA.certificate)
        .with_oaep(both)
        .assertion(PLAINTEXT);
    let xml = masked.replace(
        Hash::Sha256.mask_uri(),
        "http://www.w3.org/2009/xmlenc11#mgf1sha512",
    );
    assert_eq!(refusal(&xml).code(), "enc.alg");
    assert_eq!(
        refusal(&masked.replace(Oaep::ANY_MASK, Oaep::MGF1P)).code(),
        "enc.malformed"
    );

    let labelled = |label: &str| {
        let label = format!("<xenc:OAEPparams>{label}</xenc:OAEPparams><ds:DigestMethod");
        sample().replace("<ds:DigestMethod", &label)
    };
    assert_eq!(refusal(&labelled("eA==")).code(), "enc.malformed");
    assert!(decrypt_with(&labelled(""), &OURS, &STRICT).is_ok());
}

#[test]
fn a_mask_that_is_not_named_is_sha_1() {
    let xml = sample().replace(Oaep::MGF1P, Oaep::ANY_MASK);
    assert!(decrypt_with(&xml, &OURS, &STRICT).is_ok());
}

#[test]
fn a_key_that_we_cannot_unwrap_anyway_does_not_hide_ours() {
    let xml = Encryption::to(&OTHER_RSA.certificate)
        .and_to(&RSA.certificate)
        .assertion(PLAINTEXT);
    let xml = xml.replacen(Oaep::MGF1P, "http://www.w3.org/2001/04/xmlenc#rsa-1_5", 1);
    assert!(decrypt_with(&xml, &OURS, &STRICT).is_ok());
}

#[test]
fn enc_02_whatever_byte_is_changed_the_answer_is_the_same() {
    let (before, value, after) = last_cipher_value(&sample());
    let octets = base64::decode(&value).unwrap();
    for index in [
        0,
        11,
        12,
        octets.len() / 2,
        octets.len() - 16,
        octets.len() - 1,
    ] {
        let mut changed = octets.clone();
        changed[index] ^= 1;
        let xml = [before.as_str(), &base64::encode(&changed), &after].concat();
        assert_eq!(refusal(&xml), EncryptionError::Failed, "{index}");
    }
}

#[test]
fn enc_02_a_changed_key_is_answered_like_a_changed_text() {
    let xml = sample();
    let start = xml.find("<xenc:CipherValue>").unwrap() + 40;
    for letter in ["A", "B", "C"] {
        let changed = [&xml[..start], letter, &xml[start + 1..]].concat();
        if changed != xml {
            assert_eq!(refusal(&changed), EncryptionError::Failed);
        }
    }
}

#[test]
fn enc_05_refuses_ciphertexts_of_impossible_length() {
    for length in [0, 1, 12, 28] {
        assert_eq!(
            refusal(&with_octets(&sample(), length)).code(),
            "enc.malformed",
            "{length}"
        );
    }
    assert_eq!(
        refusal(&with_octets(&sample(), 29)),
        EncryptionError::Failed
    );

    let allowed = EncryptionPolicy::default().dangerous().allow_cbc();
    let cbc = Encryption::to(&RSA.certificate)
        .with_cipher(Cipher::Aes256Cbc)
        .assertion(PLAINTEXT);
    for length in [0, 16, 31, 33] {
        let refused = decrypt_with(&with_octets(&cbc, length), &OURS, &allowed);
        assert_eq!(refused.unwrap_err().code(), "enc.malformed", "{length}");
    }
}

#[test]
fn enc_05_refuses_keys_of_impossible_length() {
    let with = |length: usize| {
        let xml = sample();
        let (start, end) = value_place(&xml, xml.find("<xenc:CipherValue>").unwrap());
        [
            &xml[..start],
            &base64::encode(&vec![7; length]),
            &xml[end..],
        ]
        .concat()
    };
    assert_eq!(refusal(&with(0)).code(), "enc.malformed");
    assert_eq!(refusal(&with(1025)).code(), "enc.malformed");
    for length in [1, 255, 256, 257, 1024] {
        assert_eq!(refusal(&with(length)), EncryptionError::Failed, "{length}");
    }
}

#[test]
fn enc_06_follows_no_reference() {
    let reference = r#"<xenc:CipherReference URI="http://169.254.169.254/"/>"#;
    let (before, _, after) = last_cipher_value(&sample());
    let xml = [before, after]
        .concat()
        .replace("<xenc:CipherValue></xenc:CipherValue>", reference);
    assert_eq!(
        refusal(&xml),
        EncryptionError::Reference {
            found: "http://169.254.169.254/".into()
        }
    );
}

#[test]
fn key_16_a_key_is_retrieved_from_beside_the_content_only() {
    let xml = Encryption::to(&RSA.certificate)
        .with_key_at(KeyPlace::Referred)
        .assertion(PLAINTEXT);
    for uri in [
        "",
        "#",
        "#_key1",
        "_key0",
        "https://evil.example/#_key0",
        "#xpointer(id('_key0'))",
    ] {
        let xml = xml.replace("#_key0", uri);
        assert_eq!(
            refusal(&xml),
            EncryptionError::Reference { found: uri.into() }
        );
    }
    let transformed = xml.replace(
        "URI=\"#_key0\"/>",
        "URI=\"#_key0\"><ds:Transforms/></ds:RetrievalMethod>",
    );
    assert_eq!(refusal(&transformed).code(), "enc.reference");
}

#[test]
fn refuses_what_lacks_a_part_or_has_one_too_many() {
    let parts = [
        ("<xenc:EncryptedData ", "<xenc:Other "),
        ("<xenc:CipherValue>", "<xenc:CipherValue><a/>"),
        ("#Element\"", "#Content\""),
        ("<xenc:EncryptedKey ", "<saml:Advice/><xenc:EncryptedKey "),
    ];
    let xml = Encryption::to(&RSA.certificate)
        .with_key_at(KeyPlace::Beside)
        .assertion(PLAINTEXT);
    for (part, other) in parts {
        let changed = xml.replace(part, other).replace(
            "</xenc:EncryptedData",
            match part {
                "<xenc:EncryptedData " => "</xenc:Other",
                _ => "</xenc:EncryptedData",
            },
        );
        assert_eq!(refusal(&changed).code(), "enc.malformed", "{part}");
    }
    let twice = xml.replace("<xenc:CipherData>", "<xenc:CipherData/><xenc:CipherData>");
    assert_eq!(refusal(&twice).code(), "enc.malformed");
    assert_eq!(
        refusal(&format!("<a xmlns=\"{SAML}\"/>")).code(),
        "enc.malformed"
    );
}

#[test]
fn four_encrypted_keys_are_tried_and_five_refused() {
    let with = |others: usize| {
        let encryption = Encryption::to(&RSA.certificate);
        let others = (0..others).map(|_| &OTHER_RSA.certificate);
        others
            .fold(encryption, Encryption::and_to)
            .assertion(PLAINTEXT)
    };
    assert!(decrypt_with(&with(3), &OURS, &STRICT).is_ok());
    assert_eq!(
        refusal(&with(4)),
        EncryptionError::TooManyKeys { found: 5, max: 4 }
    );
}

#[test]
fn without_a_key_of_ours_the_answer_says_so() {
    assert_eq!(
        decrypt_with(&sample(), &[], &STRICT).unwrap_err(),
        EncryptionError::NoKey
    );
}

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

#[test]
fn a_key_and_a_certificate_must_be_a_pair() {
    let from = |key: &TestKey, certificate: &TestKey| {
        DecryptionKey::from_pkcs8_der(&key.pkcs8, certificate.certificate.clone())
    };
    assert!(matches!(
        from(&RSA, &OTHER_RSA),
        Err(DecryptionKeyError::NotAPair)
    ));
    assert!(matches!(from(&P256, &P256), Err(DecryptionKeyError::Key)));
    assert_eq!(from(&RSA, &RSA).unwrap().certificate(), &RSA.certificate);
}

#[test]
fn a_key_is_read_from_pem_and_not_shown() {
    let made = crate::cert::SelfSigned::for_saml("sso", crate::UnixTime::from_secs(1_800_000_000));
    let made = made.unwrap();
    let key = DecryptionKey::from_pem(made.key_pem(), made.certificate_pem()).unwrap();
    assert_eq!(key.certificate(), made.certificate());
    assert_eq!(format!("{key:?}"), "DecryptionKey { .. }");
    let swapped = DecryptionKey::from_pem(made.certificate_pem(), made.key_pem());
    assert!(matches!(swapped, Err(DecryptionKeyError::Pem(_))));
}

fn sample() -> String {
    Encryption::to(&RSA.certificate).assertion(PLAINTEXT)
}

fn opened(encryption: &Encryption) -> String {
    let plaintext = decrypt_with(&encryption.assertion(PLAINTEXT), &OURS, &STRICT);
    String::from_utf8(plaintext.unwrap().to_vec()).unwrap()
}

/// What becomes of `inside` if `outside` is declared around it.
fn opened_at(inside: &str, outside: &str) -> String {
    let xml = Encryption::to(&RSA.certificate).assertion(inside);
    let xml = format!("<r {outside}>{xml}</r>");
    let document = Document::parse(xml.as_bytes(), &Limits::message()).unwrap();
    let encrypted = document.root().children().next().unwrap();
    let plaintext = decrypt(encrypted, &OURS, &STRICT).unwrap();
    String::from_utf8(plaintext.to_vec()).unwrap()
}

fn decrypt_with(
    xml: &str,
    keys: &[DecryptionKey],
    policy: &EncryptionPolicy,
) -> Result<Zeroizing<Vec<u8>>, EncryptionError> {
    let document = Document::parse(xml.as_bytes(), &Limits::message()).unwrap();
    decrypt(document.root(), keys, policy)
}

fn refusal(xml: &str) -> EncryptionError {
    decrypt_with(xml, &OURS, &STRICT).unwrap_err()
}

fn key(key: &TestKey) -> DecryptionKey {
    DecryptionKey::from_pkcs8_der(&key.pkcs8, key.certificate.clone()).unwrap()
}

/// `xml` with a content of `length` bytes.
fn with_octets(xml: &str, length: usize) -> String {
    let (before, _, after) = last_cipher_value(xml);
    [before, base64::encode(&vec![7; length]), after].concat()
}

fn last_cipher_value(xml: &str) -> (String, String, String) {
    let (start, end) = value_place(xml, xml.rfind("<xenc:CipherValue>").unwrap());
    (
        xml[..start].into(),
        xml[start..end].into(),
        xml[end..].into(),
    )
}

fn value_place(xml: &str, tag: usize) -> (usize, usize) {
    let start = tag + "<xenc:CipherValue>".len();
    (start, start + xml[start..].find('<').unwrap())
}

fn sorted(tag: &str) -> Vec<&str> {
    let mut parts: Vec<_> = tag.split(' ').collect();
    parts.sort_unstable();
    parts
}

static SAMPLE: LazyLock<String> = LazyLock::new(sample);
static OURS: LazyLock<Vec<DecryptionKey>> = LazyLock::new(|| vec![key(&RSA)]);
static STRICT: LazyLock<EncryptionPolicy> = LazyLock::new(EncryptionPolicy::default);
const PLAINTEXT: &str = "<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"/>";
const PAIRS: [Oaep; 4] = [
    Oaep {
        digest: Hash::Sha1,
        mask: Hash::Sha1,
    },
    Oaep {
        digest: Hash::Sha1,
        mask: Hash::Sha256,
    },
    Oaep {
        digest: Hash::Sha256,
        mask: Hash::Sha1,
    },
    Oaep {
        digest: Hash::Sha256,
        mask: Hash::Sha256,
    },
];

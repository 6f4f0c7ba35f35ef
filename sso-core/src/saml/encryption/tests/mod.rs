//! What is opened, and what is refused.

mod inside;
mod opens;
#[cfg(feature = "system-tests")]
mod openssl;
mod refuses;
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

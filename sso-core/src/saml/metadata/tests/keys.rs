//! Which keys of a provider count.

use rcgen::{
    CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, PublicKeyData,
    SignatureAlgorithm, SigningKey,
};

use super::samples::{NOON, SIGNING, descriptor, entity, key, provider, read, refusal, x509};
use crate::saml::metadata::MetadataError;
use crate::signature::test_keys::{P256, RSA, TestKey};
use crate::signature::{KeyError, base64};

#[test]
fn key_12_a_key_for_encryption_alone_never_verifies() {
    for usage in [r#"use="encryption""#, r#"use="""#, r#"use="sign""#] {
        let metadata = entity("urn:idp", &provider(&key(usage, &RSA)));
        assert_eq!(refusal(&metadata), MetadataError::NoSigningKey, "{usage}");
    }
}

#[test]
fn key_11_a_key_without_stated_use_verifies() {
    let metadata = read(&entity("urn:idp", &provider(&key("", &RSA)))).unwrap();
    assert_eq!(metadata.signing_keys(), [RSA.verifying_key()]);
}

#[test]
fn key_18_a_certificate_that_has_expired_brings_its_key_along() {
    let expired = expired_key();
    let metadata = read(&entity("urn:idp", &provider(&key("", &expired)))).unwrap();
    assert_eq!(metadata.signing_keys(), [expired.verifying_key()]);
    assert!(metadata.signing_certificates()[0].validity.until < NOON);
}

#[test]
fn a_key_that_stands_there_twice_counts_once() {
    let keys = [key("", &RSA), key(SIGNING, &RSA), key(SIGNING, &P256)].concat();
    let metadata = read(&entity("urn:idp", &provider(&keys))).unwrap();
    assert_eq!(metadata.signing_keys().len(), 2);
    assert_eq!(metadata.signing_certificates().len(), 2);
}

#[test]
fn of_a_chain_of_certificates_only_the_first_is_the_providers() {
    let chain = key(SIGNING, &RSA).replace(
        "</ds:X509Data>",
        &format!("{}</ds:X509Data>", x509(&base64::encode(&P256.certificate))),
    );
    let metadata = read(&entity("urn:idp", &provider(&chain))).unwrap();
    assert_eq!(metadata.signing_keys(), [RSA.verifying_key()]);
}

#[test]
fn a_key_that_cannot_be_used_is_passed_over_if_another_can() {
    let keys = [broken_key(), weak_key(), key(SIGNING, &P256)].concat();
    let metadata = read(&entity("urn:idp", &provider(&keys))).unwrap();
    assert_eq!(metadata.signing_keys(), [P256.verifying_key()]);
    assert_eq!(
        metadata.skipped_keys(),
        [KeyError::Malformed, KeyError::TooShort { bits: 1024 }]
    );
}

#[test]
fn key_09_a_key_that_can_be_broken_is_refused() {
    let metadata = entity("urn:idp", &provider(&weak_key()));
    assert_eq!(refusal(&metadata), MetadataError::WeakKey { bits: 1024 });
    let metadata = entity("urn:idp", &provider(&broken_key()));
    assert_eq!(refusal(&metadata), MetadataError::Key(KeyError::Malformed));
}

#[test]
fn key_10_metadata_without_any_key_is_refused() {
    let metadata = entity("urn:idp", &provider(""));
    assert_eq!(refusal(&metadata), MetadataError::NoSigningKey);
}

#[test]
fn sixteen_keys_are_read_and_seventeen_refused() {
    let keys: Vec<_> = (0..17)
        .map(|_| key(SIGNING, &new_key(&CertificateParams::default())))
        .collect();
    let with = |count: usize| entity("urn:idp", &provider(&keys[..count].concat()));
    assert_eq!(read(&with(16)).unwrap().signing_keys().len(), 16);
    assert_eq!(
        refusal(&with(17)),
        MetadataError::TooManyKeys { found: 17, max: 16 }
    );
}

fn weak_key() -> String {
    let certificate = CertificateParams::default()
        .self_signed(&ShortKey(short_key()))
        .unwrap();
    descriptor(SIGNING, &base64::encode(certificate.der()))
}

fn broken_key() -> String {
    descriptor(SIGNING, "bm90IGEgY2VydGlmaWNhdGU=")
}

fn expired_key() -> TestKey {
    let mut params = CertificateParams::default();
    params.not_before = rcgen::date_time_ymd(2010, 1, 1);
    params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    new_key(&params)
}

fn new_key(params: &CertificateParams) -> TestKey {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    TestKey {
        pkcs8: key.serialize_der(),
        certificate: params.self_signed(&key).unwrap().der().clone(),
    }
}

/// An `RSAPublicKey` of 1024 bits, which nobody makes any more.
fn short_key() -> Vec<u8> {
    let modulus = [0xA5; 128];
    [
        &[0x30, 0x81, 0x89, 0x02, 0x81, 0x81, 0][..],
        &modulus,
        &[0x02, 3, 1, 0, 1],
    ]
    .concat()
}

/// "Signs" with a key that exists in public only.
struct ShortKey(Vec<u8>);

impl PublicKeyData for ShortKey {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

impl SigningKey for ShortKey {
    fn sign(&self, _message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(vec![0; 128])
    }
}

//! SAML messages are signed and opened by a key on a token.

use rustls::pki_types::CertificateDer;
use sso_core::saml::encryption::{Decrypter as _, Hash, Oaep};
use sso_core::signature::{
    Algorithms, SignatureAlgorithm, Signer as _, VerifyingKey, sign_enveloped, verify_enveloped,
    verify_octets,
};
use sso_core::xml::{Document, Limits};
use sso_sync::keeper::pkcs11::TokenKey;

use crate::token::{Kind, TestToken};

#[tokio::test]
async fn a_signature_of_every_kind_of_key_is_verified() {
    let token = TestToken::new();
    for (kind, algorithm) in [
        (Kind::P256, SignatureAlgorithm::EcdsaSha256),
        (Kind::P384, SignatureAlgorithm::EcdsaSha384),
        (Kind::Rsa, SignatureAlgorithm::RsaSha256),
    ] {
        let (key, certificate) = key(&token, kind);
        assert_eq!(key.algorithm(), algorithm);
        assert_eq!(*key.certificate(), certificate);
        let signature = key.sign(b"message").await.unwrap();
        let keys = [VerifyingKey::from_certificate_der(&certificate).unwrap()];
        let verify = |message| {
            verify_octets(
                algorithm.uri(),
                message,
                &signature,
                &keys,
                &Algorithms::new(),
            )
        };
        assert!(verify(b"message").is_ok(), "{kind:?}");
        assert!(verify(b"another").is_err(), "{kind:?}");
    }
}

#[tokio::test]
async fn a_message_that_was_signed_on_the_token_passes_our_verifier() {
    let token = TestToken::new();
    let (key, certificate) = key(&token, Kind::Rsa);
    let message = "<a ID=\"_1\" xmlns=\"urn:test\"><b>text</b></a>";
    let signed = sign_enveloped(message, "_1", &key).await.unwrap();
    let document = Document::parse(signed.as_ref(), &Limits::message()).unwrap();
    let keys = [VerifyingKey::from_certificate_der(&certificate).unwrap()];
    verify_enveloped(document.root(), &keys, &Algorithms::new()).unwrap();
}

#[tokio::test]
async fn what_was_encrypted_to_the_certificate_is_opened_on_the_token() {
    let token = TestToken::new();
    let (key, certificate) = key(&token, Kind::Rsa);
    let wrapped = encrypt(&certificate, b"a content key");
    let opened = key.decrypt(SHA1, &wrapped).unwrap();
    assert_eq!(*opened, b"a content key");
}

#[tokio::test]
async fn what_was_not_encrypted_to_it_is_not_opened_and_harms_nothing() {
    let token = TestToken::new();
    let (key, certificate) = key(&token, Kind::Rsa);
    let mut wrapped = encrypt(&certificate, b"a content key");
    for octets in [
        vec![],
        vec![7; 16],
        vec![7; 256],
        vec![0xff; 256],
        vec![7; 5000],
    ] {
        assert!(key.decrypt(SHA1, &octets).is_none());
    }
    wrapped[100] ^= 1;
    assert!(key.decrypt(SHA1, &wrapped).is_none());
    wrapped[100] ^= 1;
    assert!(key.decrypt(SHA1, &wrapped).is_some());
}

/// RSAES-OAEP with SHA-1 is all that SoftHSM has.
fn encrypt(certificate: &CertificateDer<'_>, secret: &[u8]) -> Vec<u8> {
    use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PublicEncryptingKey};

    let public = VerifyingKey::from_certificate_der(certificate).unwrap();
    let key = PublicEncryptingKey::from_der(public.as_spki_der()).unwrap();
    let key = OaepPublicEncryptingKey::new(key).unwrap();
    let mut octets = vec![0; key.ciphertext_size()];
    let length = key
        .encrypt(&OAEP_SHA1_MGF1SHA1, secret, &mut octets, None)
        .unwrap()
        .len();
    octets.truncate(length);
    octets
}

fn key(token: &TestToken, kind: Kind) -> (TokenKey, CertificateDer<'static>) {
    let label = format!("{kind:?}");
    let certificate = token.make_key(&label, kind);
    let key = TokenKey::open(token.open(), &label, vec![certificate.clone()]).unwrap();
    (key, certificate)
}

const SHA1: Oaep = Oaep {
    digest: Hash::Sha1,
    mask: Hash::Sha1,
};

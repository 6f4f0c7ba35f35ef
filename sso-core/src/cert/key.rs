//! Private keys: to which certificate do they belong, and in one form whatever they came in.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair,
};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rustls_pki_types::PrivateKeyDer;
use zeroize::Zeroizing;

/// A private key of a kind that is used: RSA from 2048 bits, ECDSA on P-256, P-384 or P-521, or
/// Ed25519.
pub(crate) enum KnownKey {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

impl KnownKey {
    /// Reads PKCS#8, PKCS#1 or SEC 1; `None` if it is of another kind, or too weak.
    pub(crate) fn read(key: &PrivateKeyDer<'_>) -> Option<Self> {
        let der = key.secret_der();
        rsa(der).or_else(|| ecdsa(der)).or_else(|| ed25519(der))
    }

    /// The public half, as it stands in a certificate.
    pub(crate) fn public(&self) -> Vec<u8> {
        match self {
            Self::Ecdsa(key) => key.public_key().as_ref().to_vec(),
            Self::Ed25519(key) => key.public_key().as_ref().to_vec(),
            Self::Rsa(key) => key.public_key().as_ref().to_vec(),
        }
    }
}

/// A section of PEM, with lines of 64 characters (RFC 7468).
pub(crate) fn pem(label: &str, der: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(BASE64_STANDARD.encode(der));
    let mut text = Zeroizing::new(String::with_capacity(body.len() + body.len() / 32 + 128));
    text.push_str(&format!("-----BEGIN {label}-----\n"));
    for (index, letter) in body.chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            text.push('\n');
        }
        text.push(letter);
    }
    text.push_str(&format!("\n-----END {label}-----\n"));
    text
}

fn rsa(der: &[u8]) -> Option<KnownKey> {
    let key = RsaKeyPair::from_pkcs8(der).or_else(|_| RsaKeyPair::from_der(der));
    key.ok().map(KnownKey::Rsa)
}

fn ecdsa(der: &[u8]) -> Option<KnownKey> {
    let curves = [
        &ECDSA_P256_SHA256_ASN1_SIGNING,
        &ECDSA_P384_SHA384_ASN1_SIGNING,
        &ECDSA_P521_SHA512_ASN1_SIGNING,
    ];
    let read = |curve| EcdsaKeyPair::from_private_key_der(curve, der).ok();
    curves.into_iter().find_map(read).map(KnownKey::Ecdsa)
}

fn ed25519(der: &[u8]) -> Option<KnownKey> {
    let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok()?;
    Some(KnownKey::Ed25519(key))
}

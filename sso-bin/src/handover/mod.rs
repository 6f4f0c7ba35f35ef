#![doc = include_str!("../docs/handover.md")]

use std::fmt;

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rsa::{
    OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, Pkcs1PublicEncryptingKey, PublicEncryptingKey,
};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256;
use rustls::crypto::hpke::{Hpke as _, HpkePublicKey};
use serde::Serialize;
use sso_core::user::{UserId, UserSecret};

/// The public key that an application sends as `key`.
pub struct ClientKey(Key);

impl ClientKey {
    /// Reads a key in base64url (RFC 4648, 5), with or without padding: an RSA key of 2048 to 4096
    /// bits as `SubjectPublicKeyInfo` in DER (RFC 5280, 4.1), or the 32 bytes of an X25519 key
    /// (RFC 7748, 5).
    ///
    /// `padding` applies to RSA keys.
    ///
    /// # Errors
    ///
    /// A [`ClientKeyError`] that the author of the application can act upon.
    pub fn parse(text: &str, padding: RsaPadding) -> Result<Self, ClientKeyError> {
        if text.len() > MAX_CHARS {
            return Err(ClientKeyError::TooLong { chars: text.len() });
        }
        let bytes = BASE64_URL_SAFE_NO_PAD
            .decode(text.trim_end_matches('='))
            .map_err(|_| ClientKeyError::NotBase64Url)?;
        match bytes.len() {
            0 => Err(ClientKeyError::Empty),
            X25519_BYTES => Ok(Self(Key::X25519(HpkePublicKey(bytes)))),
            _ => Self::rsa(&bytes, padding),
        }
    }

    /// Encrypts the `secret` of `user` to this key.
    ///
    /// HPKE also binds the answer to `user` and to `entity_id`, the entity ID of this service, so
    /// that it cannot be passed off as the secret of somebody else.
    ///
    /// # Errors
    ///
    /// [`SealError`] if the key is none that anything can be encrypted to, as an X25519 key of
    /// small order.
    pub fn seal(
        &self,
        secret: &UserSecret,
        user: &UserId,
        entity_id: &str,
    ) -> Result<SealedSecret, SealError> {
        let (alg, enc, ciphertext) = match &self.0 {
            Key::RsaOaep(key) => ("RSA-OAEP-256", None, oaep(key, secret)?),
            Key::RsaPkcs1v15(key) => ("RSA1_5", None, pkcs1v15(key, secret)?),
            Key::X25519(key) => {
                let (enc, ciphertext) = hpke(key, secret, user, entity_id)?;
                ("HPKE-X25519-HKDF-SHA256-AES-256-GCM", Some(enc), ciphertext)
            }
        };
        let encode = |bytes| BASE64_URL_SAFE_NO_PAD.encode::<Vec<u8>>(bytes);
        Ok(SealedSecret {
            alg,
            enc: enc.map(encode),
            ciphertext: encode(ciphertext),
            user: user.as_str().to_owned(),
        })
    }

    fn rsa(der: &[u8], padding: RsaPadding) -> Result<Self, ClientKeyError> {
        let key = PublicEncryptingKey::from_der(der).map_err(|_| ClientKeyError::NotAKey)?;
        let bits = key.key_size_bits();
        if !RSA_BITS.contains(&bits) {
            return Err(ClientKeyError::RsaSize { bits });
        }
        let key = match padding {
            RsaPadding::DangerousPkcs1v15 => {
                Pkcs1PublicEncryptingKey::new(key).map(Key::RsaPkcs1v15)
            }
            RsaPadding::Oaep => OaepPublicEncryptingKey::new(key).map(Key::RsaOaep),
        };
        key.map(Self).map_err(|_| ClientKeyError::NotAKey)
    }
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.0 {
            Key::RsaOaep(_) => "RSA-OAEP-256",
            Key::RsaPkcs1v15(_) => "RSA1_5",
            Key::X25519(_) => "X25519",
        };
        write!(f, "ClientKey({kind})")
    }
}

/// How a secret is padded for an RSA key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RsaPadding {
    /// PKCS#1 v1.5, for old applications, if `dangerous_allow_pkcs1v15_handover` is set: an
    /// application that tells apart how decryption failed gives the secret away (RFC 8017, 7.2).
    DangerousPkcs1v15,
    /// OAEP with SHA-256 for both hash and mask (RFC 8017, 7.1).
    #[default]
    Oaep,
}

/// A user's secret as only the holder of the private key can read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SealedSecret {
    /// `RSA-OAEP-256`, `HPKE-X25519-HKDF-SHA256-AES-256-GCM`, or `RSA1_5`.
    pub alg: &'static str,
    /// The encapsulated key of HPKE in base64url; nothing for RSA.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enc: Option<String>,
    /// The encrypted secret in base64url.
    pub ciphertext: String,
    /// Whose secret it is: our identifier of the user.
    pub user: String,
}

/// Why a `key` was refused.
#[non_exhaustive]
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientKeyError {
    /// There is nothing in it.
    #[error("the key is empty")]
    Empty,
    /// Neither kind of key.
    #[error(
        "the key is neither an RSA key in DER (SubjectPublicKeyInfo) nor the 32 bytes of an X25519 key"
    )]
    NotAKey,
    /// Standard base64, for instance.
    #[error("the key is not base64url (`-` and `_`, no spaces)")]
    NotBase64Url,
    /// Too short to be safe, or absurdly long.
    #[error("the RSA key has {bits} bits; 2048 to 4096 are accepted")]
    RsaSize {
        /// Length of the modulus.
        bits: usize,
    },
    /// More than any accepted key needs.
    #[error("the key has {chars} characters; no accepted key has more than {MAX_CHARS}")]
    TooLong {
        /// Length as sent.
        chars: usize,
    },
}

/// Nothing can be encrypted to this key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret could not be encrypted to this key")]
pub struct SealError;

impl From<Unspecified> for SealError {
    fn from(_: Unspecified) -> Self {
        Self
    }
}

enum Key {
    RsaOaep(OaepPublicEncryptingKey),
    RsaPkcs1v15(Pkcs1PublicEncryptingKey),
    X25519(HpkePublicKey),
}

fn oaep(key: &OaepPublicEncryptingKey, secret: &UserSecret) -> Result<Vec<u8>, SealError> {
    let mut buffer = vec![0; key.ciphertext_size()];
    let sealed = key.encrypt(&OAEP_SHA256_MGF1SHA256, secret.expose(), &mut buffer, None)?;
    Ok(sealed.to_vec())
}

fn pkcs1v15(key: &Pkcs1PublicEncryptingKey, secret: &UserSecret) -> Result<Vec<u8>, SealError> {
    let mut buffer = vec![0; key.ciphertext_size()];
    let sealed = key.encrypt(secret.expose(), &mut buffer)?;
    Ok(sealed.to_vec())
}

/// Base mode, one message (RFC 9180, 6.1).
fn hpke(
    key: &HpkePublicKey,
    secret: &UserSecret,
    user: &UserId,
    entity_id: &str,
) -> Result<(Vec<u8>, Vec<u8>), SealError> {
    let aad = user.as_str().as_bytes();
    DH_KEM_X25519_HKDF_SHA256_AES_256
        .seal(&hpke_info(entity_id), aad, secret.expose(), key)
        .map(|(enc, ciphertext)| (enc.0, ciphertext))
        .map_err(|_| SealError)
}

/// `info` of HPKE: what is handed over, and by whom.
pub(crate) fn hpke_info(entity_id: &str) -> Vec<u8> {
    [HPKE_PURPOSE, entity_id.as_bytes()].concat()
}

const HPKE_PURPOSE: &[u8] = b"sso-connect user secret 1\0";

/// A longer key costs us more than it protects 32 bytes.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// An RSA key of 4096 bits has 736, padding included.
const MAX_CHARS: usize = 800;

const X25519_BYTES: usize = 32;

#[cfg(test)]
mod tests;

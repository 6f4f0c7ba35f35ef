//! Our keys for what is encrypted to us.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rsa::{OaepPrivateDecryptingKey, PrivateDecryptingKey};
use rsa::pkcs8::DecodePrivateKey as _;
use rustls_pki_types::CertificateDer;
use zeroize::Zeroizing;

use super::envelope::WrappedKey;
use super::{Oaep, oaep};
use crate::cert::{self, PemError};
use crate::signature::{KeyError, VerifyingKey};

/// An RSA key of 2048 to 8192 bits that opens what was encrypted to its certificate.
///
/// A copy shares the key. `Debug` shows nothing of it, and its memory is cleared on drop.
#[derive(Clone)]
pub struct DecryptionKey(Arc<Inner>);

struct Inner {
    certificate: CertificateDer<'static>,
    key: Box<dyn Decrypter>,
}

/// Whoever holds an RSA key that others encrypt to.
///
/// A hardware module implements this trait, and its key never leaves it.
///
/// # Security
///
/// Strangers choose what is decrypted. Neither the answer nor the time it takes may tell them why
/// something does not open.
pub trait Decrypter: fmt::Debug + Send + Sync + 'static {
    /// Opens what was encrypted by RSAES-OAEP without a label; `None` if it is not for this key, or
    /// the key is out of reach.
    fn decrypt(&self, oaep: Oaep, octets: &[u8]) -> Option<Zeroizing<Vec<u8>>>;
}

impl DecryptionKey {
    /// A key from PKCS #8 and its certificate, both in DER.
    ///
    /// # Errors
    ///
    /// [`DecryptionKeyError::Key`] or [`DecryptionKeyError::Certificate`] if one of them cannot be
    /// used, [`DecryptionKeyError::NotAPair`] if they do not belong together.
    pub fn from_pkcs8_der(
        pkcs8: &[u8],
        certificate: CertificateDer<'static>,
    ) -> Result<Self, DecryptionKeyError> {
        let key = PrivateDecryptingKey::from_pkcs8(pkcs8).map_err(|_| DecryptionKeyError::Key)?;
        check_pair(&key, &certificate)?;
        let mixed = rsa::PrivateKey::from_pkcs8_der(pkcs8).map_err(|_| DecryptionKeyError::Key)?;
        let key = OaepPrivateDecryptingKey::new(key).map_err(|_| DecryptionKeyError::Key)?;
        Ok(Self::held_by(certificate, SoftKey { key, mixed }))
    }

    /// A key that somebody else holds, and the certificate that others encrypt to.
    #[must_use]
    pub fn held_by(certificate: CertificateDer<'static>, holder: impl Decrypter) -> Self {
        Self(Arc::new(Inner {
            certificate,
            key: Box::new(holder),
        }))
    }

    /// A key from PKCS #8 (`PRIVATE KEY`) and its certificate, both in PEM.
    ///
    /// # Errors
    ///
    /// [`DecryptionKeyError::Pem`], and as [`from_pkcs8_der`](Self::from_pkcs8_der).
    pub fn from_pem(key: &str, certificate: &str) -> Result<Self, DecryptionKeyError> {
        let key = cert::private_key(key)?;
        let mut certificates = cert::certificates(certificate)?.into_iter();
        let certificate = certificates.next().ok_or(PemError::NoCertificate)?;
        Self::from_pkcs8_der(key.secret_der(), certificate)
    }

    /// The certificate that others encrypt to.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.0.certificate
    }

    /// The key inside of `wrapped`; `None` if it is not for us.
    pub(super) fn unwrap(&self, wrapped: &WrappedKey) -> Option<Zeroizing<Vec<u8>>> {
        self.0.key.decrypt(wrapped.oaep, &wrapped.octets)
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DecryptionKey")
            .finish_non_exhaustive()
    }
}

/// A key in the memory of this process.
struct SoftKey {
    key: OaepPrivateDecryptingKey,
    /// The same key, for the pairs of hash functions that the other library cannot do.
    mixed: rsa::PrivateKey,
}

impl Decrypter for SoftKey {
    fn decrypt(&self, oaep: Oaep, octets: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        if octets.len() != self.key.key_size_bytes() {
            return None;
        }
        match oaep::of_one_hash(oaep) {
            Some(algorithm) => oaep::unwrap(&self.key, algorithm, octets),
            None => oaep::unwrap_mixed(&self.mixed, oaep, octets),
        }
    }
}

impl fmt::Debug for SoftKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SoftKey").finish_non_exhaustive()
    }
}

/// Why a key cannot be used to decrypt.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum DecryptionKeyError {
    /// The certificate is broken, or its key is not acceptable.
    #[error("the certificate cannot be used: {0}")]
    Certificate(#[from] KeyError),
    /// The private key is broken, or of a kind that we do not decrypt with.
    #[error("not an RSA private key of 2048 to 8192 bits in PKCS #8, or a broken one")]
    Key,
    /// Private key and certificate are not a pair.
    #[error("the certificate is not for this private key")]
    NotAPair,
    /// The text has no key or no certificate in it.
    #[error(transparent)]
    Pem(#[from] PemError),
}

fn check_pair(
    key: &PrivateDecryptingKey,
    certificate: &CertificateDer<'_>,
) -> Result<(), DecryptionKeyError> {
    let certified = VerifyingKey::from_certificate_der(certificate)?;
    let public: PublicKeyX509Der<'_> = key
        .public_key()
        .as_der()
        .map_err(|_| DecryptionKeyError::Key)?;
    match public.as_ref() == certified.as_spki_der() {
        true => Ok(()),
        false => Err(DecryptionKeyError::NotAPair),
    }
}

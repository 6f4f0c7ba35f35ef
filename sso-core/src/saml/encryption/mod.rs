//! Encrypted assertions and names: the interface.

use rustls_pki_types::CertificateDer;
use zeroize::Zeroizing;

use crate::xml::Element;

/// A key that opens what was encrypted to us.
#[derive(Debug)]
pub struct DecryptionKey(CertificateDer<'static>);

impl DecryptionKey {
    /// From PEM texts.
    ///
    /// # Errors
    ///
    /// [`EncryptionError`].
    pub fn from_pem(_key: &str, _certificate: &str) -> Result<Self, EncryptionError> {
        Err(EncryptionError)
    }

    /// The certificate.
    #[must_use]
    pub const fn certificate(&self) -> &CertificateDer<'static> {
        &self.0
    }
}

/// Which ciphers are accepted.
#[derive(Clone, Debug, Default)]
pub struct EncryptionPolicy {
    cbc: bool,
}

impl EncryptionPolicy {
    /// Exceptions.
    #[must_use]
    pub const fn dangerous(self) -> DangerousEncryptionPolicy {
        DangerousEncryptionPolicy(self)
    }
}

/// Exceptions.
#[derive(Clone, Debug)]
pub struct DangerousEncryptionPolicy(EncryptionPolicy);

impl DangerousEncryptionPolicy {
    /// CBC.
    #[must_use]
    pub const fn allow_cbc(mut self) -> EncryptionPolicy {
        self.0.cbc = true;
        self.0
    }
}

/// Why.
#[derive(Clone, Debug, thiserror::Error)]
#[error("cannot be decrypted")]
pub struct EncryptionError;

impl EncryptionError {
    /// Code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "enc.failed"
    }
}

/// Decrypts.
///
/// # Errors
///
/// [`EncryptionError`].
pub const fn decrypt(
    _: Element<'_>,
    _: &[DecryptionKey],
    _: &EncryptionPolicy,
) -> Result<Zeroizing<Vec<u8>>, EncryptionError> {
    Err(EncryptionError)
}

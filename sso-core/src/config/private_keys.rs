//! Private keys that are on the machine itself, and not in the configuration.

use std::fmt;
use std::sync::Arc;

use rustls_pki_types::CertificateDer;

use crate::BoxError;
use crate::saml::encryption::DecryptionKey;
use crate::signature::Signer;

/// Whoever holds private keys whose certificates the configuration has: a hardware module.
///
/// What is held is used, whether the configuration has the private key as well or not. Where it has
/// only the certificate, a machine that does not hold the key refuses the configuration.
pub trait PrivateKeys: fmt::Debug + Send + Sync + 'static {
    /// What decrypts assertions that were encrypted to `certificate`; nothing if it is not held.
    ///
    /// # Errors
    ///
    /// Why a key that should be held cannot be used, for people; the key of the configuration serves
    /// then, if there is one.
    fn decryption(
        &self,
        certificate: &CertificateDer<'static>,
    ) -> Result<Option<DecryptionKey>, BoxError>;

    /// Who signs by the key of `certificate`; nothing if it is not held.
    ///
    /// # Errors
    ///
    /// Why a key that should be held cannot be used, for people; the key of the configuration serves
    /// then, if there is one.
    fn signer(
        &self,
        certificate: &CertificateDer<'static>,
    ) -> Result<Option<Arc<dyn Signer>>, BoxError>;

    /// Whether the key of a TLS certificate is held.
    ///
    /// # Errors
    ///
    /// Why a key that should be held cannot be used, for people; the key of the configuration serves
    /// then, if there is one.
    fn has_tls(&self, certificate: &CertificateDer<'static>) -> Result<bool, BoxError>;
}

/// A machine that holds no keys: all have to be in the configuration.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "there is nothing to say of it")]
pub struct NoPrivateKeys;

impl PrivateKeys for NoPrivateKeys {
    fn decryption(&self, _: &CertificateDer<'static>) -> Result<Option<DecryptionKey>, BoxError> {
        Ok(None)
    }

    fn signer(&self, _: &CertificateDer<'static>) -> Result<Option<Arc<dyn Signer>>, BoxError> {
        Ok(None)
    }

    fn has_tls(&self, _: &CertificateDer<'static>) -> Result<bool, BoxError> {
        Ok(false)
    }
}

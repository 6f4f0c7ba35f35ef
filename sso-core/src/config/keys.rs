//! Our own keys for SAML messages.

use std::sync::Arc;

use rustls_pki_types::CertificateDer;

use crate::saml::encryption::DecryptionKey;
use crate::signature::Signer;

/// Our keys for SAML: one that signs, and any number that decrypt. They are not the key of TLS, whose
/// certificate changes every few months while identity providers keep these for years.
///
/// To roll a signing key over: publish the certificate of the next one, wait until all identity
/// providers have it, then make it the active one. To roll a decryption key over: put the next
/// one last, wait, then put it first and drop the old one once no provider encrypts to it.
#[derive(Debug, Default)]
pub struct SamlKeys {
    signing: Option<Arc<dyn Signer>>,
    next_signing: Vec<CertificateDer<'static>>,
    decryption: Vec<DecryptionKey>,
}

impl SamlKeys {
    /// No keys: requests are not signed, assertions must come unencrypted.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Signs requests and logout messages with `signer`.
    #[must_use]
    pub fn with_signer(mut self, signer: Arc<dyn Signer>) -> Self {
        self.signing = Some(signer);
        self
    }

    /// Publishes `certificate` beside the one that signs, so that providers know it in time.
    #[must_use]
    pub fn with_next_signing_certificate(mut self, certificate: CertificateDer<'static>) -> Self {
        self.next_signing.push(certificate);
        self
    }

    /// Decrypts with `key` too, after those that were given before. Providers are told the
    /// certificates in the same order.
    #[must_use]
    pub fn with_decryption_key(mut self, key: DecryptionKey) -> Self {
        self.decryption.push(key);
        self
    }

    /// Who signs, if we do.
    #[must_use]
    pub const fn signer(&self) -> Option<&Arc<dyn Signer>> {
        self.signing.as_ref()
    }

    /// Every certificate that a signature of ours may belong to, now or soon; the current first.
    pub fn signing_certificates(&self) -> impl Iterator<Item = &CertificateDer<'static>> {
        self.signing
            .iter()
            .map(|signer| signer.certificate())
            .chain(&self.next_signing)
    }

    /// The keys that decrypt, in the order in which they are tried.
    #[must_use]
    pub fn decryption(&self) -> &[DecryptionKey] {
        &self.decryption
    }
}

//! Our own keys: those of the document, and those that the machine holds.

use std::fmt;
use std::sync::Arc;

use rustls_pki_types::CertificateDer;

use super::Check;
use crate::BoxError;
use crate::cert::{self, PemError};
use crate::config::document::{KeyPairDocument, KeysDocument};
use crate::config::{PrivateKeys, SamlKeys, TlsKeyPair};
use crate::saml::encryption::DecryptionKey;
use crate::signature::{Signer, SoftSigner};

impl Check<'_> {
    pub(super) fn tls(
        &mut self,
        setting: &str,
        pair: Option<&KeyPairDocument>,
    ) -> Option<TlsKeyPair> {
        let pair = pair?;
        if !pair.is_certificate_alone() {
            return self.key_pair(setting, pair, TlsKeyPair::from_pem);
        }
        let held = |private: &dyn PrivateKeys, certificate: &_| {
            let is_held = private.has_tls(certificate)?;
            Ok(is_held.then_some(()))
        };
        self.held(setting, pair, held)?;
        let tls = TlsKeyPair::certificates_alone(&pair.certificate);
        tls.map_err(|error| self.bad_pem(setting, "a certificate", error))
            .ok()
    }

    pub(super) fn keys(&mut self, document: &KeysDocument) -> SamlKeys {
        let mut keys = SamlKeys::none();
        if let Some(pair) = &document.signing
            && let Some(signer) = self.signer("keys.signing", pair)
        {
            keys = keys.with_signer(signer);
        }
        if let Some(pair) = &document.next_signing
            && let Some(signer) = self.signer("keys.next_signing", pair)
        {
            keys = keys.with_next_signing_certificate(signer.certificate().clone());
        }
        for pem in &document.next_signing_certificates {
            match cert::certificates(pem) {
                Ok(certificates) => {
                    keys = certificates
                        .into_iter()
                        .fold(keys, SamlKeys::with_next_signing_certificate);
                }
                Err(error) => {
                    self.bad_pem("keys.next_signing_certificates", "a certificate", error)
                }
            }
        }
        for (index, pair) in document.decryption.iter().enumerate() {
            let setting = format!("keys.decryption[{index}]");
            let key = self.decryption(&setting, pair);
            keys = key.into_iter().fold(keys, SamlKeys::with_decryption_key);
        }
        if let Some(pair) = &document.next_decryption
            && let Some(key) = self.decryption("keys.next_decryption", pair)
        {
            keys = keys.with_decryption_key(key);
        }
        keys
    }

    fn signer(&mut self, setting: &str, pair: &KeyPairDocument) -> Option<Arc<dyn Signer>> {
        let held = |private: &dyn PrivateKeys, certificate: &_| private.signer(certificate);
        let read = |key: &str, certificate: &str| {
            let signer = SoftSigner::from_pem(key, certificate);
            signer.map(|signer| -> Arc<dyn Signer> { Arc::new(signer) })
        };
        self.held_or_read(setting, pair, held, read)
    }

    fn decryption(&mut self, setting: &str, pair: &KeyPairDocument) -> Option<DecryptionKey> {
        let held = |private: &dyn PrivateKeys, certificate: &_| private.decryption(certificate);
        self.held_or_read(setting, pair, held, DecryptionKey::from_pem)
    }

    /// What the machine holds, else what the document has.
    fn held_or_read<T, E: fmt::Display>(
        &mut self,
        setting: &str,
        pair: &KeyPairDocument,
        held: impl FnOnce(&dyn PrivateKeys, &CertificateDer<'static>) -> Held<T>,
        read: impl FnOnce(&str, &str) -> Result<T, E>,
    ) -> Option<T> {
        if pair.is_certificate_alone() {
            return self.held(setting, pair, held);
        }
        let certificate = first(&pair.certificate).ok();
        let found = certificate.and_then(|certificate| held(self.private, &certificate).ok());
        match found.flatten() {
            Some(held) => Some(held),
            None => self.key_pair(setting, pair, read),
        }
    }

    /// What the machine has to hold.
    fn held<T>(
        &mut self,
        setting: &str,
        pair: &KeyPairDocument,
        held: impl FnOnce(&dyn PrivateKeys, &CertificateDer<'static>) -> Held<T>,
    ) -> Option<T> {
        let certificate = first(&pair.certificate);
        let noted = |error| self.bad_pem(setting, "a certificate", error);
        let certificate = certificate.map_err(noted).ok()?;
        let why = match held(self.private, &certificate) {
            Ok(Some(held)) => return Some(held),
            Ok(None) => "this server holds no key for it".to_owned(),
            Err(error) => error.to_string(),
        };
        self.note(
            setting,
            "a certificate without its private key",
            "the key in the configuration, or on the token of each server",
            format!("Put it there, or set {setting}.key: {why}."),
        );
        None
    }

    fn key_pair<T, E: fmt::Display>(
        &mut self,
        setting: &str,
        pair: &KeyPairDocument,
        read: impl FnOnce(&str, &str) -> Result<T, E>,
    ) -> Option<T> {
        let noted = |error| self.bad_pem(setting, "a private key and its certificate", error);
        read(pair.key.expose(), &pair.certificate)
            .map_err(noted)
            .ok()
    }

    fn bad_pem(&mut self, setting: &str, expected: &str, error: impl fmt::Display) {
        let expected = format!("{expected} as PEM");
        self.note(
            setting,
            "an unusable text",
            expected,
            format!("Replace it: {error}."),
        );
    }
}

type Held<T> = Result<Option<T>, BoxError>;

fn first(pem: &str) -> Result<CertificateDer<'static>, PemError> {
    let first = cert::certificates(pem)?.into_iter().next();
    first.ok_or(PemError::NoCertificate)
}

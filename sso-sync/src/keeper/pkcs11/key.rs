//! A private key on a token.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PublicEncryptingKey};
use rustls::pki_types::CertificateDer;
use sso_core::saml::encryption::{Hash, Oaep};
use sso_core::signature::{Algorithms, SignatureAlgorithm, VerifyingKey, verify_octets};
use zeroize::Zeroizing;

use super::TokenError;
use super::object::{Kind, Wanted, value_of};
use super::scheme::{self, Scheme};
use super::token::Token;
use super::wrap::is_about_the_data;
use crate::keeper::blocking::beside_workers;

/// A private key on a token and its certificate: RSA, P-256 or P-384.
///
/// For TLS it is a [`rustls::sign::SigningKey`], for SAML a
/// [`Signer`](sso_core::signature::Signer), and for encrypted assertions a
/// [`Decrypter`](sso_core::saml::encryption::Decrypter). A copy shares the token.
#[derive(Clone)]
pub struct TokenKey(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) algorithm: SignatureAlgorithm,
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) public: VerifyingKey,
    pub(super) wanted: Wanted,
    pub(super) token: Arc<Token>,
}

impl TokenKey {
    /// The private key labelled `label`, for the first certificate of `chain`; of several keys with
    /// that label, the first of the certificate's kind.
    ///
    /// Signs once to see whether they are a pair. Waits for the token; a runtime of several workers
    /// goes on meanwhile.
    ///
    /// # Errors
    ///
    /// A [`TokenError`] if the key is not there, is not the certificate's, or cannot be used.
    pub fn open(
        token: Arc<Token>,
        label: &str,
        chain: Vec<CertificateDer<'static>>,
    ) -> Result<Self, TokenError> {
        let key = Self::unproven(token, label, chain)?;
        beside_workers(|| key.check_pair())?;
        Ok(key)
    }

    /// The RSA key labelled `label` that opens what was encrypted to `certificate`; it need not be
    /// one that signs.
    ///
    /// Decrypts once to see whether they are a pair. Waits as [`open`](Self::open) does.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open).
    pub fn open_to_decrypt(
        token: Arc<Token>,
        label: &str,
        certificate: CertificateDer<'static>,
    ) -> Result<Self, TokenError> {
        let key = Self::unproven(token, label, vec![certificate])?;
        beside_workers(|| key.check_opens())?;
        Ok(key)
    }

    fn unproven(
        token: Arc<Token>,
        label: &str,
        chain: Vec<CertificateDer<'static>>,
    ) -> Result<Self, TokenError> {
        let unusable = |source| TokenError::UnusableCertificate {
            label: label.into(),
            source,
        };
        let der = chain
            .first()
            .map(|first| first.as_ref())
            .unwrap_or_default();
        let public = VerifyingKey::from_certificate_der(der).map_err(unusable)?;
        let algorithm = public.algorithm();
        Ok(Self(Arc::new(Inner {
            algorithm,
            chain,
            public,
            wanted: Wanted::new(kind(algorithm), label),
            token,
        })))
    }

    /// The private key labelled `label`, with the certificate on the token that has the same label.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open), and [`TokenError::NoObject`] without a certificate.
    pub fn with_certificate_of_token(token: Arc<Token>, label: &str) -> Result<Self, TokenError> {
        let certificate = token.run(|at| {
            let wanted = Wanted::new(Kind::Certificate, label);
            let found = at.find(&wanted)?;
            value_of(at.session(), found).map_err(at.failed())
        })?;
        Self::open(token, label, vec![CertificateDer::from(certificate)])
    }

    /// The certificate and those that lead from it to a root.
    #[must_use]
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.0.chain
    }

    /// Signs; may wait for the token.
    pub(super) fn sign_blocking(
        &self,
        scheme: Scheme,
        message: &[u8],
    ) -> Result<Vec<u8>, TokenError> {
        self.0.token.run(|at| {
            let key = at.find(&self.0.wanted)?;
            let signed = scheme.sign(at.session(), key, message);
            signed.map_err(at.failed())
        })
    }

    /// Decrypts; nothing if it was not encrypted for this key. May wait for the token.
    pub(super) fn decrypt_blocking(
        &self,
        oaep: Oaep,
        octets: &[u8],
    ) -> Result<Option<Zeroizing<Vec<u8>>>, TokenError> {
        let Some(mechanism) = scheme::oaep(oaep) else {
            return Ok(None);
        };
        self.0.token.run(|at| {
            let key = at.find(&self.0.wanted)?;
            match at.session().decrypt(&mechanism, key, octets) {
                Ok(decrypted) => Ok(Some(Zeroizing::new(decrypted))),
                Err(error) if is_about_the_data(&error) => Ok(None),
                Err(error) => Err(at.failed()(error)),
            }
        })
    }

    /// Whatever certificate and key say about each other, a signature proves it.
    fn check_pair(&self) -> Result<(), TokenError> {
        let scheme = Scheme::of_saml(self.0.algorithm).ok_or_else(|| self.not_a_pair())?;
        let signature = self.sign_blocking(scheme, PROOF)?;
        let uri = self.0.algorithm.uri();
        let keys = std::slice::from_ref(&self.0.public);
        verify_octets(uri, PROOF, &signature, keys, &Algorithms::new())
            .map_err(|_| self.not_a_pair())
    }

    fn check_opens(&self) -> Result<(), TokenError> {
        let encrypted = encrypted(self.0.public.as_spki_der(), PROOF);
        let encrypted = encrypted.ok_or_else(|| self.not_a_pair())?;
        let oaep = Oaep {
            digest: Hash::Sha1,
            mask: Hash::Sha1,
        };
        match self.decrypt_blocking(oaep, &encrypted)? {
            Some(opened) if *opened == *PROOF => Ok(()),
            _ => Err(self.not_a_pair()),
        }
    }

    fn not_a_pair(&self) -> TokenError {
        TokenError::NotAPair {
            token: self.0.token.name().clone(),
            label: self.0.wanted.label.clone(),
        }
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (token, key) = (self.0.token.label(), &self.0.wanted.label);
        write!(f, "TokenKey({token}, {key}, {})", self.0.public)
    }
}

const fn kind(algorithm: SignatureAlgorithm) -> Kind {
    match algorithm {
        SignatureAlgorithm::EcdsaSha256 | SignatureAlgorithm::EcdsaSha384 => Kind::EcKey,
        _ => Kind::RsaKey,
    }
}

/// `content`, encrypted by RSA-OAEP as every token can open it.
fn encrypted(public: &[u8], content: &[u8]) -> Option<Vec<u8>> {
    let key = PublicEncryptingKey::from_der(public).ok()?;
    let key = OaepPublicEncryptingKey::new(key).ok()?;
    let mut octets = vec![0; key.ciphertext_size()];
    let written = key.encrypt(&OAEP_SHA1_MGF1SHA1, content, &mut octets, None);
    written.ok().map(|written| written.to_vec())
}

const PROOF: &[u8] = b"sso-connect: does this key belong to this certificate?";

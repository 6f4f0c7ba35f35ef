//! SAML with a key on a token.

use async_trait::async_trait;
use rustls::pki_types::CertificateDer;
use sso_core::saml::encryption::{Decrypter, Oaep};
use sso_core::signature::{SignError, SignatureAlgorithm, Signer};
use zeroize::Zeroizing;

use super::TokenKey;
use super::scheme::Scheme;
use crate::keeper::blocking::{beside_workers, off_workers};

#[async_trait]
impl Signer for TokenKey {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.0.algorithm
    }

    fn certificate(&self) -> &CertificateDer<'static> {
        self.0.chain.first().unwrap_or(&NONE)
    }

    async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let scheme = Scheme::of_saml(self.0.algorithm).ok_or(SignError::Key)?;
        let (this, message) = (self.clone(), message.to_vec());
        let signed = off_workers(move || Ok(this.sign_blocking(scheme, &message)?)).await;
        signed.map_err(|error| SignError::Unavailable(error.into()))
    }
}

impl Decrypter for TokenKey {
    fn decrypt(&self, oaep: Oaep, octets: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let decrypted = beside_workers(|| self.decrypt_blocking(oaep, octets));
        decrypted.ok().flatten()
    }
}

/// A key without a certificate cannot be made.
static NONE: CertificateDer<'static> = CertificateDer::from_slice(&[]);

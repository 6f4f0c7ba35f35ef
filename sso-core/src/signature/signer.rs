//! Whoever holds the private key.

use std::fmt;

use async_trait::async_trait;
use rustls_pki_types::CertificateDer;

use super::SignatureAlgorithm;

/// Signs what we send: requests, logout messages, metadata.
///
/// [`SoftSigner`](super::SoftSigner) holds its key in memory. A hardware module implements this
/// trait, and its key never leaves it.
///
/// # Contract
///
/// - [`algorithm`](Self::algorithm) and [`certificate`](Self::certificate) never change: a new key
///   is a new signer.
/// - The certificate's public key verifies what [`sign`](Self::sign) makes.
/// - A signer may be asked for several signatures at once.
#[async_trait]
pub trait Signer: fmt::Debug + Send + Sync + 'static {
    /// How this signer signs.
    fn algorithm(&self) -> SignatureAlgorithm;

    /// The certificate that goes into signatures and metadata.
    fn certificate(&self) -> &CertificateDer<'static>;

    /// The signature of `message`, which is the whole message and not its digest.
    ///
    /// RSA: as long as the modulus. ECDSA: `r` and `s` one behind the other, each as long as the
    /// order of the curve (XML Signature 1.1, 6.4.3), which is what PKCS #11 gives too.
    ///
    /// # Errors
    ///
    /// [`SignError::Unavailable`] if the key is out of reach; the message is not sent then.
    async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// Why nothing was signed.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The element has a signature already.
    #[error("the element {id:?} is signed already")]
    AlreadySigned {
        /// Its identifier.
        id: String,
    },
    /// The certificate has no public key that we could verify with.
    #[error("the certificate cannot be used")]
    Certificate(#[from] super::KeyError),
    /// The element has no content, and so no place for a signature.
    #[error("the element {id:?} is empty")]
    Empty {
        /// Its identifier.
        id: String,
    },
    /// The private key is missing, broken, or of a kind that we do not sign with.
    #[error("not an RSA, P-256 or P-384 private key in PKCS #8, or a broken one")]
    Key,
    /// Private key and certificate are not a pair.
    #[error("the certificate is not for this private key")]
    NotAPair,
    /// No element has this identifier.
    #[error("there is no element {id:?}")]
    NotFound {
        /// The identifier.
        id: String,
    },
    /// The key cannot be used just now.
    #[error("the signing key is unavailable")]
    Unavailable(#[source] crate::BoxError),
    /// The document to sign is not one that we would accept.
    #[error("the document cannot be signed")]
    Xml(#[from] crate::xml::XmlError),
}

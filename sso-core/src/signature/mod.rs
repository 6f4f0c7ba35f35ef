//! XML signatures (XML Signature 1.1): a small strict subset. It knows XML, not SAML.
//!
//! [`verify_enveloped`] answers with [`SignedBytes`], the octets whose digest and signature held.
//! Callers read those, never again the document that came over the network. [`sign_enveloped`] is
//! the other direction; [`Signer`] is whoever holds the private key.

mod algorithm;
pub(crate) mod base64;
mod error;
mod gate;
mod key;
mod sign;
mod signer;
mod soft;
mod verify;

pub use algorithm::{Algorithms, DangerousAlgorithms, SignatureAlgorithm};
pub use error::SignatureError;
pub use key::{KeyError, VerifyingKey};
pub use sign::sign_enveloped;
pub use signer::{SignError, Signer};
pub use soft::SoftSigner;
pub use verify::{MAX_KEYS, SignedBytes, has_signature, verify_enveloped, verify_octets};

/// The namespace of XML signatures.
pub const DS: &str = "http://www.w3.org/2000/09/xmldsig#";

#[cfg(test)]
pub(crate) mod test_keys;
#[cfg(test)]
mod tests;

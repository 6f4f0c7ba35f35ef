//! Encrypted assertions and names (SAML Core 2.2.4 and 2.3.4; XML Encryption 1.1).
//!
//! Encryption hides, it does not prove: anybody can encrypt to a public key. What [`decrypt`]
//! returns is as untrusted as what came over the network, and goes through the same gate.
//!
//! What we open: AES-GCM with 128 or 256 bits, under a key that was encrypted to us by RSA-OAEP
//! with SHA-1 or SHA-256, in each of the two roles of a hash there. Nothing is ever fetched or
//! transformed. AES-CBC needs an [exception](EncryptionPolicy::dangerous).

mod algorithm;
mod cipher;
#[cfg(any(test, feature = "testkit"))]
mod encrypt;
mod envelope;
mod error;
mod key;
mod namespaces;
mod oaep;

use zeroize::Zeroizing;

pub use algorithm::{Cipher, Hash, Oaep};
#[cfg(any(test, feature = "testkit"))]
pub use encrypt::{Encryption, KeyPlace};
pub use error::EncryptionError;
pub use key::{Decrypter, DecryptionKey, DecryptionKeyError};

use crate::xml::Element;
use envelope::Envelope;

/// Opens `encrypted`, a `saml:EncryptedAssertion` or a `saml:EncryptedID`, with whichever of
/// `keys` it is for.
///
/// The first [`MAX_DECRYPTION_KEYS`] of `keys` are tried: the current one, the next and old ones.
/// `Recipient`, and everything else that says whose key it is, is not looked at, since senders
/// get it wrong.
///
/// The result is text to be parsed as a document of its own. Some providers encrypt an element
/// whose namespace prefixes are declared outside of it. For each prefix that the element uses and
/// does not declare, the declaration that is in scope at `encrypted` is added to the element's
/// start tag, likewise the default namespace if the element would have none, and `xsi` with its
/// usual meaning if nothing in scope says otherwise. Nothing else is changed, so an element that can be read by itself stays as it was, byte by byte. A signature
/// inside stays valid if the signer meant the same namespaces, and breaks if somebody has
/// exchanged them: exclusive canonicalization covers each prefix that is used.
///
/// # Errors
///
/// [`EncryptionError::Failed`], whatever the reason, if no key opens it; other errors if it is
/// nothing that we open.
pub fn decrypt(
    encrypted: Element<'_>,
    keys: &[DecryptionKey],
    policy: &EncryptionPolicy,
) -> Result<Zeroizing<Vec<u8>>, EncryptionError> {
    let envelope = Envelope::read(encrypted)?;
    policy.check(envelope.cipher)?;
    if keys.is_empty() {
        return Err(EncryptionError::NoKey);
    }
    let plaintext = open(&envelope, keys).ok_or(EncryptionError::Failed)?;
    Ok(namespaces::declare(plaintext, encrypted))
}

/// How many of our keys are tried for one message.
pub const MAX_DECRYPTION_KEYS: usize = 4;

fn open(envelope: &Envelope, keys: &[DecryptionKey]) -> Option<Zeroizing<Vec<u8>>> {
    let ours = keys.iter().take(MAX_DECRYPTION_KEYS);
    ours.flat_map(|key| {
        envelope
            .keys
            .iter()
            .filter_map(|wrapped| key.unwrap(wrapped))
    })
    .find_map(|content_key| cipher::open(envelope.cipher, &content_key, &envelope.octets))
}

/// Which ciphers are accepted. Default: AES-GCM only.
#[derive(Clone, Debug, Default)]
pub struct EncryptionPolicy {
    cbc: Cbc,
}

impl EncryptionPolicy {
    /// Exceptions for providers that cannot do better.
    #[must_use]
    pub const fn dangerous(self) -> DangerousEncryptionPolicy {
        DangerousEncryptionPolicy(self)
    }

    const fn check(&self, cipher: Cipher) -> Result<(), EncryptionError> {
        match (cipher.is_authenticated(), self.cbc) {
            (true, _) | (false, Cbc::Accepted) => Ok(()),
            (false, Cbc::Refused) => Err(EncryptionError::CbcRefused {
                found: cipher.uri(),
            }),
        }
    }
}

/// Exceptions from an [`EncryptionPolicy`].
#[derive(Clone, Debug)]
pub struct DangerousEncryptionPolicy(EncryptionPolicy);

impl DangerousEncryptionPolicy {
    /// Accepts AES-CBC, which does not notice when a ciphertext is changed.
    ///
    /// Whoever may try changed ciphertexts can read the plaintext by and by, from nothing but
    /// which of them are refused (Jager and Somorovsky, "How to break XML encryption"). So the
    /// caller uses this policy only for ciphertext inside of a signature that has been verified.
    #[must_use]
    pub const fn allow_cbc(mut self) -> EncryptionPolicy {
        self.0.cbc = Cbc::Accepted;
        self.0
    }
}

#[derive(Clone, Copy, Debug, Default)]
enum Cbc {
    Accepted,
    #[default]
    Refused,
}

/// The namespace of XML encryption 1.0.
const XENC: &str = "http://www.w3.org/2001/04/xmlenc#";
/// The namespace of what XML encryption 1.1 adds.
const XENC11: &str = "http://www.w3.org/2009/xmlenc11#";

#[cfg(test)]
mod tests;

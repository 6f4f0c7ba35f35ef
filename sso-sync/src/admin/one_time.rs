//! Keys that are used once: a secret that somebody is handed, of which the hub knows the public
//! half only.

use std::fmt;

use minicbor::{Decode, Encode};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::keys;
use super::random::{self, Randomness};
use super::sealed::{self, CryptographyFailed, Key};

/// The secret: the seed of an Ed25519 key. It is never sent, it signs.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Zeroize, ZeroizeOnDrop)]
#[cbor(transparent)]
pub(super) struct OneTimeSecret(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]);

impl OneTimeSecret {
    pub(super) fn random(randomness: &mut dyn Randomness) -> Self {
        Self(random::bytes(randomness))
    }

    pub(super) fn of(key: &Key) -> Self {
        Self(**key)
    }

    #[cfg(test)]
    pub(super) const fn seed(&self) -> &[u8; 32] {
        &self.0
    }

    pub(super) fn public(&self) -> Result<OneTimeKey, CryptographyFailed> {
        keys::public_of(&self.0).map(OneTimeKey)
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Signature, CryptographyFailed> {
        keys::sign(&self.0, message).map(Signature)
    }
}

impl fmt::Debug for OneTimeSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeSecret(…)")
    }
}

/// The public half of a secret that works once: all that the hub keeps of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct OneTimeKey(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]);

impl OneTimeKey {
    /// Its bytes: an Ed25519 key.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The name under which the hub keeps it: the first 16 bytes of its SHA-256.
    #[must_use]
    pub fn id(&self) -> OneTimeId {
        OneTimeId(sealed::digest(&self.0))
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        keys::verifies(&self.0, message, &signature.0)
    }
}

/// Names a secret that works once. No secret itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct OneTimeId(#[cbor(n(0), with = "minicbor::bytes")] [u8; 16]);

impl OneTimeId {
    /// Reads what [`Display`](fmt::Display) writes; `None` if it is something else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        crate::wire::unhex(text).map(Self)
    }
}

impl fmt::Display for OneTimeId {
    /// 32 lower-case hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for OneTimeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OneTimeId({self})")
    }
}

/// An Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Signature(#[cbor(n(0), with = "minicbor::bytes")] pub(super) [u8; 64]);

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(…)")
    }
}

/// A value as text to paste: `prefix`, then base32 of CBOR and of four bytes of its SHA-256, so
/// that a text that was cut short is told from one that is no longer valid.
pub(super) fn to_text<T: Encode<()>>(prefix: &str, value: &T) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_TEXT));
    // Writing to memory cannot fail.
    let _ = minicbor::encode(value, &mut *bytes);
    let check: [u8; 4] = sealed::digest(&bytes);
    bytes.extend(check);
    let mut text = Zeroizing::new(String::with_capacity(2 * MAX_TEXT));
    text.push_str(prefix);
    let letters = super::base32::encode(&bytes);
    text.extend(letters.chars().map(|letter| letter.to_ascii_lowercase()));
    text
}

/// Reads what [`to_text`] wrote.
pub(super) fn from_text<T>(prefix: &str, text: &str) -> Option<T>
where
    T: for<'b> Decode<'b, ()>,
{
    let text = text.trim_ascii().strip_prefix(prefix)?;
    let bytes = super::base32::decode(text)?;
    let (value, found) = bytes.split_last_chunk()?;
    (sealed::digest::<4>(value) == *found)
        .then(|| minicbor::decode(value).ok())
        .flatten()
}

/// Longer than any text of ours.
const MAX_TEXT: usize = 1024;

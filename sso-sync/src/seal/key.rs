//! The key of an epoch, and what is derived from it.

use std::fmt;

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::SealError;
use crate::Digest;

/// 256 random bits that every member of a domain holds in one epoch; everything is sealed with
/// keys that are derived from them.
///
/// There is no `Display`, `Debug` shows nothing, and the memory is wiped when the value is dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct DomainKey([u8; Self::LENGTH]);

impl DomainKey {
    /// Length in bytes.
    pub const LENGTH: usize = 32;

    /// A new key from the random number generator of the operating system.
    ///
    /// # Errors
    ///
    /// [`SealError::Refused`] if the operating system has no randomness.
    pub fn random() -> Result<Self, SealError> {
        random().map(Self)
    }

    /// A key that was unwrapped.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// The public value by which members see that they all have this key.
    ///
    /// # Errors
    ///
    /// [`SealError::Refused`] if the cryptographic library refuses.
    pub fn check(&self) -> Result<Digest, SealError> {
        self.derive(Purpose::Check).map(|check| Digest::new(*check))
    }

    #[cfg(test)]
    pub(crate) const fn expose_for_vectors(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    pub(super) const fn expose(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    pub(super) fn derive(&self, purpose: Purpose) -> Result<Zeroizing<[u8; 32]>, SealError> {
        derive(&self.0, purpose.label())
    }
}

impl fmt::Debug for DomainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DomainKey(…)")
    }
}

/// What a derived key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Seals what servers tell each other.
    Beat,
    /// Is public: tells members that they have the same key.
    Check,
    /// Seals configuration revisions.
    Config,
    /// Names records.
    Index,
    /// Makes ids and secrets of users.
    Mint,
    /// Seals the key of the epoch before.
    Previous,
    /// Seals records.
    Records,
    /// Seals cookies.
    Session,
    /// Makes the ids of users; of epoch 1 only.
    User,
}

impl Purpose {
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Beat => "sso-connect beat 1",
            Self::Check => "sso-connect check 1",
            Self::Config => "sso-connect config 1",
            Self::Index => "sso-connect index 1",
            Self::Mint => "sso-connect mint 1",
            Self::Previous => "sso-connect previous 1",
            Self::Records => "sso-connect records 1",
            Self::Session => "sso-connect session 1",
            Self::User => "sso-connect user 1",
        }
    }
}

/// HKDF-SHA-256 without salt, which uniform input does not need (RFC 5869, 3.1 and 3.3).
pub(crate) fn derive(secret: &[u8], label: &str) -> Result<Zeroizing<[u8; 32]>, SealError> {
    let mut derived = Zeroizing::new([0; 32]);
    expand(secret, label, derived.as_mut_slice())?;
    Ok(derived)
}

fn expand(secret: &[u8], label: &str, out: &mut [u8]) -> Result<(), Unspecified> {
    let key = Salt::new(HKDF_SHA256, &[]).extract(secret);
    key.expand(&[label.as_bytes()], Length(out.len()))?
        .fill(out)
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// Random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], SealError> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_purpose_has_its_own_key() {
        let key = DomainKey::from_bytes([7; 32]);
        let derived = PURPOSES.map(|purpose| *key.derive(purpose).unwrap());
        assert_eq!(BTreeSet::from(derived).len(), PURPOSES.len());
        assert!(!derived.contains(key.expose()));
    }

    #[test]
    fn two_random_keys_differ() {
        assert_ne!(DomainKey::random().unwrap(), DomainKey::random().unwrap());
    }

    #[test]
    fn debug_shows_no_key() {
        let key = DomainKey::from_bytes([7; 32]);
        assert_eq!(format!("{key:?}"), "DomainKey(…)");
    }

    const PURPOSES: [Purpose; 9] = [
        Purpose::Beat,
        Purpose::Check,
        Purpose::Config,
        Purpose::Index,
        Purpose::Mint,
        Purpose::Previous,
        Purpose::Records,
        Purpose::Session,
        Purpose::User,
    ];
}

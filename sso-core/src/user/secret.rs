//! The secret of a user.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// 256 random bits that belong to one user: an application encrypts the user's data with them.
///
/// Made at the first sign-in, the same for ever, on every server. There is no `Display`, `Debug`
/// shows nothing, and the memory is wiped when the value is dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct UserSecret([u8; Self::LENGTH]);

impl UserSecret {
    /// Length in bytes.
    pub const LENGTH: usize = 32;

    /// A new secret from the random number generator of the operating system.
    #[must_use]
    pub fn random() -> Self {
        Self(crate::random::bytes())
    }

    /// A secret that was stored.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// The bytes, for sealing or for handing over to their owner. Every call deserves a look.
    #[must_use]
    pub const fn expose(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

impl fmt::Debug for UserSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserSecret(…)")
    }
}

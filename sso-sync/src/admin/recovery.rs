//! The printed code that gives an administrator back what a forgotten password sealed.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::base32;
use super::one_time::OneTimeSecret;
use super::random::{self, Randomness};
use super::sealed::{self, CryptographyFailed, Key};

/// 160 random bits, as 32 letters and digits on paper. A second copy of the envelope is sealed
/// with it, and a new password can be registered with it.
///
/// Random enough that nobody guesses it, at the hub or elsewhere, so no key stretching is needed.
/// There is no `Display`, `Debug` shows nothing, and the memory is wiped when the value is
/// dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct RecoveryCode([u8; 20]);

impl RecoveryCode {
    /// A new code.
    #[must_use]
    pub fn random(randomness: &mut dyn Randomness) -> Self {
        Self(random::bytes(randomness))
    }

    /// Reads what was typed: capital or small letters, hyphens and white space do not count.
    ///
    /// # Errors
    ///
    /// [`RecoveryCodeError`] unless it is 32 letters and digits of base32.
    pub fn parse(text: &str) -> Result<Self, RecoveryCodeError> {
        let bytes = base32::decode(text).ok_or(RecoveryCodeError)?;
        let bytes = bytes.as_slice().try_into();
        bytes.map(Self).map_err(|_| RecoveryCodeError)
    }

    /// The code in eight groups of four, to be printed and locked away. Every call deserves a
    /// look.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        base32::encode_in_groups(&self.0)
    }

    /// The key of the second copy of the envelope.
    pub(super) fn envelope_key(&self) -> Result<Key, CryptographyFailed> {
        sealed::derive(&self.0, "sso-connect recovery envelope 1")
    }

    /// What shows the hub that a new password may be registered.
    pub(super) fn secret(&self) -> Result<OneTimeSecret, CryptographyFailed> {
        let key = sealed::derive(&self.0, "sso-connect recovery signing 1")?;
        Ok(OneTimeSecret::of(&key))
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

/// Not a recovery code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a recovery code is 32 letters (A to Z) and digits (2 to 7); hyphens do not count")]
#[expect(clippy::exhaustive_structs, reason = "there is nothing more to say")]
pub struct RecoveryCodeError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_it_was_printed() {
        let code = RecoveryCode([0xa5; 20]);
        assert_eq!(*code.to_text(), "UWS2-LJNF-UWS2-LJNF-UWS2-LJNF-UWS2-LJNF");
        assert_eq!(RecoveryCode::parse(&code.to_text()), Ok(code.clone()));
        let typed = code.to_text().replace('-', " ").to_lowercase();
        assert_eq!(RecoveryCode::parse(&typed), Ok(code));
    }

    #[test]
    fn a_code_of_another_length_is_refused() {
        for odd in [
            "",
            &"A".repeat(31),
            &"A".repeat(33),
            &"A".repeat(40),
            &"1".repeat(32),
        ] {
            assert_eq!(RecoveryCode::parse(odd), Err(RecoveryCodeError), "{odd:?}");
        }
    }

    #[test]
    fn what_it_opens_and_what_it_signs_with_are_unrelated() {
        let code = RecoveryCode([1; 20]);
        let key = code.envelope_key().unwrap();
        assert_ne!(code.secret().unwrap().seed(), &*key);
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", RecoveryCode([7; 20])), "RecoveryCode(…)");
    }
}

//! An administrator's password.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// A password, exactly as typed: no folding, no trimming, no Unicode normalisation.
///
/// There is no `Display`, `Debug` shows nothing, and the memory is wiped when the value is
/// dropped. It never leaves the program that it was typed into.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Password(String);

impl Password {
    /// Fewest characters of a new password. The hub slows guessing down to a hundred tries a day,
    /// but whoever takes the hub guesses as fast as Argon2id allows.
    pub const MIN_CHARACTERS: usize = 12;

    /// Longest password, in bytes.
    pub const MAX_BYTES: usize = 1024;

    /// A password that signs in: whatever was registered once.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Empty`] or [`PasswordError::TooLong`].
    pub fn to_sign_in(text: Zeroizing<String>) -> Result<Self, PasswordError> {
        let password = Self::of(text);
        match password.0.len() {
            0 => Err(PasswordError::Empty),
            1..=Self::MAX_BYTES => Ok(password),
            _ => Err(PasswordError::TooLong),
        }
    }

    /// A password that is to be registered.
    ///
    /// # Errors
    ///
    /// As for [`to_sign_in`](Self::to_sign_in), and [`PasswordError::TooShort`].
    pub fn to_register(text: Zeroizing<String>) -> Result<Self, PasswordError> {
        let password = Self::to_sign_in(text)?;
        if password.0.chars().count() < Self::MIN_CHARACTERS {
            return Err(PasswordError::TooShort);
        }
        Ok(password)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    fn of(mut text: Zeroizing<String>) -> Self {
        Self(std::mem::take(&mut *text))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Why a password was not even tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// Nothing was typed.
    #[error("the password is empty")]
    Empty,
    /// More than anybody types.
    #[error("the password is longer than {} bytes", Password::MAX_BYTES)]
    TooLong,
    /// A new password that is too easy to guess.
    #[error(
        "a password has at least {} characters; several words make a good one",
        Password::MIN_CHARACTERS
    )]
    TooShort,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_password_has_twelve_characters() {
        assert!(Password::to_register(text(&"é".repeat(12))).is_ok());
        let short = Password::to_register(text(&"é".repeat(11)));
        assert_eq!(short.unwrap_err(), PasswordError::TooShort);
    }

    #[test]
    fn lengths_are_bounded_from_both_sides() {
        assert_eq!(
            Password::to_sign_in(text("")).unwrap_err(),
            PasswordError::Empty
        );
        assert!(Password::to_sign_in(text("a")).is_ok());
        assert!(Password::to_sign_in(text(&"a".repeat(1024))).is_ok());
        let long = Password::to_sign_in(text(&"a".repeat(1025)));
        assert_eq!(long.unwrap_err(), PasswordError::TooLong);
    }

    #[test]
    fn debug_shows_nothing() {
        let password = Password::to_sign_in(text("hunter2")).unwrap();
        assert_eq!(format!("{password:?}"), "Password(…)");
    }

    fn text(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.into())
    }
}

//! What an administrator types as second factor.

use std::fmt;

use minicbor::{Decode, Encode};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::backup::BackupCode;

/// A code of the authenticator, or a backup code.
///
/// There is no `Display`, `Debug` shows nothing, and the memory is wiped when the value is
/// dropped.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Zeroize, ZeroizeOnDrop)]
#[expect(clippy::exhaustive_enums, reason = "the wire format has a version")]
pub enum SecondFactorCode {
    /// A backup code.
    #[n(0)]
    Backup(#[n(0)] BackupCode),
    /// Six digits that an authenticator shows.
    #[n(1)]
    OneTime(#[n(0)] OneTimeCode),
}

/// Six digits.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Zeroize, ZeroizeOnDrop)]
#[cbor(transparent)]
pub struct OneTimeCode(#[n(0)] u32);

impl OneTimeCode {
    pub(super) const fn number(&self) -> u32 {
        self.0
    }
}

impl SecondFactorCode {
    /// Reads what was typed: six digits are a code of the authenticator, sixteen letters and
    /// digits a backup code. White space and hyphens do not count.
    ///
    /// # Errors
    ///
    /// [`CodeError`] if it is neither.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let one_time = || one_time(text).map(|code| Self::OneTime(OneTimeCode(code)));
        let backup = || BackupCode::parse(text).map(Self::Backup);
        one_time().or_else(backup).ok_or(CodeError)
    }

    pub(super) const fn one_time(&self) -> Option<u32> {
        match self {
            Self::Backup(_) => None,
            Self::OneTime(code) => Some(code.number()),
        }
    }
}

impl fmt::Debug for SecondFactorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecondFactorCode(…)")
    }
}

impl fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeCode(…)")
    }
}

/// Neither six digits nor a backup code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a code is the six digits that the authenticator shows, or one of the backup codes of sixteen \
     letters and digits"
)]
#[expect(clippy::exhaustive_structs, reason = "there is nothing more to say")]
pub struct CodeError;

fn one_time(text: &str) -> Option<u32> {
    let mut digits = text.chars().filter(|it| !it.is_whitespace() && *it != '-');
    let number = (0..6).try_fold(0, |number, _| {
        let digit = digits.next()?.to_digit(10)?;
        Some(number * 10 + digit)
    })?;
    digits.next().is_none().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_are_a_code_however_they_are_spaced() {
        for text in ["012345", "012 345\n", "012-345"] {
            let code = SecondFactorCode::parse(text).unwrap();
            assert_eq!(code.one_time(), Some(12_345), "{text}");
        }
    }

    #[test]
    fn sixteen_letters_and_digits_are_a_backup_code() {
        let code = SecondFactorCode::parse("abcd efgh-ijkl-2345").unwrap();
        assert!(matches!(code, SecondFactorCode::Backup(_)));
        assert_eq!(code.one_time(), None);
    }

    #[test]
    fn anything_else_is_refused() {
        for odd in [
            "",
            "12345",
            "1234567",
            "12345a",
            "١٢٣٤٥٦",
            "ABCD-EFGH-IJKL-234",
            "ABCD-EFGH-IJKL-23451",
        ] {
            assert_eq!(SecondFactorCode::parse(odd), Err(CodeError), "{odd:?}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        let code = SecondFactorCode::parse("123456").unwrap();
        assert_eq!(format!("{code:?}"), "SecondFactorCode(…)");
    }
}

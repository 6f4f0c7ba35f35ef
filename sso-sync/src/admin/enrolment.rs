//! One-time enrolment tokens: how a machine without a person enrols itself.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::random::{self, Randomness};
use crate::seal::{MemberKeys, SealError};
use crate::store::DomainId;

/// The right to add one server to a domain, as text for a machine that starts by itself.
///
/// The token is the domain and 256 random bits, from which the keys of the token follow as
/// [the chapter on administrators](crate::docs::administrators) says. An administrator mints it by a statement of
/// the authority chain that names the *public* keys, wraps the domain key for them, and says until
/// when; the hub, and everybody else, has nothing but that statement. Every server that reads the
/// chain sees to it that one *node added* at most is signed with the token, and none after the
/// epoch has ended; the hub refuses what comes after the token has expired.
///
/// Whoever holds the text can enrol a server and so read everything: it deserves the care of a
/// password. There is no `Display`, `Debug` shows the domain only, and the memory is wiped when
/// the value is dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct EnrolmentToken {
    domain: [u8; 32],
    secret: [u8; Self::SECRET_LENGTH],
}

impl EnrolmentToken {
    /// Length of the secret, in bytes.
    pub const SECRET_LENGTH: usize = 32;

    /// A new token for a domain. It counts once the chain names it.
    #[must_use]
    pub fn new(domain: &DomainId, randomness: &mut dyn Randomness) -> Self {
        Self {
            domain: *domain.as_bytes(),
            secret: random::bytes(randomness),
        }
    }

    /// Reads a token from a file or an environment variable; white space around it is ignored.
    ///
    /// # Errors
    ///
    /// [`EnrolmentTokenError`] if it is none, or not a whole one.
    pub fn parse(text: &str) -> Result<Self, EnrolmentTokenError> {
        let text = text.trim_ascii().strip_prefix(PREFIX);
        let text = text.ok_or(EnrolmentTokenError)?;
        let bytes = Zeroizing::new(
            URL_SAFE_NO_PAD
                .decode(text)
                .map_err(|_| EnrolmentTokenError)?,
        );
        let (&domain, secret) = bytes.split_first_chunk().ok_or(EnrolmentTokenError)?;
        let secret = secret.try_into().map_err(|_| EnrolmentTokenError)?;
        Ok(Self { domain, secret })
    }

    /// The token as one word. Every call deserves a look.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new([self.domain, self.secret].concat());
        let mut text = Zeroizing::new(String::with_capacity(MAX_TEXT));
        text.push_str(PREFIX);
        URL_SAFE_NO_PAD.encode_string(&*bytes, &mut text);
        text
    }

    /// The domain: digest of its genesis statement. A hub that shows another chain is found out.
    #[must_use]
    pub const fn domain(&self) -> DomainId {
        DomainId::new(self.domain)
    }

    /// The keys of the token: their public half stands in the statement that mints it, and they
    /// sign *node added*.
    ///
    /// # Errors
    ///
    /// [`SealError::Refused`] if the cryptographic library refuses.
    pub fn keys(&self) -> Result<MemberKeys, SealError> {
        MemberKeys::of_token(&self.secret)
    }

    /// The secret that the token's keys follow from. Every call deserves a look.
    #[must_use]
    pub const fn expose_secret(&self) -> &[u8; Self::SECRET_LENGTH] {
        &self.secret
    }
}

impl fmt::Debug for EnrolmentToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EnrolmentToken({}, …)", self.domain())
    }
}

/// Not an enrolment token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is no enrolment token, or not a whole one; it begins with {PREFIX} and has 91 characters"
)]
#[expect(clippy::exhaustive_structs, reason = "there is nothing more to say")]
pub struct EnrolmentTokenError;

const PREFIX: &str = "sso1.";

/// Longer than the text.
const MAX_TEXT: usize = 96;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::random::SystemRandomness;

    #[test]
    fn a_token_is_read_as_it_was_written() {
        let token = EnrolmentToken {
            domain: [1; 32],
            secret: [2; 32],
        };
        let text = token.to_text();
        insta::assert_snapshot!(*text, @"sso1.AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQECAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg");
        assert_eq!(text.len(), 91);
        assert_eq!(EnrolmentToken::parse(&format!("{}\n", *text)), Ok(token));
    }

    #[test]
    fn a_text_of_another_length_or_alphabet_is_refused() {
        let text = EnrolmentToken {
            domain: [1; 32],
            secret: [255; 32],
        }
        .to_text();
        for end in 0..text.len() {
            assert_eq!(
                EnrolmentToken::parse(&text[..end]),
                Err(EnrolmentTokenError)
            );
        }
        let longer = format!("{}AAAA", *text);
        let standard = text.replace('_', "/");
        for odd in [&longer, &standard, "sso1.", "sso2."] {
            assert_eq!(
                EnrolmentToken::parse(odd),
                Err(EnrolmentTokenError),
                "{odd}"
            );
        }
    }

    #[test]
    fn its_keys_follow_from_the_text() {
        let token = EnrolmentToken::new(&DomainId::new([1; 32]), &mut SystemRandomness);
        let again = EnrolmentToken::parse(&token.to_text()).unwrap();
        let member = |token: &EnrolmentToken| token.keys().unwrap().member("autoscaled");
        assert_eq!(member(&again), member(&token));
    }

    #[test]
    fn two_tokens_differ() {
        let domain = DomainId::new([1; 32]);
        let new = || EnrolmentToken::new(&domain, &mut SystemRandomness);
        assert_ne!(new(), new());
        assert_eq!(new().domain(), domain);
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!(
            "{:?}",
            EnrolmentToken {
                domain: [1; 32],
                secret: [2; 32]
            }
        );
        assert!(shown.starts_with("EnrolmentToken(0101"), "{shown}");
        assert!(!shown.contains("0202"), "{shown}");
    }
}

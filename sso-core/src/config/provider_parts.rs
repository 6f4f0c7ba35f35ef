//! What an identity provider is called, and what may be chosen for it.

use std::fmt;
use std::time::Duration;

use crate::signature::MAX_KEYS;

/// Our short name for an identity provider, in addresses and settings: 1 to 32 of `a`–`z`, `0`–`9`
/// and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdpName(String);

impl IdpName {
    /// Checks a name.
    ///
    /// # Errors
    ///
    /// [`IdentityProviderError::Name`] if it is empty, too long, or has other characters.
    pub fn new(text: impl Into<String>) -> Result<Self, IdentityProviderError> {
        let text = text.into();
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if text.is_empty() || text.len() > 32 || !text.bytes().all(fits) {
            return Err(IdentityProviderError::Name { found: text });
        }
        Ok(Self(text))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdpName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether anybody signs in through a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a switch has two positions")]
pub enum ProviderState {
    /// Refused in every flow, answers to earlier requests included.
    Disabled,
    /// In use.
    Enabled,
}

/// What happens to people who never signed in before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "they become users or they do not")]
pub enum Provisioning {
    /// They become users.
    JustInTime,
    /// They are refused.
    KnownUsersOnly,
}

/// What must carry a signature of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "all combinations of two parts are there"
)]
pub enum SignedPart {
    /// The assertion.
    Assertion,
    /// The response and the assertion.
    Both,
    /// The response or the assertion.
    Either,
    /// The response.
    Response,
}

/// What names a user.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubjectSource {
    /// The attribute of this `Name`, which must have exactly one value.
    Attribute(String),
    /// The name identifier of the assertion's subject.
    NameId,
}

/// Whether responses are accepted that nobody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a switch has two positions")]
pub enum Unsolicited {
    /// They are: see [`accept_unsolicited_responses`](super::DangerousIdentityProvider::accept_unsolicited_responses).
    Accepted,
    /// They are not.
    Refused,
}

/// What is wrong with the description of an identity provider.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityProviderError {
    /// Assertions would be accepted for too long.
    #[error("max_assertion_age is {found:?}, at most 24 h is allowed")]
    AssertionAge {
        /// The setting.
        found: Duration,
    },
    /// The clocks would be allowed to differ too much.
    #[error("clock_skew is {found:?}, at most 300 s is allowed: repair the clock (NTP) instead")]
    ClockSkew {
        /// The setting.
        found: Duration,
    },
    /// Not a short name.
    #[error("{found:?} is not a name: use 1 to 32 of a-z, 0-9 and '-'")]
    Name {
        /// The text.
        found: String,
    },
    /// There is nowhere to send a request.
    #[error("there is no sign-in address for this binding")]
    NoEndpoint,
    /// There is no key to verify signatures with.
    #[error("there is no signing key: without one nothing of this provider can be believed")]
    NoKey,
    /// There are more keys than are ever tried.
    #[error("there are {found} signing keys, at most {MAX_KEYS} are allowed")]
    TooManyKeys {
        /// How many.
        found: usize,
    },
}

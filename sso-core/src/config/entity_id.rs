//! Names of SAML entities.

use std::fmt;

/// An entity ID: the name of an identity provider or a service provider (SAML Core 8.3.6).
///
/// 1 to 1024 characters without white space at its ends; compared character by character.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityId(String);
impl EntityId {
    /// Checks a name.
    ///
    /// # Errors
    ///
    /// [`EntityIdError`] if it is empty, too long, or has white space at an end.
    pub fn new(text: impl Into<String>) -> Result<Self, EntityIdError> {
        let text = text.into();
        let length = text.chars().count();
        if length == 0 || length > 1024 || text.trim() != text {
            return Err(EntityIdError);
        }
        Ok(Self(text))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An entity ID has 1 to 1024 characters, and this has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an entity ID has 1 to 1024 characters and no white space at its ends")]
#[expect(
    clippy::exhaustive_structs,
    reason = "there is nothing to say beyond the message"
)]
pub struct EntityIdError;

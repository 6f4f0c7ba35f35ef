//! Remembering used assertions.

use std::fmt;

use async_trait::async_trait;

use crate::{StoreError, UnixTime};

/// Remembers assertions, so that each signs in at most once (SAML Profiles 4.1.4.5).
///
/// # Contract
///
/// - **Atomic**: of concurrent calls with one `key`, exactly one returns [`Sighting::First`].
/// - **Shared**: all servers of one domain ask the same log.
/// - **Bounded**: an entry is kept until `expires` and may be dropped from then on.
/// - **Durable**: `First` is answered only once the mark would survive a crash.
///
/// `sso_core::replay_log_tests!` checks an implementation against this list.
///
/// # Security
///
/// `First` for a used key lets a stolen response sign in again. `Repeat` for an unused one costs
/// the user one more attempt. When in doubt, answer `Repeat` or an error.
#[async_trait]
pub trait ReplayLog: fmt::Debug + Send + Sync + 'static {
    /// Records `key` and tells whether it was known.
    ///
    /// `expires` is the end of the assertion's validity, clock skew included; it is after `now`
    /// and at most 25 hours later.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] if the log cannot answer; the sign-in is refused then.
    async fn record(
        &self,
        key: &ReplayKey,
        now: UnixTime,
        expires: UnixTime,
    ) -> Result<Sighting, StoreError>;
}

/// What identifies an assertion for ever: SHA-256 over its issuer and its ID.
///
/// Not the bytes of the message, of which one assertion has many encodings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplayKey([u8; 32]);

impl ReplayKey {
    /// The key of the assertion `id` of `issuer`.
    #[must_use]
    pub fn new(issuer: &str, id: &str) -> Self {
        Self(crate::digest::of_parts("sso-connect replay", &[issuer, id]))
    }

    /// The digest, for storage.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Whether an assertion was seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "it was seen or it was not")]
pub enum Sighting {
    /// Never: it may sign in.
    First,
    /// It was: refuse it.
    Repeat,
}

//! Sessions: sealed tokens that any server of the domain opens, and that can be revoked.
//!
//! Nothing is kept for a session but the token in the browser, so servers share no session table
//! and a lost server loses no session. What is kept are *revocations*, until the sessions they
//! speak of would have ended anyway.

mod history;
pub(crate) mod token;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use crate::user::UserId;

use crate::{StoreError, UnixTime};
pub(crate) use history::NoHistory;
pub use history::{History, MAX_MARK_BYTES};

/// Names one session: 128 random bits in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(String);

impl SessionId {
    /// A new, random identifier.
    #[must_use]
    pub fn random() -> Self {
        Self(crate::random::hex::<16>())
    }

    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) const fn from_sealed(text: String) -> Self {
        Self(text)
    }
}

/// A browser that is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// Names the session.
    pub id: SessionId,
    /// Who is signed in.
    pub user: UserId,
    /// Entity ID of the identity provider.
    pub identity_provider: String,
    /// The name identifier exactly as the provider sent it, as a `saml:NameID` element; single
    /// logout must give it back unchanged (SAML Core 3.7.1). Empty if the provider sent none.
    pub name_id: String,
    /// `SessionIndex` of the provider, if it sent one.
    pub session_index: Option<String>,
    /// When the provider authenticated the user.
    pub authenticated_at: UnixTime,
    /// How it did: an authentication context class URI, if the provider named one.
    pub context_class: Option<String>,
    /// When the session began.
    pub started: UnixTime,
    /// When it ends: our own limit or the provider's `SessionNotOnOrAfter`, whichever is first.
    pub expires: UnixTime,
    /// What the server that began it held of the [`History`] of its domain.
    pub mark: Option<String>,
}

/// Ends sessions before their time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Revocation {
    /// All sessions that came from one subject of one identity provider: what a logout request
    /// without a session index asks for (SAML Core 3.7.1).
    Subject {
        /// [`Session::subject`] of the sessions to end.
        subject: [u8; 32],
    },
    /// The sessions of one subject with one session index.
    SubjectIndex {
        /// [`Session::subject`] of the sessions to end.
        subject: [u8; 32],
        /// The provider's `SessionIndex`.
        session_index: String,
    },
    /// One session.
    Session(SessionId),
    /// All sessions of one user.
    User(UserId),
}

impl Revocation {
    /// SHA-256 over what is revoked: a fixed-size key for storage.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let hex = crate::random::to_hex;
        let (kind, parts) = match self {
            Self::Subject { subject } => ("subject", [hex(subject), String::new()]),
            Self::SubjectIndex {
                subject,
                session_index,
            } => ("subject index", [hex(subject), session_index.clone()]),
            Self::Session(id) => ("session", [id.0.clone(), String::new()]),
            Self::User(id) => ("user", [id.as_str().into(), String::new()]),
        };
        crate::digest::of_parts(kind, &parts.each_ref().map(String::as_str))
    }
}

impl Session {
    /// SHA-256 over the identity provider and the exact name identifier: whom a logout request
    /// can name.
    #[must_use]
    pub fn subject(&self) -> [u8; 32] {
        subject_of(&self.identity_provider, &self.name_id)
    }

    /// Every revocation that would end this session.
    #[must_use]
    pub fn revocable_by(&self) -> Vec<Revocation> {
        let subject = self.subject();
        let mut revocations = vec![
            Revocation::Session(self.id.clone()),
            Revocation::User(self.user.clone()),
            Revocation::Subject { subject },
        ];
        if let Some(session_index) = self.session_index.clone() {
            revocations.push(Revocation::SubjectIndex {
                subject,
                session_index,
            });
        }
        revocations
    }
}

/// SHA-256 over an identity provider and a name identifier in canonical form.
#[must_use]
pub fn subject_of(identity_provider: &str, name_id: &str) -> [u8; 32] {
    crate::digest::of_parts("sso-connect subject", &[identity_provider, name_id])
}

/// Keeps the revocations of sessions.
///
/// # Contract
///
/// - **Effective**: once [`revoke`](Self::revoke) returned, [`is_revoked`](Self::is_revoked)
///   answers `true` for a matching session that started at or before the revocation, on this
///   server at once, on the other servers as soon as storage reaches them.
/// - **Exact**: sessions that started later, and other sessions, are not touched.
/// - **Bounded**: an entry is kept until `until` and may be dropped from then on.
/// - **Durable**: what was acknowledged survives a crash.
///
/// `sso_core::session_store_tests!` checks an implementation against this list.
///
/// # Security
///
/// `false` for a revoked session keeps somebody in who was thrown out. An error refuses the
/// request, so a store that is down signs everybody out for as long.
#[async_trait]
pub trait SessionStore: fmt::Debug + Send + Sync + 'static {
    /// Ends every session that matches and started at or before `now`.
    ///
    /// `until` is when the last of them would have ended anyway.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] if the revocation is not known to be stored.
    async fn revoke(
        &self,
        revocation: &Revocation,
        now: UnixTime,
        until: UnixTime,
    ) -> Result<(), StoreError>;

    /// Whether one of [`Session::revocable_by`] was revoked at or after the session's start.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] if the store cannot tell.
    async fn is_revoked(&self, session: &Session) -> Result<bool, StoreError>;
}

/// How long sessions last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionPolicy {
    /// From sign-in to the end, at most. Default: 8 hours.
    pub lifetime: Duration,
}

impl Default for SessionPolicy {
    fn default() -> Self {
        Self {
            lifetime: Duration::from_hours(8),
        }
    }
}

//! Sessions, as the hub keeps them.

use std::time::Duration;

use minicbor::{Decode, Encode};
use sso_core::UnixTime;

use super::keys::Purpose;
use super::{Account, Hub};
use crate::admin::CryptographyFailed;
use crate::admin::moment;
use crate::admin::name::{AdministratorName, DomainName};
use crate::admin::random::Randomness;
use crate::admin::sealed;
use crate::admin::session::{Proof, SessionId, SessionKeys};
use crate::admin::wire::Message;

/// The session of an administrator. Its key is sealed under the hub's.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Session {
    #[n(0)]
    domain: DomainName,
    #[n(1)]
    administrator: AdministratorName,
    #[n(2)]
    generation: u64,
    #[cbor(n(3), with = "moment")]
    started: UnixTime,
    #[cbor(n(4), with = "moment")]
    expires: UnixTime,
    #[n(5)]
    ended: bool,
    #[cbor(n(6), with = "minicbor::bytes")]
    key: Vec<u8>,
}

impl Message for Session {
    const KIND: u16 = 201;
}

impl Session {
    /// How long a session lasts.
    pub const LIFE: Duration = Duration::from_secs(3600);

    /// For so long after the sign-in, what changes an account needs no new one.
    pub const FRESH: Duration = Duration::from_secs(300);

    /// The domain.
    #[must_use]
    pub const fn domain(&self) -> &DomainName {
        &self.domain
    }

    /// Who has signed in.
    #[must_use]
    pub const fn administrator(&self) -> &AdministratorName {
        &self.administrator
    }

    /// Time since the password, and the second factor if there is one, were given. What cannot be
    /// undone asks for a short one.
    #[must_use]
    pub const fn age(&self, now: UnixTime) -> Duration {
        now.since(self.started)
    }

    /// From this moment on the record may be deleted.
    #[must_use]
    pub const fn expires(&self) -> UnixTime {
        self.expires
    }

    /// Whether the session is still good for its administrator's account as it is now.
    ///
    /// # Errors
    ///
    /// [`SessionOver`] says why not.
    pub fn check(&self, account: Option<&Account>, now: UnixTime) -> Result<(), SessionOver> {
        let account = account.ok_or(SessionOver::Ended)?;
        let of_account =
            account.domain() == &self.domain && account.administrator() == &self.administrator;
        if self.ended || !of_account || account.is_revoked() {
            return Err(SessionOver::Ended);
        }
        if account.generation() != self.generation {
            return Err(SessionOver::PasswordChanged);
        }
        if now >= self.expires {
            return Err(SessionOver::Expired);
        }
        Ok(())
    }

    /// The session after a sign-out. Keep it until it [expires](Self::expires): as long as it is
    /// there, the sign-in that made it cannot be played again.
    #[must_use]
    pub fn end(&self) -> Self {
        Self {
            ended: true,
            key: Vec::new(),
            ..self.clone()
        }
    }

    pub(super) const fn is_fresh(&self, now: UnixTime) -> bool {
        self.age(now).as_secs() < Self::FRESH.as_secs()
    }
}

/// Why a session is no longer good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionOver {
    /// Signed out, or the administrator was revoked.
    #[error("the session has ended")]
    Ended,
    /// It lasted as long as sessions do.
    #[error("the session has expired")]
    Expired,
    /// Another password was registered since.
    #[error("the password was changed since the session began")]
    PasswordChanged,
}

impl Hub {
    pub(super) fn session(
        &self,
        account: &Account,
        (id, key): (&SessionId, &[u8]),
        now: UnixTime,
        randomness: &mut dyn Randomness,
    ) -> Result<Session, CryptographyFailed> {
        let seal = self.keys.derive(Purpose::Session)?;
        Ok(Session {
            domain: account.domain().clone(),
            administrator: account.administrator().clone(),
            generation: account.generation(),
            started: now.to_the_second(),
            expires: now.to_the_second().later(Session::LIFE),
            ended: false,
            key: sealed::seal(&seal, id.as_bytes(), key, randomness)?,
        })
    }

    /// The keys of the session if it is good and the proof is right.
    pub(super) fn authenticate(
        &self,
        session: &Session,
        account: &Account,
        (proof, request): (&Proof, &[u8]),
        now: UnixTime,
    ) -> Option<SessionKeys> {
        session.check(Some(account), now).ok()?;
        let seal = self.keys.derive(Purpose::Session).ok()?;
        let key = sealed::open(&seal, proof.session().as_bytes(), &session.key).ok()?;
        let keys = SessionKeys::of(&key).ok()?;
        keys.accepts(proof, request, now).then_some(keys)
    }
}

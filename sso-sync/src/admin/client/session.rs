//! What an administrator does with the account after signing in.

use std::time::Duration;

use minicbor::{Decode, Encode};
use sso_core::UnixTime;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::admin::message::{
    self, Answer, Grant, SecondFactorChange, SecondFactorChanged, SecondFactorRequest,
};
use crate::admin::second_factor::{BackupCodes, SecondFactorCode, TotpSecret};
use crate::admin::session::{Proof, SessionId, SessionKeys};

/// The session of an administrator who has signed in, on the administrator's side.
#[derive(Debug)]
pub struct ClientSession {
    id: SessionId,
    keys: SessionKeys,
    expires: UnixTime,
    /// The hub's clock and ours, when the session began.
    clocks: (UnixTime, UnixTime),
}

impl ClientSession {
    pub(super) const fn new(
        id: SessionId,
        keys: SessionKeys,
        grant: &Grant,
        now: UnixTime,
    ) -> Self {
        Self {
            id,
            keys,
            expires: grant.expires,
            clocks: (grant.now, now),
        }
    }

    /// For a program that goes on with the session later.
    pub(crate) fn keep(&self) -> KeptSession {
        let [requests, answers] = self.keys.expose();
        KeptSession {
            id: *self.id.as_bytes(),
            requests: *requests,
            answers: *answers,
            expires: self.expires.as_secs(),
            hub: self.clocks.0.as_secs(),
            ours: self.clocks.1.as_secs(),
        }
    }

    /// A session that was kept.
    pub(crate) fn resume(kept: &KeptSession) -> Self {
        Self {
            id: SessionId::new(kept.id),
            keys: SessionKeys::kept([kept.requests, kept.answers]),
            expires: UnixTime::from_secs(kept.expires),
            clocks: (
                UnixTime::from_secs(kept.hub),
                UnixTime::from_secs(kept.ours),
            ),
        }
    }

    /// Time since the sign-in.
    pub(crate) fn age(&self, now: UnixTime) -> Duration {
        now.since(self.clocks.1)
    }

    /// Its name, for requests that are signed with the administrator's key.
    #[must_use]
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// How long it lasts from `now` on; zero if it has ended.
    #[must_use]
    pub fn remaining(&self, now: UnixTime) -> Duration {
        self.expires.since(self.hub_time(now))
    }

    /// Asks for a new second factor; with a code of the present one if there is one.
    #[must_use]
    pub fn propose_second_factor(
        &self,
        code: Option<SecondFactorCode>,
        now: UnixTime,
    ) -> SecondFactorRequest {
        self.change(SecondFactorChange::Propose { code }, now)
    }

    /// Activates the proposed second factor with its first code.
    #[must_use]
    pub fn confirm_second_factor(
        &self,
        code: SecondFactorCode,
        now: UnixTime,
    ) -> SecondFactorRequest {
        self.change(SecondFactorChange::Confirm { code }, now)
    }

    /// Asks for no second factor any more.
    #[must_use]
    pub fn remove_second_factor(
        &self,
        code: SecondFactorCode,
        now: UnixTime,
    ) -> SecondFactorRequest {
        self.change(SecondFactorChange::Remove { code }, now)
    }

    /// Takes the hub's answer to a change of the second factor.
    ///
    /// # Errors
    ///
    /// A [`SessionError`] if nothing was changed.
    pub fn take(&self, answer: &Answer) -> Result<SecondFactorAnswer, SessionError> {
        let sealed = match answer {
            Answer::Sealed(sealed) => sealed,
            Answer::Refused => return Err(SessionError::Ended),
            Answer::SignInAgain => return Err(SessionError::SignInAgain),
            Answer::Superseded => return Err(SessionError::Superseded),
            Answer::TryLater(seconds) => return Err(SessionError::TryLater(*seconds)),
            _ => return Err(SessionError::Unexpected),
        };
        match self.keys.open(&self.id, sealed) {
            Some(SecondFactorChanged::Active(codes)) => Ok(SecondFactorAnswer::Active(codes)),
            Some(SecondFactorChanged::CodeRefused) => Err(SessionError::CodeRefused),
            Some(SecondFactorChanged::Proposed(secret)) => Ok(SecondFactorAnswer::Proposed(secret)),
            Some(SecondFactorChanged::Removed) => Ok(SecondFactorAnswer::Removed),
            None => Err(SessionError::Unexpected),
        }
    }

    pub(super) fn prove(&self, request: &[u8], now: UnixTime) -> Proof {
        self.keys.prove(self.id, request, self.hub_time(now))
    }

    fn change(&self, change: SecondFactorChange, now: UnixTime) -> SecondFactorRequest {
        let proof = self.prove(&message::to_change(&change), now);
        SecondFactorRequest { change, proof }
    }

    /// What the hub's clock shows, so that a wrong clock here does no harm.
    fn hub_time(&self, now: UnixTime) -> UnixTime {
        let (hub, ours) = self.clocks;
        hub.later(now.since(ours)).earlier(ours.since(now))
    }
}

/// A session as it is kept.
#[derive(Encode, Decode, Zeroize, ZeroizeOnDrop)]
pub(crate) struct KeptSession {
    #[cbor(n(0), with = "minicbor::bytes")]
    id: [u8; 32],
    #[cbor(n(1), with = "minicbor::bytes")]
    requests: [u8; 32],
    #[cbor(n(2), with = "minicbor::bytes")]
    answers: [u8; 32],
    #[n(3)]
    expires: u64,
    /// The hub's clock when the session began.
    #[n(4)]
    hub: u64,
    /// Ours.
    #[n(5)]
    ours: u64,
}

/// What the hub did about the second factor.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "one for each request")]
pub enum SecondFactorAnswer {
    /// It counts from now on; these codes stand in for a lost authenticator.
    Active(BackupCodes),
    /// Show this to the authenticator, then confirm with its first code.
    Proposed(TotpSecret),
    /// There is none any more.
    Removed,
}

/// Why nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The code was wrong.
    #[error("the code was wrong or used before, or none was proposed in the last ten minutes")]
    CodeRefused,
    /// There is no such session any more.
    #[error("the session has ended; sign in again")]
    Ended,
    /// The session is too old for this.
    #[error("this needs a sign-in of the last few minutes; sign in again")]
    SignInAgain,
    /// Somebody else changed the account.
    #[error("the account was changed in the meantime; sign in again")]
    Superseded,
    /// Too many tries.
    #[error("too many tries; try again in {0} s")]
    TryLater(u64),
    /// An answer to something else.
    #[error(
        "the hub gave an answer that does not belong here; is it really a hub of this version?"
    )]
    Unexpected,
}

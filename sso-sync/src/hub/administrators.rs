//! How administrators sign in, as far as the rest of the hub is concerned.

use std::fmt;
use std::net::IpAddr;

use async_trait::async_trait;
use bytes::Bytes;
use sso_core::UnixTime;

use super::DomainEntry;
use crate::admin::InvitationRecord;
use crate::admin::desk::DeskEvent;
use crate::seal::Member;
use crate::store::Swept;
use crate::wire::{Code, Problem, RegisteredAdministrator, SessionId};

/// Signs administrators in, and knows their sessions.
///
/// All processes of a hub ask the same one: a session of one is a session of all.
#[async_trait]
pub trait Administrators: fmt::Debug + Send + Sync + 'static {
    /// Answers a message of an administrator's program that came from `peer`: sign-in,
    /// registration, recovery, second factor.
    ///
    /// # Errors
    ///
    /// The [`Problem`] that is answered instead.
    async fn answer(
        &self,
        message: &[u8],
        peer: IpAddr,
        now: UnixTime,
    ) -> Result<Attended, Problem>;

    /// When the session began, if it is a good one of this administrator; `None` if not.
    ///
    /// # Errors
    ///
    /// [`Code::Unavailable`] if that cannot be told.
    async fn signed_in(
        &self,
        session: SessionId,
        domain: &DomainEntry,
        administrator: &Member,
        now: UnixTime,
    ) -> Result<Option<UnixTime>, Problem>;

    /// Lets somebody register a password; an administrator of the domain has said so. Again, if
    /// the invitation is there already. Default: not possible here.
    ///
    /// # Errors
    ///
    /// [`Code::Unavailable`] if it is not known to be stored.
    async fn invite(&self, _invitation: &InvitationRecord) -> Result<(), Problem> {
        Err(Code::NotFound.into())
    }

    /// Who has registered a password in the domain with this name. Default: nobody.
    ///
    /// # Errors
    ///
    /// [`Code::Unavailable`] if that cannot be told.
    async fn registered(&self, _domain: &str) -> Result<Vec<RegisteredAdministrator>, Problem> {
        Ok(Vec::new())
    }

    /// Forgets everybody of the domain with this name: it was erased. Default: there is nobody.
    ///
    /// # Errors
    ///
    /// [`Code::Unavailable`] if that is not known to have happened; calling again goes on.
    async fn forget(&self, _domain: &str) -> Result<(), Problem> {
        Ok(())
    }

    /// Forgets a bounded number of records that are worth nothing any more, after the key `after`.
    /// Default: there are none.
    ///
    /// # Errors
    ///
    /// [`Code::Unavailable`] if not all of them are known to be gone.
    async fn sweep(&self, _after: Option<&str>, _now: UnixTime) -> Result<Swept, Problem> {
        Ok(Swept::default())
    }

    /// Ends a session, if it is one. Default: there is none.
    ///
    /// # Errors
    ///
    /// [`Code::Unavailable`] if it is not known to have ended.
    async fn sign_out(&self, _session: SessionId) -> Result<(), Problem> {
        Ok(())
    }
}

/// An answer to an administrator's program.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "whoever signs administrators in builds it"
)]
pub struct Attended {
    /// What is sent.
    pub answer: Bytes,
    /// What is worth taking down, if anything is.
    pub event: Option<DeskEvent>,
}

/// Nobody signs in: for a hub that serves the servers it knows, and no administrators.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a unit struct is its own constructor"
)]
pub struct NoAdministrators;

#[async_trait]
impl Administrators for NoAdministrators {
    async fn answer(&self, _: &[u8], _: IpAddr, _: UnixTime) -> Result<Attended, Problem> {
        Err(Code::NotFound.into())
    }

    async fn signed_in(
        &self,
        _: SessionId,
        _: &DomainEntry,
        _: &Member,
        _: UnixTime,
    ) -> Result<Option<UnixTime>, Problem> {
        Ok(None)
    }
}

//! The [`Desk`] signs the hub's administrators in.

use std::net::IpAddr;

use async_trait::async_trait;
use sso_core::{StoreError, UnixTime};

use super::administrators::Attended;
use super::{Administrators, DomainEntry};
use crate::admin::desk::{Desk, DeskError};
use crate::admin::hub::Visit;
use crate::admin::{DomainName, InvitationRecord, SessionId as SignInId, SystemRandomness};
use crate::seal::Member;
use crate::store::Swept;
use crate::wire::{Code, Problem, RegisteredAdministrator, SessionId};

#[async_trait]
impl Administrators for Desk {
    async fn answer(
        &self,
        message: &[u8],
        peer: IpAddr,
        now: UnixTime,
    ) -> Result<Attended, Problem> {
        let visit = Visit::new(peer, now);
        let attended = self.attend(message, &visit, &mut SystemRandomness).await;
        let (answer, event) = attended.map_err(problem)?;
        let answer = answer.into();
        Ok(Attended { answer, event })
    }

    async fn signed_in(
        &self,
        session: SessionId,
        domain: &DomainEntry,
        administrator: &Member,
        now: UnixTime,
    ) -> Result<Option<UnixTime>, Problem> {
        let id = SignInId::new(*session.as_bytes());
        let Some((session, account)) = self.session(&id, now).await.map_err(problem)? else {
            return Ok(None);
        };
        let same_domain = session.domain().as_str() == domain.name;
        let same_keys = account.keys().signing == *administrator.signing();
        let began = now.earlier(session.age(now));
        Ok((same_domain && same_keys).then_some(began))
    }

    async fn invite(&self, invitation: &InvitationRecord) -> Result<(), Problem> {
        match self
            .keep_invitation(invitation, &mut SystemRandomness)
            .await
        {
            // Its name follows from a secret: it is this one, and an answer was lost.
            Err(DeskError::Store(StoreError::Conflict)) => Ok(()),
            kept => kept.map_err(problem),
        }
    }

    async fn registered(&self, domain: &str) -> Result<Vec<RegisteredAdministrator>, Problem> {
        let domain = DomainName::parse(domain).map_err(|_| Code::NotFound)?;
        let accounts = self.accounts(&domain).await.map_err(problem)?;
        let registered = accounts.iter().map(|account| RegisteredAdministrator {
            administrator: account.administrator().clone(),
            keys: account.keys().clone(),
            introduction: account.introduction().cloned(),
        });
        Ok(registered.collect())
    }

    async fn forget(&self, domain: &str) -> Result<(), Problem> {
        let domain = DomainName::parse(domain).map_err(|_| Code::NotFound)?;
        Self::forget(self, &domain).await.map_err(problem)
    }

    async fn sweep(&self, after: Option<&str>, now: UnixTime) -> Result<Swept, Problem> {
        Self::sweep(self, after, now).await.map_err(problem)
    }

    async fn sign_out(&self, session: SessionId) -> Result<(), Problem> {
        let id = SignInId::new(*session.as_bytes());
        let ended = Self::sign_out(self, &id, &mut SystemRandomness).await;
        ended.map_err(problem)
    }
}

fn problem(error: DeskError) -> Problem {
    match error {
        DeskError::Busy => Problem::new(Code::Busy).retry_after(1),
        DeskError::Cryptography(_) => Code::Unavailable.into(),
        DeskError::OtherKeys => Code::Unavailable.into(),
        DeskError::Store(error) => error.into(),
        DeskError::Wire(_) => Code::Malformed.into(),
    }
}

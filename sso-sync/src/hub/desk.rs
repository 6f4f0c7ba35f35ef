//! The [`Desk`] signs the hub's administrators in.

use std::net::IpAddr;

use async_trait::async_trait;
use bytes::Bytes;
use sso_core::UnixTime;

use super::{Administrators, DomainEntry};
use crate::admin::desk::{Desk, DeskError};
use crate::admin::hub::Visit;
use crate::admin::{SessionId as SignInId, SystemRandomness};
use crate::seal::Member;
use crate::wire::{Code, Problem, SessionId};

#[async_trait]
impl Administrators for Desk {
    async fn answer(&self, message: &[u8], peer: IpAddr, now: UnixTime) -> Result<Bytes, Problem> {
        let visit = Visit::new(peer, now);
        let answer = Self::answer(self, message, &visit, &mut SystemRandomness).await;
        Ok(answer.map_err(problem)?.into())
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

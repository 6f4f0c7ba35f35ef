//! Who asks: a member that has shown that it is the one.

use std::sync::Arc;

use sso_core::UnixTime;

use super::domain::{Domain, View};
use super::request::Asked;
use super::session::{Opened, Origin, Sessions};
use super::{AuditEvent, DomainEntry, DomainState, Hub};
use crate::chain::{Permissions, Role, Standing};
use crate::seal::{Member, MemberId};
use crate::store::DomainId;
use crate::wire::{Code, Problem, RequestSignature, SessionId, SignedRequest};

/// A member of the domain that signed this request, and the domain as it stands.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) member: Member,
    pub(super) rank: Rank,
    pub(super) id: DomainId,
    pub(super) domain: Arc<Domain>,
    pub(super) view: View,
    /// Whether password and second factor were given within the last minutes.
    pub(super) is_fresh: bool,
}

/// What a caller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rank {
    Administrator,
    Node,
    /// Was a node until the statement at this position: it is given the chain up to there.
    Revoked(u64),
    Token,
}

impl Caller {
    pub(super) fn member_id(&self) -> MemberId {
        self.member.id()
    }

    /// # Errors
    ///
    /// [`Code::NotPermitted`] if the caller is none of these.
    pub(super) fn check_is(&self, ranks: &[Rank]) -> Result<(), Problem> {
        if ranks.contains(&self.rank) {
            return Ok(());
        }
        Err(Code::NotPermitted.into())
    }

    /// # Errors
    ///
    /// [`Code::NotPermitted`] unless the caller is an administrator with these permissions.
    pub(super) fn check_may(&self, needed: Permissions) -> Result<(), Problem> {
        let standing = self.view.chain.standing(self.member_id());
        match standing.map(Standing::role) {
            Some(Role::Administrator { permissions }) if permissions.include(needed) => Ok(()),
            _ => Err(Code::NotPermitted.into()),
        }
    }

    /// What cannot be undone asks for a fresh sign-in.
    ///
    /// # Errors
    ///
    /// [`Code::NotPermitted`].
    pub(super) fn check_fresh(&self) -> Result<(), Problem> {
        if self.is_fresh {
            return Ok(());
        }
        Err(Problem::new(Code::NotPermitted).because(SIGN_IN_AGAIN))
    }
}

impl Hub {
    /// Finds out who asks.
    ///
    /// The order is fixed: what costs nothing first, and nothing is remembered before the
    /// signature holds.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong.
    pub(super) async fn caller(&self, id: DomainId, asked: &Asked<'_>) -> Result<Caller, Problem> {
        let signature = RequestSignature::parse(asked.authorization)
            .map_err(|error| Problem::new(Code::BadRequestSignature).because(error.to_string()))?;
        let member = signature.member;
        let (session, now) = (signature.session, asked.now);
        let ours = self.sessions.recognise(session, id, member, now);
        let entry = self.open_domain(id).await?;
        let domain = self.domains.of(id);
        let view = domain.view(&*self.store).await;
        if view
            .as_ref()
            .is_err_and(|it| it.code == Code::UnknownDomain)
        {
            self.domains.forget(&id);
        }
        let view = view?;
        let standing = view.chain.standing(member).ok_or(Code::NotPermitted)?;
        let opened = match ours {
            Ok(opened) => opened,
            Err(_) => self.signed_in(session, &entry, standing, now).await?,
        };
        self.check_signature(id, asked, &signature, standing.member())?;
        self.sessions.take(&opened, signature.counter, asked.now)?;
        self.members.count((id, member), asked.now)?;
        let rank = check_standing(standing, &opened, asked);
        if let Err(problem) = &rank {
            self.record_refusal(id, member, problem);
        }
        Ok(Caller {
            member: standing.member().clone(),
            rank: rank?,
            id,
            domain,
            view,
            is_fresh: opened.is_fresh(now),
        })
    }

    /// A session that an administrator's sign-in began.
    async fn signed_in(
        &self,
        session: SessionId,
        domain: &DomainEntry,
        standing: &Standing,
        now: UnixTime,
    ) -> Result<Opened, Problem> {
        let member = standing.member();
        let administrators = &self.administrators;
        let began = administrators.signed_in(session, domain, member, now);
        let began = began.await?.ok_or(Code::UnknownSession)?;
        let (domain, member) = (domain.id, member.id());
        Ok(Sessions::signed_in(session, domain, member, began, now)?)
    }

    fn check_signature(
        &self,
        domain: DomainId,
        asked: &Asked<'_>,
        signature: &RequestSignature,
        member: &Member,
    ) -> Result<(), Problem> {
        let signed = SignedRequest {
            authority: asked.authority,
            domain,
            member: signature.member,
            session: signature.session,
            counter: signature.counter,
            method: asked.method,
            target: asked.address,
            body: asked.body,
        };
        let here = self.settings.is_reached_as(asked.authority);
        if here && signed.is_signed_by(member, &signature.signature) {
            return Ok(());
        }
        Err(Code::BadRequestSignature.into())
    }

    /// The domain, if the operator lets it be served.
    ///
    /// # Errors
    ///
    /// [`Code::UnknownDomain`], or why the store does not answer.
    pub(super) async fn open_domain(&self, id: DomainId) -> Result<DomainEntry, Problem> {
        let entry = self.domain(id).await?;
        let entry = entry.filter(|entry| entry.state == DomainState::Active);
        entry.ok_or_else(|| Code::UnknownDomain.into())
    }

    fn record_refusal(&self, domain: DomainId, member: MemberId, problem: &Problem) {
        let code = problem.code.text();
        self.audit.record(&AuditEvent::MemberRefused {
            domain,
            member,
            code,
        });
    }
}

/// What a member whose signature holds may count as.
fn check_standing(
    standing: &Standing,
    opened: &Opened,
    asked: &Asked<'_>,
) -> Result<Rank, Problem> {
    if let Some(at) = standing.revoked() {
        let believes = matches!(standing.role(), Role::Node { .. }) && asked.is_about_chain();
        return believes
            .then_some(Rank::Revoked(at))
            .ok_or_else(|| Code::Revoked.into());
    }
    match standing.role() {
        Role::Administrator { .. } if opened.origin == Origin::Request => {
            Err(Problem::new(Code::UnknownSession).because(SIGN_IN))
        }
        Role::Administrator { .. } => Ok(Rank::Administrator),
        _ if opened.origin == Origin::Login => Err(Code::UnknownSession.into()),
        Role::Node { .. } => Ok(Rank::Node),
        Role::Token { expires, .. } if asked.now.as_secs() >= *expires => {
            Err(Problem::new(Code::NotPermitted).because(EXPIRED))
        }
        Role::Token { .. } => Ok(Rank::Token),
    }
}

const SIGN_IN: &str = "an administrator signs in with the password first";
const SIGN_IN_AGAIN: &str = "this needs a sign-in of the last five minutes: sign in again";
const EXPIRED: &str = "the enrolment token has expired: mint another one";

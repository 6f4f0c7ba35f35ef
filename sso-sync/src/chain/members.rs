//! Administrators, nodes and enrolment tokens.

use super::{Chain, Permissions, Refusal, Statement};
use crate::seal::{EpochStart, Member, MemberId, Wrap};

/// A member and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    member: Member,
    role: Role,
    added: u64,
    revoked: Option<u64>,
}

impl Standing {
    pub(super) const fn new(member: Member, role: Role, added: u64) -> Self {
        Self {
            member,
            role,
            added,
            revoked: None,
        }
    }

    /// Name and public keys.
    #[must_use]
    pub const fn member(&self) -> &Member {
        &self.member
    }

    /// What it is.
    #[must_use]
    pub const fn role(&self) -> &Role {
        &self.role
    }

    /// Position of the statement that added it.
    #[must_use]
    pub const fn added(&self) -> u64 {
        self.added
    }

    /// Position of the statement that revoked it; `None` if none did.
    #[must_use]
    pub const fn revoked(&self) -> Option<u64> {
        self.revoked
    }

    fn is_administrator_with(&self, needed: Permissions) -> bool {
        matches!(self.role, Role::Administrator { permissions } if permissions.include(needed))
    }
}

/// What a member is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// A person.
    #[non_exhaustive]
    Administrator {
        /// What the administrator may do.
        permissions: Permissions,
    },
    /// A server.
    #[non_exhaustive]
    Node {
        /// The version of its program.
        program: String,
    },
    /// Whoever knows it may add one server.
    #[non_exhaustive]
    Token {
        /// The epoch in which it is good.
        epoch: u64,
        /// Until when, in seconds since 1970.
        expires: u64,
        /// Whether it was used.
        spent: bool,
    },
}

impl Chain {
    pub(super) fn add_administrator(
        &mut self,
        statement: &Statement,
        member: Member,
        permissions: Permissions,
        wrap: &Wrap,
    ) -> Result<(), Refusal> {
        let signer = statement.signer();
        let may_give = self
            .standing(signer)
            .is_some_and(|it| it.is_administrator_with(permissions));
        if !may_give {
            return Err(Refusal::NotPermitted(signer));
        }
        let role = Role::Administrator { permissions };
        self.add(statement.position(), member, role, wrap)
    }

    pub(super) fn revoke_administrator(
        &mut self,
        position: u64,
        member: MemberId,
        epoch: EpochStart,
    ) -> Result<(), Refusal> {
        self.check_is(member, |role| matches!(role, Role::Administrator { .. }))?;
        let one_is_left = self
            .members()
            .any(|it| it.member.id() != member && it.is_administrator_with(Permissions::ALL));
        if !one_is_left {
            return Err(Refusal::LastAdministrator);
        }
        self.revoke(position, member, epoch)
    }

    pub(super) fn add_node(
        &mut self,
        statement: &Statement,
        member: Member,
        program: String,
        wrap: &Wrap,
    ) -> Result<(), Refusal> {
        let signer = statement.signer();
        self.check_token(signer)?;
        self.policy().check_program(&program)?;
        let role = Role::Node { program };
        self.add(statement.position(), member, role, wrap)?;
        self.spend(signer);
        Ok(())
    }

    pub(super) fn revoke_node(
        &mut self,
        position: u64,
        member: MemberId,
        epoch: EpochStart,
    ) -> Result<(), Refusal> {
        self.check_is(member, |role| matches!(role, Role::Node { .. }))?;
        self.revoke(position, member, epoch)
    }

    pub(super) fn update_node(&mut self, node: MemberId, program: String) -> Result<(), Refusal> {
        self.policy().check_program(&program)?;
        if let Some(standing) = self.members.get_mut(&node) {
            standing.role = Role::Node { program };
        }
        Ok(())
    }

    pub(super) fn mint_token(
        &mut self,
        position: u64,
        member: Member,
        expires: u64,
        wrap: &Wrap,
    ) -> Result<(), Refusal> {
        let role = Role::Token {
            epoch: self.epoch(),
            expires,
            spent: false,
        };
        self.add(position, member, role, wrap)
    }

    pub(super) fn withdraw_token(
        &mut self,
        position: u64,
        member: MemberId,
    ) -> Result<(), Refusal> {
        self.check_is(member, |role| matches!(role, Role::Token { .. }))?;
        self.mark_revoked(position, member);
        Ok(())
    }

    fn add(
        &mut self,
        position: u64,
        member: Member,
        role: Role,
        wrap: &Wrap,
    ) -> Result<(), Refusal> {
        let id = member.id();
        check_name(member.name())?;
        if self.members.contains_key(&id) {
            return Err(Refusal::KnownMember(id));
        }
        if self.recipients(None).count() >= Self::MAX_MEMBERS {
            let limit = Self::MAX_MEMBERS;
            return Err(Refusal::TooManyMembers { limit });
        }
        if wrap.member() != id {
            return Err(Refusal::MissingWrap(id));
        }
        self.members
            .insert(id, Standing::new(member, role, position));
        Ok(())
    }

    pub(super) fn revoke(
        &mut self,
        position: u64,
        member: MemberId,
        epoch: EpochStart,
    ) -> Result<(), Refusal> {
        self.start_epoch(position, epoch, Some(member))?;
        self.mark_revoked(position, member);
        Ok(())
    }

    fn mark_revoked(&mut self, position: u64, member: MemberId) {
        if let Some(standing) = self.members.get_mut(&member) {
            standing.revoked = Some(position);
        }
    }

    pub(super) fn check_is(&self, id: MemberId, is: impl Fn(&Role) -> bool) -> Result<(), Refusal> {
        match self.standing(id) {
            Some(standing) if standing.revoked.is_none() && is(&standing.role) => Ok(()),
            _ => Err(Refusal::UnknownMember(id)),
        }
    }

    /// A token is good in its epoch only; for other signers there is nothing to check.
    fn check_token(&self, signer: MemberId) -> Result<(), Refusal> {
        match self.standing(signer).map(Standing::role) {
            Some(Role::Token { epoch, .. }) if *epoch != self.epoch() => {
                Err(Refusal::TokenOfAnOlderEpoch)
            }
            _ => Ok(()),
        }
    }

    fn spend(&mut self, signer: MemberId) {
        if let Some(standing) = self.members.get_mut(&signer)
            && let Role::Token { spent, .. } = &mut standing.role
        {
            *spent = true;
        }
    }
}

/// Names are for people, on consoles and in logs.
pub(super) fn check_name(name: &str) -> Result<(), Refusal> {
    let fits = (1..=MAX_NAME_BYTES).contains(&name.len());
    if !fits || name.chars().any(char::is_control) {
        return Err(Refusal::BadName);
    }
    Ok(())
}

const MAX_NAME_BYTES: usize = 255;

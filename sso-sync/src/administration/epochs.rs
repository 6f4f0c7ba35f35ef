//! New keys for everybody who stays.

use super::{AdministrationError, Administrator};
use crate::chain::{Action, Role, Standing};
use crate::seal::{DomainKey, EpochStart, MemberId};

impl Administrator {
    /// Starts a new key epoch: everybody who belongs to the domain gets the new key, and all
    /// enrolment tokens end. Returns its number.
    ///
    /// # Errors
    ///
    /// An [`AdministrationError`].
    pub async fn start_epoch(&mut self) -> Result<u64, AdministrationError> {
        self.state(|office| {
            office.require_sso()?;
            let epoch = office.next_epoch(None)?;
            Ok(Some(Action::EpochStarted { epoch }))
        })
        .await?;
        Ok(self.chain().epoch())
    }

    /// Revokes a server, and starts a new key epoch in the same statement. A server that was
    /// revoked already stays so. Returns the number of the current epoch.
    ///
    /// The server keeps what it had, and reads nothing that is sealed from now on.
    ///
    /// # Errors
    ///
    /// [`AdministrationError::UnknownMember`] if there never was such a server.
    pub async fn revoke_server(&mut self, member: MemberId) -> Result<u64, AdministrationError> {
        self.state(|office| {
            office.require_sso()?;
            if !office.is_left(member, |role| matches!(role, Role::Node { .. }))? {
                return Ok(None);
            }
            let epoch = office.next_epoch(Some(member))?;
            Ok(Some(Action::NodeRevoked { member, epoch }))
        })
        .await?;
        Ok(self.chain().epoch())
    }

    /// Revokes another administrator, and starts a new key epoch in the same statement. One who
    /// was revoked already stays so. Returns the number of the current epoch.
    ///
    /// # Errors
    ///
    /// [`AdministrationError::UnknownMember`], [`AdministrationError::Yourself`];
    /// [`Refusal::LastAdministrator`](crate::chain::Refusal::LastAdministrator) if nobody with
    /// all permissions would be left.
    pub async fn revoke_administrator(
        &mut self,
        member: MemberId,
    ) -> Result<u64, AdministrationError> {
        self.state(|office| {
            office.require_administrators()?;
            if member == office.id() {
                return Err(AdministrationError::Yourself);
            }
            if !office.is_left(member, |role| matches!(role, Role::Administrator { .. }))? {
                return Ok(None);
            }
            let epoch = office.next_epoch(Some(member))?;
            Ok(Some(Action::AdministratorRevoked { member, epoch }))
        })
        .await?;
        Ok(self.chain().epoch())
    }

    /// Whether a member of that kind is there to be revoked; not if it was revoked before.
    pub(super) fn is_left(
        &self,
        id: MemberId,
        is: impl Fn(&Role) -> bool,
    ) -> Result<bool, AdministrationError> {
        let standing = self.chain().standing(id);
        let standing = standing.filter(|standing| is(standing.role()));
        let standing = standing.ok_or(AdministrationError::UnknownMember(id))?;
        Ok(Standing::revoked(standing).is_none())
    }

    /// The next epoch, with a wrap for everybody but `without`.
    fn next_epoch(&self, without: Option<MemberId>) -> Result<EpochStart, AdministrationError> {
        let key = DomainKey::random()?;
        let recipients = self.chain().recipients(without);
        Ok(EpochStart::after(self.ring(), &key, recipients)?)
    }
}

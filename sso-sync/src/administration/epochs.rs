//! New keys for everybody who stays.

use super::{AdministrationError, Administrator};
use crate::cbor;
use crate::chain::{Action, Farewell, Role, Standing};
use crate::seal::{DomainKey, EpochStart, MemberId, MemberKeys};
use crate::status::Revocation;

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
    /// Whoever was signed in signs in again. That is so for a server that was
    /// [retired](Self::retire_server) too, as long as sessions of its time go on: a new epoch ends
    /// them.
    ///
    /// The server keeps what it had, and reads nothing that is sealed from now on.
    ///
    /// # Errors
    ///
    /// [`AdministrationError::UnknownMember`] if there never was such a server.
    pub async fn revoke_server(&mut self, member: MemberId) -> Result<u64, AdministrationError> {
        self.state(|office| {
            office.require_sso()?;
            if office.is_left(member, |role| matches!(role, Role::Node { .. }))? {
                let epoch = office.next_epoch(Some(member))?;
                return Ok(Some(Action::NodeRevoked { member, epoch }));
            }
            if office.chain().is_outlived(member) {
                let epoch = office.next_epoch(None)?;
                return Ok(Some(Action::EpochStarted { epoch }));
            }
            Ok(None)
        })
        .await?;
        Ok(self.chain().epoch())
    }

    /// Retires a server that has ended, with its own `keys`: it says goodbye, and what it says and a
    /// new key epoch stand in one statement. Sessions go on at the others until they end. One that
    /// was revoked or retired already stays so. Returns the number of the current epoch.
    ///
    /// `sign_outs` are those that it [told](crate::driver::sign_outs), the newest last. Whoever calls
    /// this destroys the keys right afterwards: until then they make up sessions that the others
    /// open, for 24 hours. If they may be in other hands, [revoke](Self::revoke_server) the server.
    ///
    /// # Errors
    ///
    /// [`AdministrationError::UnknownMember`] if there never was such a server.
    pub async fn retire_server(
        &mut self,
        keys: &MemberKeys,
        sign_outs: &[Revocation],
    ) -> Result<u64, AdministrationError> {
        let member = keys.id();
        self.state(|office| {
            office.require_sso()?;
            if !office.is_left(member, |role| matches!(role, Role::Node { .. }))? {
                return Ok(None);
            }
            let epoch = office.next_epoch(Some(member))?;
            let (mark, beside) = (office.ledger().mark(), cbor::encode(&epoch).len());
            let (chain, ring) = (office.chain(), office.ring());
            let farewell = Farewell::say(chain, ring, keys, mark, sign_outs, beside)?;
            Ok(Some(Action::NodeRetired {
                member,
                epoch,
                farewell,
            }))
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

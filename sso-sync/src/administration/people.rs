//! Administrators: inviting, adding, listing.

use std::time::Duration;

use super::history::name_of;
use super::{AdministrationError, Administrator};
use crate::admin::{AdministratorName, DomainName, Invitation, OneTimeId, SystemRandomness};
use crate::chain::{Action, Permissions, Role, Standing};
use crate::seal::{Member, MemberId};
use crate::wire::RegisteredAdministrator;

/// Somebody who may register a password now.
#[derive(Debug)]
#[non_exhaustive]
pub struct Invited {
    /// To be handed to the invited person, and to nobody else.
    pub invitation: Invitation,
    /// To be kept until that person is [added](Administrator::add_administrator). No secret.
    pub id: OneTimeId,
}

/// An administrator as the chain has it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Person {
    /// By which the administrator is revoked.
    pub id: MemberId,
    /// The e-mail address.
    pub name: String,
    /// What the administrator may do.
    pub permissions: Permissions,
    /// When the administrator was added, in seconds since 1970 by the clock of who did it.
    pub since: u64,
    /// Who added the administrator; the first one did it alone.
    pub by: String,
}

/// Somebody who has registered a password and is not in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waiting {
    /// The e-mail address.
    pub name: AdministratorName,
    /// The keys that were registered, by the name that they would have.
    pub id: MemberId,
}

impl Administrator {
    /// Invites somebody to become an administrator, or to become one again with new keys, within
    /// `life`: [`Invitation::LIFE`] is a good one.
    ///
    /// Who has used the invitation can sign in to the hub, and belongs to the domain only once an
    /// administrator has [added](Self::add_administrator) the new keys.
    ///
    /// # Errors
    ///
    /// [`AdministrationError::Lacks`], [`AdministrationError::Call`].
    pub async fn invite(
        &mut self,
        name: &AdministratorName,
        life: Duration,
    ) -> Result<Invited, AdministrationError> {
        self.require_administrators()?;
        let expires = self.office().now().later(life);
        let domain = self.who().domain.clone();
        let random = &mut SystemRandomness;
        let genesis = Some(self.domain());
        let invitation = Invitation::new(domain, name.clone(), genesis, expires, random);
        let record = invitation.record()?;
        self.client().invite(&record).await?;
        let id = record.key.id();
        Ok(Invited { invitation, id })
    }

    /// All administrators, by e-mail address, as far as the chain was [fetched](Self::refresh).
    #[must_use]
    pub fn administrators(&self) -> Vec<Person> {
        let members = self.chain().members();
        let mut people: Vec<_> = members.filter_map(|it| self.person(it)).collect();
        people.sort_by(|one, next| (&one.name, one.id).cmp(&(&next.name, next.id)));
        people
    }

    /// Who has registered a password and is not in the chain: invited people who wait, and
    /// administrators who were revoked.
    ///
    /// # Errors
    ///
    /// An [`AdministrationError`] if the hub cannot be asked.
    pub async fn waiting(&mut self) -> Result<Vec<Waiting>, AdministrationError> {
        self.refresh().await?;
        let registered = self.client().registered().await?;
        let mut waiting = Vec::new();
        for RegisteredAdministrator {
            administrator,
            keys,
            ..
        } in registered
        {
            let id = Member::new("", keys.signing, keys.sealing).id();
            if self.chain().standing(id).is_none() {
                let name = administrator;
                waiting.push(Waiting { name, id });
            }
        }
        Ok(waiting)
    }

    /// Makes an administrator of who has used the invitation `id`, with these permissions.
    ///
    /// The keys are taken only with the word of the invited person, which a hub cannot put into
    /// anybody's mouth. One who was added already is found.
    ///
    /// # Errors
    ///
    /// [`AdministrationError::NotRegistered`], [`AdministrationError::NotIntroduced`],
    /// [`AdministrationError::Revoked`] if these keys were revoked,
    /// [`AdministrationError::Lacks`] also if more is to be given than the administrator has.
    pub async fn add_administrator(
        &mut self,
        name: &AdministratorName,
        id: &OneTimeId,
        permissions: Permissions,
    ) -> Result<MemberId, AdministrationError> {
        let registered = self.client().registered().await?;
        let domain = self.who().domain.clone();
        let member = introduced(registered, &domain, name, id)?;
        self.state(|office| {
            if office.is_administrator(member.id())? {
                return Ok(None);
            }
            office.require_administrators()?;
            office.require(permissions, "that is to be given")?;
            Ok(Some(Action::AdministratorAdded {
                wrap: office.wrap(&member)?,
                member: member.clone(),
                permissions,
            }))
        })
        .await?;
        Ok(member.id())
    }

    fn is_administrator(&self, id: MemberId) -> Result<bool, AdministrationError> {
        let Some(standing) = self.chain().standing(id) else {
            return Ok(false);
        };
        if standing.revoked().is_some() {
            return Err(AdministrationError::Revoked(id));
        }
        Ok(matches!(standing.role(), Role::Administrator { .. }))
    }

    fn person(&self, standing: &Standing) -> Option<Person> {
        let Role::Administrator { permissions } = standing.role() else {
            return None;
        };
        let added = self.ledger().statement(standing.added())?;
        Some(Person {
            id: standing.member().id(),
            name: standing.member().name().into(),
            permissions: *permissions,
            since: added.time(),
            by: name_of(self.chain(), added.signer()),
        })
    }
}

/// The keys that whoever was handed the invitation says are theirs.
fn introduced(
    registered: Vec<RegisteredAdministrator>,
    domain: &DomainName,
    name: &AdministratorName,
    id: &OneTimeId,
) -> Result<Member, AdministrationError> {
    let mut registered = registered.into_iter();
    let found = registered.find(|it| it.administrator == *name);
    let found = found.ok_or_else(|| AdministrationError::NotRegistered(name.clone()))?;
    let keys = found.keys;
    let word = found.introduction;
    let confirmed = word.is_some_and(|word| word.confirms(id, domain, name, &keys));
    if !confirmed {
        return Err(AdministrationError::NotIntroduced(name.clone()));
    }
    Ok(Member::new(name.as_str(), keys.signing, keys.sealing))
}

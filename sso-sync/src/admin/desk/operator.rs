//! What the operator of a hub asks of the desk.

use std::collections::HashMap;

use minicbor::{Decode, Encode};
use sso_core::UnixTime;

use super::records::{self, Held, Stored};
use super::{Desk, DeskError, MAX_ROUNDS};
use crate::admin::hub::{Account, Hub};
use crate::admin::invitation::{Invitation, InvitationRecord};
use crate::admin::name::{AdministratorName, DomainName};
use crate::admin::random::Randomness;
use crate::admin::wire::Message;
use crate::store::{Expect, StoreError};

impl Desk {
    /// Takes down the fingerprint of this hub's keys at the first call, and compares it at every
    /// other. With other keys no administrator could sign in any more, and those who register
    /// could only sign in to this process.
    ///
    /// # Errors
    ///
    /// [`DeskError::OtherKeys`], or why the store cannot tell.
    pub async fn check_keys(&self, randomness: &mut dyn Randomness) -> Result<(), DeskError> {
        let fingerprint = self.hub.fingerprint()?;
        let ours = KeysInUse { fingerprint };
        // Of several processes that start at the same time, one takes it down.
        for _ in 0..MAX_ROUNDS {
            let held = self.get::<KeysInUse>(KEYS).await?;
            match held.value {
                Some(found) if found == ours => return Ok(()),
                Some(_) => return Err(DeskError::OtherKeys),
                None => self.swap(KEYS, &ours, held.expect, randomness).await?,
            };
        }
        Err(DeskError::Busy)
    }

    /// Keeps what the hub has to know of an invitation.
    ///
    /// # Errors
    ///
    /// A [`DeskError`] if it is not known to be stored.
    pub async fn invite(
        &self,
        invitation: &Invitation,
        randomness: &mut dyn Randomness,
    ) -> Result<(), DeskError> {
        let record = invitation.record()?;
        self.keep_invitation(&record, randomness).await
    }

    /// Keeps an invitation of which the hub knows no more than that.
    ///
    /// # Errors
    ///
    /// A [`DeskError`] if it is not known to be stored; a conflict if it is there already.
    pub async fn keep_invitation(
        &self,
        record: &InvitationRecord,
        randomness: &mut dyn Randomness,
    ) -> Result<(), DeskError> {
        let key = records::invitation_key(&record.key.id());
        self.put(&key, record, Expect::Absent, randomness).await?;
        Ok(())
    }

    /// The invitations to a domain that may still be used, in no particular order.
    ///
    /// # Errors
    ///
    /// A [`DeskError`] if the store cannot tell.
    pub async fn invitations(
        &self,
        domain: &DomainName,
        now: UnixTime,
    ) -> Result<Vec<InvitationRecord>, DeskError> {
        let accounts = self.list::<Account>(&Hub::accounts_prefix(domain)).await?;
        let accounts = accounts.iter().map(|it| (it.administrator(), it));
        let accounts: HashMap<_, _> = accounts.collect();
        let mut invitations = self.list::<InvitationRecord>(records::INVITATIONS).await?;
        invitations.retain(|it| {
            let account = accounts.get(&it.administrator);
            let spent = account.is_some_and(|account| account.has_spent(&it.key.id()));
            it.domain == *domain && now < it.expires && !spent
        });
        Ok(invitations)
    }

    /// Takes back every invitation of somebody to a domain; answers how many could still have been
    /// used.
    ///
    /// # Errors
    ///
    /// A [`DeskError`] if this is not known to have happened.
    pub async fn withdraw(
        &self,
        domain: &DomainName,
        administrator: &AdministratorName,
        now: UnixTime,
    ) -> Result<usize, DeskError> {
        let mut invitations = self.invitations(domain, now).await?;
        invitations.retain(|it| it.administrator == *administrator);
        for invitation in &invitations {
            let key = records::invitation_key(&invitation.key.id());
            let held: Held<InvitationRecord> = self.get(&key).await?;
            let Expect::Is(version) = held.expect else {
                continue;
            };
            match self.store.delete(&key, version).await {
                // Somebody else takes it back at the same time.
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(invitations.len())
    }

    /// The accounts of a domain, those that were revoked left out, in no particular order.
    ///
    /// # Errors
    ///
    /// A [`DeskError`] if the store cannot tell.
    pub async fn accounts(&self, domain: &DomainName) -> Result<Vec<Account>, DeskError> {
        let mut accounts = self.list(&Hub::accounts_prefix(domain)).await?;
        accounts.retain(|account: &Account| !account.is_revoked());
        Ok(accounts)
    }

    /// Lets an administrator sign in no more: password, recovery code, second factor and sessions
    /// are worth nothing from now on. Does nothing if there is no such administrator.
    ///
    /// The chain is another matter: what the administrator's keys may do there ends with the
    /// statement that revokes them.
    ///
    /// # Errors
    ///
    /// A [`DeskError`] if this is not known to have happened.
    pub async fn revoke(
        &self,
        domain: &DomainName,
        administrator: &AdministratorName,
        randomness: &mut dyn Randomness,
    ) -> Result<(), DeskError> {
        let key = Hub::account_key(domain, administrator);
        for _ in 0..MAX_ROUNDS {
            let held = self.get::<Account>(&key).await?;
            let Some(account) = held.value else {
                return Ok(());
            };
            let revoked = account.revoke();
            if self.swap(&key, &revoked, held.expect, randomness).await? == Stored::All {
                return Ok(());
            }
        }
        Err(DeskError::Busy)
    }

    /// Forgets everybody of a domain, and every invitation to it: the domain was erased, and
    /// another one may get its name.
    ///
    /// # Errors
    ///
    /// A [`DeskError`] if this is not known to have happened; calling again goes on.
    pub async fn forget(&self, domain: &DomainName) -> Result<(), DeskError> {
        let invitations = self.list::<InvitationRecord>(records::INVITATIONS).await?;
        for invitation in invitations.iter().filter(|it| it.domain == *domain) {
            let key = records::invitation_key(&invitation.key.id());
            self.remove(&key).await?;
        }
        for prefix in [Hub::all_tries_prefix(domain), Hub::accounts_prefix(domain)] {
            self.remove_all(&prefix).await?;
        }
        Ok(())
    }

    async fn remove_all(&self, prefix: &str) -> Result<(), DeskError> {
        loop {
            let page = self.store.list(prefix, None, PAGE).await?;
            for (key, _) in &page.entries {
                self.remove(key).await?;
            }
            if !page.more {
                return Ok(());
            }
        }
    }

    async fn remove(&self, key: &str) -> Result<(), DeskError> {
        for _ in 0..MAX_ROUNDS {
            let Some(entry) = self.store.get(key).await? else {
                return Ok(());
            };
            match self.store.delete(key, entry.version).await {
                Err(StoreError::Conflict | StoreError::Unknown(_)) => {}
                deleted => return Ok(deleted?),
            }
        }
        Err(DeskError::Busy)
    }
}

/// How many are listed at once.
const PAGE: usize = 64;

/// Whose store it is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct KeysInUse {
    #[cbor(n(0), with = "minicbor::bytes")]
    fingerprint: [u8; 32],
}

impl Message for KeysInUse {
    const KIND: u16 = 205;
}

const KEYS: &str = "administrators/keys";

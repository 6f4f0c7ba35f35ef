//! Reading and storing the records that a message concerns.

use bytes::Bytes;
use minicbor::{Decode, Encode};
use sso_core::StoreError;

use super::{Desk, DeskError};
use crate::admin::hub::{Account, Changes, Hub, Session, Tries, Visit};
use crate::admin::invitation::InvitationRecord;
use crate::admin::message;
use crate::admin::name::{AdministratorName, DomainName};
use crate::admin::one_time::OneTimeId;
use crate::admin::random::{self, Randomness};
use crate::admin::session::SessionId;
use crate::admin::throttle::{AccountTries, SourceTries};
use crate::admin::wire::{self, Message};
use crate::store::{Expect, Version};

/// What a message concerns, as it was read.
#[derive(Debug)]
pub(super) struct Records {
    account: Held<Account>,
    account_tries: Held<AccountTries>,
    source_tries: Held<SourceTries>,
    pub(super) invitation: Option<InvitationRecord>,
    pub(super) session: Option<Session>,
}

/// A record, if it is there, and what a writer expects to find in its place.
#[derive(Debug)]
pub(super) struct Held<T> {
    pub(super) value: Option<T>,
    pub(super) expect: Expect,
}

/// Which record shows a right.
#[derive(Clone, Copy, Debug)]
pub(super) enum Right {
    Invitation(OneTimeId),
    None,
    Session(SessionId),
}

/// What became of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    All,
    Conflict,
    Replay,
}

impl Records {
    pub(super) const fn account(&self) -> Option<&Account> {
        self.account.value.as_ref()
    }

    pub(super) fn tries(&self) -> Tries {
        Tries {
            account: self.account_tries.value.clone().unwrap_or_default(),
            source: self.source_tries.value.unwrap_or_default(),
        }
    }
}

impl Right {
    pub(super) const fn of(right: &message::Right) -> Self {
        match right {
            message::Right::Invitation { id, .. } => Self::Invitation(*id),
            message::Right::Recovery { .. } => Self::None,
            message::Right::Session { proof } => Self::Session(*proof.session()),
        }
    }
}

impl Desk {
    pub(super) async fn read(
        &self,
        (domain, administrator): (&DomainName, &AdministratorName),
        right: Right,
        visit: &Visit,
    ) -> Result<Records, DeskError> {
        let mut records = Records {
            account: self.get(&Hub::account_key(domain, administrator)).await?,
            account_tries: self.get(&Hub::tries_key(domain, administrator)).await?,
            source_tries: self.get(&self.hub.source_key(visit)).await?,
            invitation: None,
            session: None,
        };
        match right {
            Right::Invitation(id) => {
                records.invitation = self.get(&invitation_key(&id)).await?.value;
            }
            Right::None => {}
            Right::Session(id) => {
                records.session = self.get(&Hub::session_key(&id)).await?.value;
            }
        }
        Ok(records)
    }

    /// Stores changes in the order in which they are safe.
    pub(super) async fn store(
        &self,
        names: (&DomainName, &AdministratorName),
        records: &Records,
        changes: &Changes,
        visit: &Visit,
        randomness: &mut dyn Randomness,
    ) -> Result<Stored, DeskError> {
        if let Some(account) = &changes.account {
            let key = Hub::account_key(names.0, names.1);
            let expect = records.account.expect.clone();
            if self.swap(&key, account, expect, randomness).await? == Stored::Conflict {
                return Ok(Stored::Conflict);
            }
        }
        if let Some((id, session)) = &changes.session {
            let key = Hub::session_key(id);
            if self.swap(&key, session, Expect::Absent, randomness).await? == Stored::Conflict {
                return Ok(Stored::Replay);
            }
            return self.forgive(names, visit, randomness).await;
        }
        match &changes.tries {
            Some(tries) => {
                self.store_tries(names, records, tries, visit, randomness)
                    .await
            }
            None => Ok(Stored::All),
        }
    }

    /// Forgives the tries of who has signed in. If others change them all the time, they stay: a
    /// session that is stored is not taken back for that.
    async fn forgive(
        &self,
        names: (&DomainName, &AdministratorName),
        visit: &Visit,
        randomness: &mut dyn Randomness,
    ) -> Result<Stored, DeskError> {
        for _ in 0..super::MAX_ROUNDS {
            let records = self.read(names, Right::None, visit).await?;
            let tries = self.hub.forgive(&records.tries(), visit);
            let stored = self.store_tries(names, &records, &tries, visit, randomness);
            if stored.await? == Stored::All {
                break;
            }
        }
        Ok(Stored::All)
    }

    async fn store_tries(
        &self,
        names: (&DomainName, &AdministratorName),
        records: &Records,
        tries: &Tries,
        visit: &Visit,
        randomness: &mut dyn Randomness,
    ) -> Result<Stored, DeskError> {
        let key = Hub::tries_key(names.0, names.1);
        let expect = records.account_tries.expect.clone();
        let stored = self.swap(&key, &tries.account, expect, randomness).await?;
        if stored == Stored::Conflict {
            return Ok(stored);
        }
        let key = self.hub.source_key(visit);
        let expect = records.source_tries.expect.clone();
        self.swap(&key, &tries.source, expect, randomness).await
    }

    pub(super) async fn swap<M: Message>(
        &self,
        key: &str,
        value: &M,
        expect: Expect,
        randomness: &mut dyn Randomness,
    ) -> Result<Stored, DeskError> {
        match self.put(key, value, expect, randomness).await {
            Ok(_) => Ok(Stored::All),
            Err(StoreError::Conflict) => Ok(Stored::Conflict),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn put<M: Message>(
        &self,
        key: &str,
        value: &M,
        expect: Expect,
        randomness: &mut dyn Randomness,
    ) -> Result<Version, StoreError> {
        let kept = Kept {
            write: random::bytes(randomness),
            record: wire::encode(value),
        };
        let bytes = wire::to_bytes(&kept).unwrap_or_default();
        self.retry
            .put(&*self.store, key, Bytes::from(bytes), expect)
            .await
    }

    pub(super) async fn get<M: Message>(&self, key: &str) -> Result<Held<M>, StoreError> {
        let Some(entry) = self.retry.read(|| self.store.get(key)).await? else {
            return Ok(Held {
                value: None,
                expect: Expect::Absent,
            });
        };
        Ok(Held {
            value: Some(record(&entry.value)?),
            expect: Expect::Is(entry.version),
        })
    }

    pub(super) async fn list<M: Message>(&self, prefix: &str) -> Result<Vec<M>, StoreError> {
        let mut found = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let read = || self.store.list(prefix, after.as_deref(), PAGE);
            let page = self.retry.read(read).await?;
            for (_, entry) in &page.entries {
                found.push(record(&entry.value)?);
            }
            after = page.entries.into_iter().last().map(|(key, _)| key);
            if !page.more || after.is_none() {
                return Ok(found);
            }
        }
    }
}

pub(super) fn record<M: Message>(stored: &[u8]) -> Result<M, StoreError> {
    let kept: Kept = minicbor::decode(stored).map_err(StoreError::corrupt)?;
    wire::decode(&kept.record).map_err(StoreError::corrupt)
}

pub(super) fn invitation_key(id: &OneTimeId) -> String {
    format!("{INVITATIONS}{id}")
}

/// What the keys of all invitations begin with.
pub(super) const INVITATIONS: &str = "administrators/invitations/";

/// A record as it is stored.
#[derive(Encode, Decode)]
struct Kept {
    /// Different for every write: of two writers of the same record, one of whom lost an answer,
    /// each must know whether it was the one. Or a code would be good twice.
    #[cbor(n(0), with = "minicbor::bytes")]
    write: [u8; 16],
    #[cbor(n(1), with = "minicbor::bytes")]
    record: Vec<u8>,
}

/// So many records are listed at once.
const PAGE: usize = 100;

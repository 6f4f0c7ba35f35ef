//! The users of a domain, as every server of it knows them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use sso_core::StoreError;
use sso_core::user::{AccountKey, Created, Profile, User, UserDirectory, UserId, UserSecret};

use crate::node::{Held, Put, Records};
use crate::seal::{Content, SealError, SealedUser};
use crate::store::RecordId;

/// A [`UserDirectory`] over the records of a domain.
///
/// Known users need no hub. A new user does: the hub decides who made it, so that no two servers
/// make two secrets.
#[derive(Debug)]
pub struct ReplicatedUsers {
    records: Arc<dyn Records>,
    queued: Queued,
}

impl ReplicatedUsers {
    /// A directory over `records`, which is a running node or a fake of it.
    #[must_use]
    pub fn new(records: Arc<dyn Records>) -> Self {
        Self {
            records,
            queued: Queued::default(),
        }
    }

    /// The user whose record has this id, if one is there.
    async fn live(&self, record: &RecordId) -> Result<Option<SealedUser>, StoreError> {
        match self.records.find(record).await? {
            Some(Held {
                content: Content::User(user),
                ..
            }) => self.genuine(record, user).map(Some),
            Some(_) | None => Ok(None),
        }
    }

    async fn live_by_id(&self, id: &UserId) -> Result<Option<(RecordId, SealedUser)>, StoreError> {
        let mut located = self.locate(id).await?;
        if located.is_none() {
            // Who asks shows a session that a server of the domain began, maybe a moment ago.
            self.records.catch_up().await?;
            located = self.locate(id).await?;
        }
        let Some(record) = located else {
            return Ok(None);
        };
        let user = self.live(&record).await?.filter(|user| user.id() == id);
        Ok(user.map(|user| (record, user)))
    }

    /// An id was minted and leads to its record, or a signpost says where it is. Nobody is unknown
    /// before both are known not to be there.
    async fn locate(&self, id: &UserId) -> Result<Option<RecordId>, StoreError> {
        let prefix = self.records.ring().locate(id).map_err(unreadable)?;
        let minted = self.records.locate(&prefix).await;
        if let Ok(Some(record)) = minted {
            return Ok(Some(record));
        }
        match self.signpost(id).await? {
            Some(record) => Ok(Some(record)),
            None => minted,
        }
    }

    async fn signpost(&self, id: &UserId) -> Result<Option<RecordId>, StoreError> {
        let signpost = self.records.ring().signpost_id(id);
        match self.records.find(&signpost).await? {
            Some(Held {
                content: Content::Signpost { record, .. },
                ..
            }) => Ok(Some(record)),
            Some(_) | None => Ok(None),
        }
    }

    /// A secret that was made up by another server must not be handed out.
    fn genuine(&self, record: &RecordId, user: SealedUser) -> Result<SealedUser, StoreError> {
        let ring = self.records.ring();
        match ring.is_genuine(record, &user).map_err(unreadable)? {
            true => Ok(user),
            false => Err(StoreError::corrupt(MADE_UP)),
        }
    }

    /// One attempt to make a user; `None` if somebody else changed the record meanwhile.
    async fn attempt(
        &self,
        record: RecordId,
        account: &AccountKey,
        profile: &Profile,
    ) -> Result<Option<Created>, StoreError> {
        let after = match self.records.find(&record).await? {
            None => 0,
            Some(Held {
                version,
                content: Content::Removed { .. },
            }) => version,
            Some(Held {
                content: Content::User(user),
                ..
            }) => return self.existing(&record, user).map(Some),
            Some(_) => return Err(StoreError::corrupt(MISPLACED)),
        };
        let content = self.minted(&record, after + 1, account, profile)?;
        match self.records.put(record, after, content).await {
            Ok(Put::Done(held)) => Ok(user_of(held).map(|it| Created::New(it.to_user()))),
            Ok(Put::Other(Some(held))) => match user_of(held) {
                Some(user) => self.existing(&record, user).map(Some),
                None => Ok(None),
            },
            // It may have happened: the next attempt looks.
            Ok(Put::Other(None)) | Err(StoreError::Conflict | StoreError::Unknown(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn minted(
        &self,
        record: &RecordId,
        version: u64,
        account: &AccountKey,
        profile: &Profile,
    ) -> Result<Content, StoreError> {
        let ring = self.records.ring();
        let epoch = ring.newest();
        let minted = ring.mint(epoch, record, version).map_err(unreadable)?;
        let (account, profile) = (account.clone(), profile.clone());
        let user = SealedUser::minted(minted, epoch, version, account, profile);
        Ok(Content::User(user))
    }

    fn existing(&self, record: &RecordId, user: SealedUser) -> Result<Created, StoreError> {
        let user = self.genuine(record, user)?;
        Ok(Created::Existing(user.to_user()))
    }
}

#[async_trait]
impl UserDirectory for ReplicatedUsers {
    async fn find(&self, account: &AccountKey) -> Result<Option<User>, StoreError> {
        let record = self.records.ring().record_id(account);
        let user = self.live(&record).await?;
        Ok(user.map(|user| user.to_user()))
    }

    async fn by_id(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        let found = self.live_by_id(id).await?;
        Ok(found.map(|(_, user)| user.to_user()))
    }

    async fn create(&self, account: &AccountKey, profile: &Profile) -> Result<Created, StoreError> {
        let record = self.records.ring().record_id(account);
        for _ in 0..ATTEMPTS {
            let attempt = self.attempt(record, account, profile).await;
            if let Some(created) = attempt.map_err(without_hub)? {
                return Ok(created);
            }
        }
        Err(StoreError::Conflict)
    }

    async fn update(&self, id: &UserId, profile: &Profile) -> Result<(), StoreError> {
        let Some((record, user)) = self.live_by_id(id).await? else {
            return Ok(());
        };
        if self
            .queued
            .is_settled(&record, &user.profile.known, profile)
        {
            return Ok(());
        }
        self.records.update_later(record, profile.clone()).await?;
        self.queued.add(record, profile);
        Ok(())
    }

    async fn secret(&self, id: &UserId) -> Result<Option<UserSecret>, StoreError> {
        let found = self.live_by_id(id).await?;
        Ok(found.map(|(_, user)| user.secret().clone()))
    }
}

/// Profiles that are on their way to the hub, as far as this process gave them away: a sign-in that
/// brings the old profile back changes something as long as a newer one is under way.
#[derive(Debug, Default)]
struct Queued(Mutex<HashMap<RecordId, Profile>>);

impl Queued {
    /// Whether `wanted` is what is there, and nothing else is under way.
    fn is_settled(&self, record: &RecordId, there: &Profile, wanted: &Profile) -> bool {
        let mut queued = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if there != wanted {
            return false;
        }
        match queued.get(record) {
            Some(under_way) if under_way != wanted => false,
            Some(_) | None => {
                queued.remove(record);
                true
            }
        }
    }

    fn add(&self, record: RecordId, profile: &Profile) {
        let mut queued = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if queued.len() >= MOST_QUEUED {
            // The price is one sign-in that brings back an old profile and is not heard.
            queued.clear();
        }
        queued.insert(record, profile.clone());
    }
}

fn user_of(held: Held) -> Option<SealedUser> {
    match held.content {
        Content::User(user) => Some(user),
        Content::Note(_) | Content::Removed { .. } | Content::Signpost { .. } => None,
    }
}

pub(super) fn unreadable(error: SealError) -> StoreError {
    match error {
        SealError::NoKey { .. } => StoreError::unavailable(error),
        _ => StoreError::corrupt(error),
    }
}

/// Says to whoever waits at the sign-in page's log what is the matter.
fn without_hub(error: StoreError) -> StoreError {
    match error {
        StoreError::Unavailable(source) => StoreError::unavailable(NoNewUsers { source }),
        error => error,
    }
}

/// Why nobody new can sign in now.
#[derive(Debug, thiserror::Error)]
#[error(
    "the hub cannot be reached, and a new user needs it, so that no two servers make two of them. \
     Who signed in before can go on; see: sso-connect status"
)]
struct NoNewUsers {
    source: sso_core::BoxError,
}

const MADE_UP: &str =
    "a user's secret is not the one that the domain key makes: a server of this domain made it up";

pub(super) const MISPLACED: &str = "a record is not where its kind of record belongs";

/// How often somebody else may come first while a user is made.
pub(super) const ATTEMPTS: usize = 8;

/// Bounds the memory for profiles under way.
const MOST_QUEUED: usize = 10_000;

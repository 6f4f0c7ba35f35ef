//! What a user directory asks of a server's copy of the domain.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use sso_core::StoreError;
use sso_core::user::Profile;

use crate::seal::{Content, KeyRing};
use crate::store::RecordId;

/// The user records of a domain, as one of its servers has them.
///
/// # Contract
///
/// - **Known users need no hub**: what is held here is found whatever the hub does.
/// - **What is found is the live record**: held and verified, or fetched with proof.
/// - **Nothing is a proof too**: `None` means that there never was a record, at a head that was
///   verified.
/// - **A put is decided at the hub**: of servers that put the same state, one is answered
///   [`Put::Done`], the others are given what came first.
/// - **What was taken for later is not lost**, also over a restart.
#[async_trait]
pub trait Records: fmt::Debug + Send + Sync + 'static {
    /// The domain keys as they are now.
    fn ring(&self) -> Arc<KeyRing>;

    /// The live record of an id; `None` if there never was one.
    ///
    /// While a fresh server fills, what is not here is fetched singly, ahead of the bulk.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if that needs the hub, and the hub is away; or if this server
    /// was revoked and its time is up.
    async fn find(&self, id: &RecordId) -> Result<Option<Held>, StoreError>;

    /// The one id that begins so; `None` if there is none or more than one.
    ///
    /// # Errors
    ///
    /// As for [`find`](Self::find).
    async fn locate(&self, prefix: &[u8; 14]) -> Result<Option<RecordId>, StoreError>;

    /// Takes in what the hub has by now: somebody who was made at another server a moment ago may not
    /// have been heard of here yet. Default: there is nothing to take in.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if the hub is away.
    async fn catch_up(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Commits the state of an id that follows version `after`; 0 if there is none yet.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`], with words for people, if the hub is away or this server
    /// writes nothing now; nothing was changed then. [`StoreError::Unknown`] if the answer was
    /// lost: ask again.
    async fn put(&self, id: RecordId, after: u64, content: Content) -> Result<Put, StoreError>;

    /// Changes what is known about a user, once the hub can be reached. On [`Ok`] it is kept
    /// durably here; of several changes of one user the last counts.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] of this server's own disk.
    async fn update_later(&self, id: RecordId, profile: Profile) -> Result<(), StoreError>;
}

/// A live record, opened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "hosts build it in tests")]
pub struct Held {
    /// Which state of the id it is.
    pub version: u64,
    /// What it says.
    pub content: Content,
}

/// What became of a put.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "it counts, or another came first")]
pub enum Put {
    /// It counts.
    Done(Held),
    /// Another state is there, or none: decide again.
    Other(Option<Held>),
}

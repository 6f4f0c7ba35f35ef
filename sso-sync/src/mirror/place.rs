//! Where a mirror keeps what it holds.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use crate::feed::SetHash;
use crate::store::{DomainId, DomainStore, KvStore, RecordId, Seq, StoreError, Stored};

/// A folder of one server, or what is one to it.
///
/// The users of a domain are numbered *generations*: each was whole when it was published, and the
/// mirror remembers as a fact which one counts. So a new one is made beside the one in use, and
/// the change from one to the other is a single write.
#[async_trait]
pub trait Place: fmt::Debug + Send + Sync + 'static {
    /// Small things that last: each under a key.
    fn facts(&self) -> Arc<dyn KvStore>;

    /// The authority chain.
    fn chain(&self) -> Arc<dyn DomainStore>;

    /// The users of this generation; `None` if it was never published, or removed.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] if they are there and cannot be used.
    async fn users(&self, generation: u64) -> Result<Option<Arc<dyn UserStore>>, StoreError>;

    /// Begins a generation of users. What was left of an earlier attempt is removed, published or
    /// not. A draft that is dropped can be [gone on with](Self::resume) as of its last note.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] if there is no room, or another process does the same.
    async fn begin(
        &self,
        generation: u64,
        domain: &DomainId,
        genesis: Bytes,
    ) -> Result<Box<dyn UserDraft>, StoreError>;

    /// Goes on with a generation that was begun, as of what its draft noted last; `None` if there
    /// is nothing that one can go on with. Reads all of it: some seconds for a million users.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] if it cannot be read now, or another process goes on with it.
    async fn resume(
        &self,
        generation: u64,
        domain: &DomainId,
    ) -> Result<Option<Resumed>, StoreError>;

    /// Removes what is left of a generation that was begun and not published.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] if something is left; calling again goes on.
    async fn forget(&self, generation: u64) -> Result<(), StoreError>;

    /// Removes all generations before this one. Those who use a removed one may go on reading it.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] if something is left; calling again goes on.
    async fn remove_before(&self, generation: u64) -> Result<(), StoreError>;
}

/// A generation of users that is in use: their feed and what is live.
#[async_trait]
pub trait UserStore: DomainStore {
    /// Reads everything that is live, as of one moment, and works out its set hash: some seconds
    /// for a million users. Others read and write meanwhile.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] or [`StoreError::Corrupt`] if it cannot be read.
    async fn scan(&self, domain: &DomainId) -> Result<Scan, StoreError>;

    /// Takes away the records of some ids, and puts others at their places, in one step: for
    /// repairs.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] if the record of another id stands at a place, or a place is
    /// beyond the head; otherwise as for [`DomainStore::commit`]. Nothing is changed then.
    async fn mend(
        &self,
        domain: &DomainId,
        remove: Vec<RecordId>,
        put: Vec<Stored>,
    ) -> Result<(), StoreError>;
}

/// What is live in a store of users, as of one moment.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "places build it")]
pub struct Scan {
    /// The head at that moment.
    pub seq: Seq,
    /// The set hash of what is there; all buckets are held.
    pub set: SetHash,
}

/// A generation of users that was begun, and is gone on with.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "places build it")]
pub struct Resumed {
    /// What is there.
    pub draft: Box<dyn UserDraft>,
    /// What was noted with it.
    pub note: Bytes,
    /// The set hash of what is there: all buckets are held.
    pub set: SetHash,
}

/// A generation of users that is being made.
#[async_trait]
pub trait UserDraft: fmt::Debug + Send + Sync {
    /// Takes in records, in any order; answers what has changed. A record takes its place from
    /// another that stands there; the same one again changes nothing. After
    /// [`settle`](Self::settle) it also takes the place of an earlier one of its id, and is left
    /// out if there is a later one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Full`] or [`StoreError::Unavailable`]; the draft is of no use then.
    async fn put(&mut self, records: Vec<Stored>) -> Result<Change, StoreError>;

    /// Keeps of several records with one id the one with the highest place; answers those that
    /// were taken out.
    ///
    /// # Errors
    ///
    /// As for [`put`](Self::put).
    async fn settle(&mut self) -> Result<Vec<Stored>, StoreError>;

    /// The records of a bucket, in the order of their ids; after [`settle`](Self::settle).
    ///
    /// # Errors
    ///
    /// As for [`put`](Self::put).
    async fn bucket(&mut self, bucket: u8) -> Result<Vec<Stored>, StoreError>;

    /// Takes out the records at these places.
    ///
    /// # Errors
    ///
    /// As for [`put`](Self::put).
    async fn remove(&mut self, places: Vec<Seq>) -> Result<(), StoreError>;

    /// Lets everything that came in so far outlive the process, and this with it: all of it, or
    /// nothing since the note before.
    ///
    /// # Errors
    ///
    /// As for [`put`](Self::put).
    async fn note(&mut self, note: Bytes) -> Result<(), StoreError>;

    /// Publishes the generation, durably; after [`settle`](Self::settle). `seq` and `envelope` are
    /// those of the last batch.
    ///
    /// # Errors
    ///
    /// As for [`put`](Self::put).
    async fn finish(
        self: Box<Self>,
        seq: Seq,
        envelope: Bytes,
    ) -> Result<Arc<dyn UserStore>, StoreError>;
}

/// What records did to a draft.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "places build it")]
pub struct Change {
    /// They are there now.
    pub added: Vec<Stored>,
    /// They were there before.
    pub removed: Vec<Stored>,
}

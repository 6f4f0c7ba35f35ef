//! Batches on their way.

use minicbor::{Decode, Encode};

use super::{MAX_PAGE, Message, PAGE_BYTES, Signed};
use crate::feed::HubHead;
use crate::store::{Batch, Feed, FeedBatch, Record, Seq};

impl Message for HubHead {
    const MAX_BYTES: usize = 1024;
}

/// A server commits a batch.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct Commit {
    /// What the writer states.
    #[n(0)]
    pub envelope: Signed,
    /// The records, in their order.
    #[n(1)]
    pub records: Vec<Record>,
}

impl Commit {
    /// For a store; `None` without records.
    #[must_use]
    pub fn into_batch(self) -> Option<Batch> {
        Batch::new(self.envelope.into_bytes(), self.records)
    }
}

impl Message for Commit {
    const MAX_BYTES: usize = PAGE_BYTES + 64 * 1024;
}

/// What a hub tells of the feed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the feed goes back that far or not"
)]
pub enum FeedPage {
    /// The next batches, in order; none at the end.
    #[n(0)]
    Batches(#[n(0)] Vec<Fetched>),
    /// The feed begins after this place only: take a snapshot.
    #[n(1)]
    Compacted(#[n(0)] Seq),
}

impl Message for FeedPage {
    const MAX_BYTES: usize = MAX_PAGE;
}

impl From<Feed> for FeedPage {
    fn from(feed: Feed) -> Self {
        match feed {
            Feed::Batches(batches) => {
                Self::Batches(batches.into_iter().map(Fetched::from).collect())
            }
            Feed::Compacted(through) => Self::Compacted(through),
        }
    }
}

/// A batch at its place.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct Fetched {
    /// Place of its first record.
    #[n(0)]
    pub first: Seq,
    /// What the writer states.
    #[n(1)]
    pub envelope: Signed,
    /// The records, in their order.
    #[n(2)]
    pub records: Vec<Record>,
}

impl From<FeedBatch> for Fetched {
    fn from(stored: FeedBatch) -> Self {
        let (envelope, records) = stored.batch.into_parts();
        Self {
            first: stored.first,
            envelope: Signed::stored(envelope),
            records,
        }
    }
}

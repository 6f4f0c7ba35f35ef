//! What a follower remembers of the feed.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::Envelope;
use super::check::head_after;
use crate::Digest;
use crate::chain::{Chain, FeedMark};
use crate::store::{DomainId, Seq};

/// The end of the feed as a follower holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[non_exhaustive]
pub struct FeedHead {
    /// Place and hash of the last batch.
    #[n(0)]
    pub mark: FeedMark,
    /// The set hash after it.
    #[n(1)]
    pub commitment: Digest,
    /// How many records are live after it.
    #[n(2)]
    pub live: u64,
    /// The last statement of the chain that its writer knew.
    #[n(3)]
    pub chain: u64,
}

impl FeedHead {
    /// After the batch with this envelope, which was checked before.
    pub(crate) fn after(chain: &Chain, envelope: &Envelope) -> Self {
        head_after(chain, envelope)
    }

    /// Before the first batch of a domain.
    #[must_use]
    pub fn start(domain: &DomainId) -> Self {
        let commitment = super::SetHash::empty().commitment();
        Self {
            mark: FeedMark::start(domain),
            commitment: commitment.unwrap_or(Digest::ZERO),
            live: 0,
            chain: 0,
        }
    }
}

/// Batches that were held, by the place of their last record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Memory(BTreeMap<Seq, Digest>);

/// What a memory says about a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Memorized {
    /// Another batch is held there.
    Other,
    /// It is held.
    Same,
    /// It was too long ago.
    Unknown,
}

impl Memory {
    pub(super) fn new(marks: impl IntoIterator<Item = FeedMark>) -> Self {
        let marks = marks.into_iter();
        Self(marks.map(|mark| (mark.seq, mark.hash)).collect())
    }

    /// Adds a batch, and forgets the oldest beyond the bound.
    pub(super) fn add(&mut self, mark: FeedMark) {
        self.0.insert(mark.seq, mark.hash);
        while self.0.len() > MAX_MARKS {
            self.0.pop_first();
        }
    }

    /// Forgets what came after a place.
    pub(super) fn forget_after(&mut self, seq: Seq) {
        self.0.split_off(&seq.plus(1));
    }

    /// Whether this is what is held there, for a place up to the head.
    pub(super) fn compare(&self, mark: &FeedMark) -> Memorized {
        let oldest = self.0.keys().next();
        match self.0.get(&mark.seq) {
            Some(hash) if *hash == mark.hash => Memorized::Same,
            Some(_) => Memorized::Other,
            // Within what is remembered every batch has its entry, so another one ends there.
            None if oldest.is_some_and(|oldest| mark.seq > *oldest) => Memorized::Other,
            None => Memorized::Unknown,
        }
    }

    pub(super) fn marks(&self) -> impl Iterator<Item = FeedMark> {
        let marks = self.0.iter();
        marks.map(|(seq, hash)| FeedMark {
            seq: *seq,
            hash: *hash,
        })
    }
}

/// 40 bytes each; the hub is re-seeded, and witnesses are compared, as far back as this.
const MAX_MARKS: usize = 65_536;

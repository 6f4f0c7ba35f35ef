//! What comes in, and what follows.

use std::fmt;

use super::{FeedHead, HubHead, LiveSet, Refusal};
use crate::chain::FeedMark;
use crate::store::{FeedBatch, Seq};

/// What happened.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The hub sent a batch.
    Batch {
        /// The batch and the place that the hub says it has.
        batch: &'a FeedBatch,
        /// What is held now.
        held: &'a dyn LiveSet,
    },
    /// The hub says where both logs end.
    Head(&'a HubHead),
    /// Another server holds this batch: from a sealed cookie, a beat or a signed statement.
    Witness(FeedMark),
}

/// What follows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// The batch counts: keep its records and the new head.
    Apply(FeedHead),
    /// Take in the statements of the chain from here on, then try again.
    FetchChain {
        /// Position of the next statement.
        from: u64,
    },
    /// Take in the batches after this place.
    FetchFeed {
        /// Place of the head.
        after: Seq,
    },
    /// The batch is held already.
    Known,
    /// Nothing is changed; writes stop.
    Refuse(Refusal),
    /// The hub lost statements: send those from here on again.
    SendChain {
        /// Position of the first that it lacks.
        from: u64,
    },
    /// The hub lost batches: send those after this place again.
    SendFeed {
        /// Place of its last.
        after: Seq,
    },
    /// The feed goes back less far than this head: take a snapshot.
    TakeSnapshot,
    /// There is nothing to do.
    Wait,
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Batch { batch, .. } => write!(f, "Batch({})", batch.first),
            Self::Head(head) => write!(f, "{head:?}"),
            Self::Witness(mark) => write!(f, "Witness({mark:?})"),
        }
    }
}

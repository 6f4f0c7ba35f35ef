//! Stepping back from a batch until it is kept, and forward again.

use std::collections::BTreeMap;

use super::memory::Memorized;
use super::set::Saved;
use super::{FeedHead, Follower, Refusal};
use crate::Digest;
use crate::chain::FeedMark;
use crate::store::{FeedBatch, Seq};

/// What a batch changes in a follower, before it or after it.
#[derive(Debug)]
pub(crate) struct State {
    head: FeedHead,
    set: Saved,
    witnessed: BTreeMap<Seq, Digest>,
    stopped: Option<Refusal>,
}

impl Follower {
    /// What `batch` may change.
    pub(crate) fn state(&self, batch: &FeedBatch) -> State {
        let ids = batch.batch.records().iter().map(|record| &record.id);
        State {
            head: self.head,
            set: self.set.save(ids),
            witnessed: self.witnessed.clone(),
            stopped: self.stopped.clone(),
        }
    }

    /// Heads of other servers that are waited for.
    pub(crate) fn witnessed(&self) -> impl Iterator<Item = FeedMark> {
        let witnessed = self.witnessed.iter();
        witnessed.map(|(seq, hash)| FeedMark {
            seq: *seq,
            hash: *hash,
        })
    }

    /// A person has decided what counts up to a place.
    pub(crate) fn settle_through(&mut self, place: Seq) {
        self.settled = self.settled.max(place);
    }

    /// Stops as of a fork that was found before a restart.
    pub(crate) fn stop(&mut self, fork: Refusal) {
        self.stopped = Some(fork);
    }

    /// Whether a batch of another server is held here; `None` if that cannot be told, or is not a
    /// matter of this server any more.
    pub(crate) fn holds(&self, mark: &FeedMark) -> Option<bool> {
        if mark.seq > self.head.mark.seq {
            return None;
        }
        match self.memory.compare(mark) {
            Memorized::Same => Some(true),
            Memorized::Other => Some(false),
            Memorized::Unknown => None,
        }
    }

    /// Stays stopped by a fork, and waits for the heads that `before` did.
    pub(crate) fn stay_stopped(&mut self, before: &Self) {
        self.stopped = before.stopped.clone().filter(Refusal::is_fork);
        self.settled = before.settled;
        self.witnessed = before.witnessed.clone();
        let head = self.head.mark.seq;
        self.witnessed.retain(|seq, _| *seq > head);
    }

    /// Remembers batches that were held before the head.
    pub(crate) fn remember(&mut self, marks: impl IntoIterator<Item = FeedMark>) {
        let head = self.head.mark;
        let before = marks.into_iter().filter(|mark| mark.seq < head.seq);
        before.for_each(|mark| self.memory.add(mark));
        self.memory.add(head);
    }

    /// Goes to another state, which is one batch away at most; answers the one before.
    pub(crate) fn exchange(&mut self, other: State) -> State {
        let now = State {
            head: self.head,
            set: self.set.exchange(other.set),
            witnessed: std::mem::replace(&mut self.witnessed, other.witnessed),
            stopped: std::mem::replace(&mut self.stopped, other.stopped),
        };
        self.head = other.head;
        self.memory.forget_after(self.head.mark.seq);
        self.memory.add(self.head.mark);
        now
    }
}

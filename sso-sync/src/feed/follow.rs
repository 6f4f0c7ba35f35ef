//! Following the feed: what the hub says comes in, what follows from it goes out.

use std::collections::BTreeMap;

use super::check::{check_signed, head_after};
use super::memory::Memory;
use super::{Envelope, Event, FeedHead, HubHead, Refusal, SetHash, Step};
use crate::Digest;
use crate::chain::{Chain, FeedMark};
use crate::store::{DomainId, Seq};

/// Follows the feed of one domain.
///
/// What it says is to be kept durably before it is acted upon: [`head`](Self::head),
/// [`marks`](Self::marks) and the touched buckets of [`set`](Self::set).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follower {
    pub(super) domain: DomainId,
    pub(super) head: FeedHead,
    pub(super) set: SetHash,
    pub(super) memory: Memory,
    /// Heads of other servers beyond this one's.
    pub(super) witnessed: BTreeMap<Seq, Digest>,
    pub(super) stopped: Option<Refusal>,
    /// What other servers hold up to here is not compared: a person has decided about it.
    pub(super) settled: Seq,
}

impl Follower {
    /// Follows a domain from its beginning.
    #[must_use]
    pub fn start(domain: DomainId) -> Self {
        let head = FeedHead::start(&domain);
        Self::restore(domain, head, [head.mark], SetHash::empty())
    }

    /// Goes on where a server stopped: with the head, the marks and the set that it kept.
    pub fn restore(
        domain: DomainId,
        head: FeedHead,
        marks: impl IntoIterator<Item = FeedMark>,
        set: SetHash,
    ) -> Self {
        let mut memory = Memory::new(marks);
        memory.add(head.mark);
        Self {
            domain,
            head,
            set,
            memory,
            witnessed: BTreeMap::new(),
            stopped: None,
            settled: Seq::START,
        }
    }

    /// Joins at the head of a hub, with the digests of the buckets there. Records are proven
    /// bucket by bucket until the set is complete.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] if the head was not signed by a server of the domain; [`Refusal::WrongRecords`]
    /// if the digests are not those that it stands for.
    pub fn join(chain: &Chain, head: &HubHead, digests: &[Digest]) -> Result<Self, Refusal> {
        let domain = chain.domain();
        if head.seq == Seq::START {
            return Ok(Self::start(domain));
        }
        let envelope = Envelope::parse(&head.envelope)?;
        if check_signed(domain, chain, &envelope)?.is_some() {
            return Err(Refusal::ChainFork);
        }
        let head = head_after(chain, &envelope);
        let set = SetHash::from_digests(digests, &head.commitment);
        let set = set.ok_or(Refusal::WrongRecords)?;
        Ok(Self::restore(domain, head, [], set))
    }

    /// Takes in one event and says what follows.
    pub fn on_event(&mut self, chain: &Chain, event: Event<'_>) -> Step {
        if let Some(refusal) = self.stopped.as_ref().filter(|it| it.is_fork()) {
            return Step::Refuse(refusal.clone());
        }
        let step = match event {
            Event::Batch { batch, held } => self.on_batch(chain, batch, held),
            Event::Head(head) => self.on_head(chain, head),
            Event::Witness(mark) => self.on_witness(mark),
        };
        let step = step.unwrap_or_else(Step::Refuse);
        match &step {
            Step::Refuse(refusal) => self.stopped = Some(refusal.clone()),
            Step::Apply(_) | Step::Wait => self.stopped = None,
            _ => {}
        }
        step
    }

    /// Takes over a set that was filled beside; now everything is held.
    ///
    /// # Errors
    ///
    /// The buckets that differ, if it is not the set at the head; nothing is changed then.
    /// `digests` are those of the buckets at the head.
    pub fn complete(&mut self, mut filled: SetHash, digests: &[Digest]) -> Result<(), Vec<u8>> {
        let right = filled.is_complete()
            && filled.commitment() == Some(self.head.commitment)
            && filled.live() == Some(self.head.live);
        if !right {
            return Err(filled.differences(digests));
        }
        self.set = filled;
        Ok(())
    }

    /// Goes on after a person decided that this server's history counts. What other servers hold
    /// is compared again beyond everything that is known of by now, and that exists: beyond both
    /// the end of what is held and that of the hub, at `hub`, anybody can tell of any place.
    pub fn settle(&mut self, hub: Seq) {
        let seen = self.witnessed.keys().next_back().copied();
        let forked = match self.stopped {
            Some(Refusal::Fork { at }) => at,
            _ => Seq::START,
        };
        let told = seen.unwrap_or_default().max(forked).min(hub);
        self.settled = self.settled.max(self.head.mark.seq).max(told);
        self.stopped = None;
        self.witnessed.clear();
    }

    /// Up to where a person has decided what counts.
    #[must_use]
    pub const fn settled(&self) -> Seq {
        self.settled
    }

    /// The end of the feed as far as it is held.
    #[must_use]
    pub const fn head(&self) -> &FeedHead {
        &self.head
    }

    /// The batches that are remembered, the oldest first.
    pub fn marks(&self) -> impl Iterator<Item = FeedMark> {
        self.memory.marks()
    }

    /// The set hash at the head.
    #[must_use]
    pub const fn set(&self) -> &SetHash {
        &self.set
    }

    /// The set hash at the head, to take in digests and listings.
    pub const fn set_mut(&mut self) -> &mut SetHash {
        &mut self.set
    }

    /// Why nothing is written; `None` if all is well.
    #[must_use]
    pub const fn stopped(&self) -> Option<&Refusal> {
        self.stopped.as_ref()
    }
}

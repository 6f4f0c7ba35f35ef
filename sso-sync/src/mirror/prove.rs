//! Proving parts, before everything is held; and writing.

use bytes::Bytes;

use super::open::KeptHead;
use super::parts::{Parts, live};
use super::{Mirror, MirrorError, View};
use crate::Digest;
use crate::feed::{Event, FeedHead, Follower, HubHead, Listed, LiveSet as _, Refusal, bucket_of};
use crate::seal::MemberKeys;
use crate::store::{Batch, Record, Seq, Stored};

impl Mirror {
    /// Joins at the head of a hub, with the digests of the buckets there: for a fresh server, and
    /// for one that was away for so long that the hub's feed does not reach back to it. From then
    /// on records are proven bucket by bucket, until a filling makes everything complete.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Feed`] if the head was not signed by a server of the domain, is behind what
    /// is held, or contradicts it, and as long as a fork is not settled; [`MirrorError::Store`].
    pub async fn join(&mut self, head: &HubHead, digests: &[Digest]) -> Result<(), MirrorError> {
        self.look_again().await?;
        if let Some(fork) = self.follower.stopped().filter(|it| it.is_fork()) {
            return Err(fork.clone().into());
        }
        let mut joined = Follower::join(&self.chain, head, digests)?;
        self.check_goes_on(joined.head())?;
        if joined.head() == self.follower.head() {
            return self.join_again(digests);
        }
        joined.settle_through(self.follower.settled());
        for mark in self.follower.witnessed() {
            joined.on_event(&self.chain, Event::Witness(mark));
        }
        if let Some(refusal) = joined.stopped() {
            return Err(refusal.clone().into());
        }
        let kept = KeptHead {
            seq: joined.head().mark.seq,
            envelope: head.envelope.clone(),
            forsakes: self.forsaken,
        };
        kept.keep(&self.facts).await?;
        self.follower = joined;
        let parts = Parts::new(Bytes::from(kept.envelope));
        self.view.change(|view| view.parts = Some(parts));
        self.work = None;
        self.filling = None;
        Ok(())
    }

    /// Joins where it is already.
    fn join_again(&mut self, digests: &[Digest]) -> Result<(), MirrorError> {
        if self.is_complete() || self.follower.head().mark.seq == Seq::START {
            return Ok(());
        }
        self.learn(digests)
    }

    fn check_goes_on(&self, head: &FeedHead) -> Result<(), Refusal> {
        let (mine, theirs) = (self.follower.head().mark, head.mark);
        if theirs.seq < mine.seq || (theirs.seq == mine.seq && theirs.hash != mine.hash) {
            return Err(Refusal::Fork { at: theirs.seq });
        }
        if head.chain < self.follower.head().chain {
            return Err(Refusal::ChainFork);
        }
        Ok(())
    }

    /// Takes in the digests of the buckets at the head, where they are unknown.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Listing`] if they are not those that the head stands for: those of another
    /// head, perhaps.
    pub fn learn(&mut self, digests: &[Digest]) -> Result<(), MirrorError> {
        let commitment = self.follower.head().commitment;
        Ok(self.follower.set_mut().learn(digests, &commitment)?)
    }

    /// Takes in the listing of a bucket at the head, which proves by the digest of the bucket that
    /// it is complete.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Listing`]; if it is `Stale`, the digests are to be [learnt](Self::learn)
    /// first.
    pub fn prove(&mut self, bucket: u8, listing: Vec<Listed>) -> Result<(), MirrorError> {
        if self.is_complete() {
            return Ok(());
        }
        self.follower.set_mut().hold(bucket, &listing)?;
        let prove = |parts: &mut Parts| parts.prove(bucket, listing);
        let forgotten = self.view.change(|view| view.parts.as_mut().map(prove));
        for forgotten in forgotten.unwrap_or_default() {
            self.follower.set_mut().release(forgotten);
        }
        Ok(())
    }

    /// Takes in records that were fetched singly. Those count that a proven listing names; answers
    /// how many.
    pub async fn hold(&mut self, stored: Vec<Stored>) -> usize {
        let keep = |parts: &mut Parts| {
            let counts = |it: &&Stored| parts.live(&it.record.id) == Some(live(&it.record));
            let counting: Vec<_> = stored.iter().filter(counts).cloned().collect();
            let held = counting.len();
            counting.into_iter().for_each(|it| parts.keep(it));
            held
        };
        let held = self.view.change(|view| view.parts.as_mut().map(keep));
        self.fill_wanted(stored).await;
        held.unwrap_or_default()
    }

    /// Makes the batch that commits these records on the head. It changes nothing: send it to the
    /// hub, and [take it in](Self::take_batch) once the hub has it.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Write`]; if it is `Unproven`, the [buckets](Self::unproven) of the ids are to
    /// be proven first. [`MirrorError::Store`].
    pub async fn write(
        &mut self,
        keys: &MemberKeys,
        records: Vec<Record>,
    ) -> Result<Batch, MirrorError> {
        self.look_again().await?;
        let held = self.held(&records).await?;
        Ok(self.follower.write(&self.chain, keys, records, &held)?)
    }

    /// The buckets of the ids that have to be proven before they are written to.
    pub fn unproven<'a>(&self, records: impl IntoIterator<Item = &'a Record>) -> Vec<u8> {
        let set = self.follower.set();
        let unproven = records.into_iter().filter(|it| !set.holds(&it.id));
        let mut unproven: Vec<_> = unproven.map(|it| bucket_of(&it.id)).collect();
        unproven.sort_unstable();
        unproven.dedup();
        unproven
    }

    /// The envelope of the head; empty before the first batch.
    pub(super) async fn envelope(&self) -> Result<Bytes, MirrorError> {
        let kept = |view: &View| view.parts.as_ref().map(|parts| parts.envelope.clone());
        if let Some(envelope) = self.view.read(kept) {
            return Ok(envelope);
        }
        let store = self.user_store().ok_or(MirrorError::Unfilled)?;
        let head = store.head(&self.domain).await?;
        Ok(head.map(|head| head.envelope).unwrap_or_default())
    }
}

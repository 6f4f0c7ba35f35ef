//! Taking in a batch.

use super::check::{check_content, check_records, check_signed, head_after, mark_of, version};
use super::envelope::{Stated, body_digests};
use super::memory::Memorized;
use super::set::Saved;
use super::{Envelope, FeedHead, Follower, Live, LiveSet, Refusal, Step};
use crate::Digest;
use crate::chain::Chain;
use crate::store::{FeedBatch, Record};

impl Follower {
    pub(super) fn on_batch(
        &mut self,
        chain: &Chain,
        batch: &FeedBatch,
        held: &dyn LiveSet,
    ) -> Result<Step, Refusal> {
        let (first, batch) = (batch.first, &batch.batch);
        if batch.size() > MAX_BATCH {
            return Err(Refusal::TooLarge);
        }
        let envelope = Envelope::parse(batch.envelope())?;
        if let Some(step) = check_signed(self.domain, chain, &envelope)? {
            return Ok(step);
        }
        let digests = body_digests(batch.records());
        check_records(envelope.stated(), first, batch.records(), &digests)?;
        if let Some(step) = self.check_place(&envelope)? {
            return Ok(step);
        }
        if self.head.chain > envelope.stated().chain.position {
            let writer = envelope.writer();
            return Err(Refusal::ChainBackwards { writer });
        }
        check_content(chain, envelope.stated(), batch.records())?;
        if chain.judgement(&envelope.hash()).is_none() {
            self.check_versions(envelope.stated(), batch.records(), held)?;
        }
        let head = head_after(chain, &envelope);
        let saved = self.change_set(batch.records(), &digests, held);
        if !self.is_at(&head) {
            self.set.restore(saved);
            let writer = envelope.writer();
            return Err(Refusal::WrongSet { writer });
        }
        self.advance(head);
        Ok(Step::Apply(head))
    }

    /// Whether the batch comes next; a step if it is held already.
    fn check_place(&self, envelope: &Envelope) -> Result<Option<Step>, Refusal> {
        let (first, last) = envelope.places();
        let mark = mark_of(envelope);
        let held = self.head.mark.seq;
        if last <= held {
            return match self.memory.compare(&mark) {
                Memorized::Other => Err(Refusal::Fork { at: last }),
                Memorized::Same | Memorized::Unknown => Ok(Some(Step::Known)),
            };
        }
        if first <= held {
            return Err(Refusal::Fork { at: first });
        }
        let expected = held.plus(1);
        if first != expected {
            return Err(Refusal::Gap {
                expected,
                found: first,
            });
        }
        if envelope.stated().previous != self.head.mark.hash {
            return Err(Refusal::Fork { at: held });
        }
        self.check_witnesses(first, &mark)?;
        Ok(None)
    }

    pub(super) fn check_versions(
        &self,
        stated: &Stated,
        records: &[Record],
        held: &dyn LiveSet,
    ) -> Result<(), Refusal> {
        let provable = records.iter().filter(|it| self.set.holds(&it.id));
        for record in provable {
            let expected = held.live(&record.id).map_or(0, |live| live.version) + 1;
            let found = version(record);
            if found != expected {
                return Err(Refusal::WrongVersion {
                    writer: stated.writer,
                    id: record.id,
                    expected,
                    found,
                });
            }
        }
        Ok(())
    }

    /// Changes the set as a batch does.
    pub(super) fn change_set(
        &mut self,
        records: &[Record],
        digests: &[Digest],
        held: &dyn LiveSet,
    ) -> Saved {
        let saved = self.set.save(records.iter().map(|record| &record.id));
        for (record, digest) in records.iter().zip(digests) {
            if let Some(Live { digest, .. }) = held.live(&record.id) {
                self.set.remove(&record.id, &digest);
            }
            self.set.insert(&record.id, digest);
        }
        saved
    }

    /// Whether the set is the one of `head`, as far as that can be told.
    fn is_at(&mut self, head: &FeedHead) -> bool {
        let commitment = self.set.commitment();
        let live = self.set.live();
        commitment.is_none_or(|it| it == head.commitment) && live.is_none_or(|it| it == head.live)
    }

    fn advance(&mut self, head: FeedHead) {
        self.head = head;
        self.memory.add(head.mark);
        self.witnessed.retain(|seq, _| *seq > head.mark.seq);
    }
}

/// Largest batch, as [`Batch::size`](crate::store::Batch::size) counts.
pub(super) const MAX_BATCH: usize = 1024 * 1024;

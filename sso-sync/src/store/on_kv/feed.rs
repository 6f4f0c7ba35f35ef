//! The user feed: one key for each batch, named after the place of its first record.

use std::sync::Arc;

use bytes::Bytes;

use crate::store::{
    Batch, DomainId, Entry, Expect, Feed, FeedBatch, Head, KvStore, Mark, Seq, StoreError,
};

use super::OnKv;
use super::format::{decode_slot, encode_slot};
use super::known::{Gaps, Known};
use super::read::Miss;
use super::view::Progress;

impl<K: KvStore> OnKv<K> {
    pub(super) async fn commit_batch(
        &self,
        domain: &DomainId,
        after: Seq,
        batch: Batch,
    ) -> Result<Seq, StoreError> {
        let Some(known) = self.feed_that_ended_at(domain, after).await? else {
            return Err(StoreError::Conflict);
        };
        let first = after.plus(1);
        let key = known.life.slot(first);
        let value = encode_slot(first, &batch);
        let version = self.kv.put(&key, value, Expect::Absent).await?;
        let put = (key, version.clone());
        self.confirm(&known.life, Some(first), put).await?;
        let slot = FeedBatch { first, batch };
        known.view().push(&slot, version);
        let last = slot.last();
        self.keep_slot(&known, slot);
        Ok(last)
    }

    /// The domain, if a batch has ended at `after`, and was the last as far as is known; and if
    /// nothing that begins after it was removed so far.
    async fn feed_that_ended_at(
        &self,
        domain: &DomainId,
        after: Seq,
    ) -> Result<Option<Arc<Known>>, StoreError> {
        let Some((known, alive)) = self.meet(domain).await? else {
            return Ok(None);
        };
        let tail = known.view().tail();
        if alive.floor() <= tail && tail >= after {
            return Ok((tail == after).then_some(known));
        }
        let known = self.refresh(domain).await?;
        Ok(known.filter(|known| known.view().tail() == after))
    }

    pub(super) async fn read_feed(
        &self,
        domain: &DomainId,
        after: Seq,
        max_bytes: usize,
    ) -> Result<Feed, StoreError> {
        let read = self.read(domain, |known| {
            Box::pin(self.feed_in(known, after, max_bytes))
        });
        Ok(read.await?.unwrap_or(Feed::Batches(Vec::new())))
    }

    async fn feed_in(&self, known: Arc<Known>, after: Seq, max_bytes: usize) -> Result<Feed, Miss> {
        let compacted = known.view().compacted();
        if after < compacted {
            return Ok(Feed::Compacted(compacted));
        }
        let firsts = known.slots_that_fit(after, max_bytes);
        let slots = self.slots(&known, &firsts).await?;
        Ok(Feed::Batches(
            slots.into_iter().map(Arc::unwrap_or_clone).collect(),
        ))
    }

    /// Both logs end where this says at one moment of the call: neither the chain nor the base
    /// moves from before the feed is listed until after.
    pub(super) async fn read_head(&self, domain: &DomainId) -> Result<Option<Head>, StoreError> {
        let mut gaps = Gaps::default();
        while let Some(known) = self.load(domain).await? {
            let (before, root) = known.ends();
            let look = self.look(&known).await?;
            let walk = self.walk(&known, before.statements, None).await?;
            let progress = self.settle(&known, &look).await?;
            known.see_statements(walk.end);
            let missing = match progress {
                Progress::Gap(first) => known.life.slot(first),
                _ if walk.gap => known.life.statement(walk.end),
                Progress::Complete(seq) if known.ends() == (Mark { seq, ..before }, root) => {
                    match self.head_at(&known, before.statements, seq).await {
                        Ok(head) => return Ok(Some(head)),
                        Err(Miss::Gone(key)) => key,
                        Err(Miss::Store(error)) => return Err(error),
                    }
                }
                Progress::Again | Progress::Complete(_) => continue,
            };
            gaps.check(&known, missing)?;
        }
        Ok(None)
    }

    async fn head_at(&self, known: &Known, statements: u64, seq: Seq) -> Result<Head, Miss> {
        let (first, base) = {
            let view = known.view();
            (view.first_of(seq), view.base)
        };
        let compacted = base.map_or(Seq::START, |base| base.seq);
        let envelope = match first {
            Some(first) => self.slot(known, first).await?.batch.envelope().clone(),
            None if seq == Seq::START => Bytes::new(),
            None => match self.snapshot(known, base).await? {
                Some(snapshot) if seq == compacted => snapshot.envelope(),
                _ => return Err(Miss::Gone(known.life.slot(seq))),
            },
        };
        Ok(Head {
            statements,
            seq,
            envelope,
            compacted,
        })
    }

    /// The batch that begins at `first`.
    pub(super) async fn slot(&self, known: &Known, first: Seq) -> Result<Arc<FeedBatch>, Miss> {
        let key = known.life.slot(first);
        if let Some(slot) = self.slots.get(&key) {
            return Ok(slot);
        }
        match self.kv.get(&key).await? {
            Some(entry) => self.accept_slot(known, first, &key, entry),
            None => Err(Miss::Gone(key)),
        }
    }

    /// The batches that begin at `firsts`, which follow each other.
    pub(super) async fn slots(
        &self,
        known: &Known,
        firsts: &[Seq],
    ) -> Result<Vec<Arc<FeedBatch>>, Miss> {
        let mut slots = Vec::with_capacity(firsts.len());
        while let Some(first) = firsts.get(slots.len()) {
            match self.slots.get(&known.life.slot(*first)) {
                Some(slot) => slots.push(slot),
                None => {
                    let rest = firsts.get(slots.len()..).unwrap_or_default();
                    slots.append(&mut self.list_slots(known, rest).await?);
                }
            }
        }
        Ok(slots)
    }

    /// At least the first of these batches.
    async fn list_slots(&self, known: &Known, firsts: &[Seq]) -> Result<Vec<Arc<FeedBatch>>, Miss> {
        let [first, ..] = firsts else {
            return Ok(Vec::new());
        };
        let after = known.life.slot(Seq::new(first.number().saturating_sub(1)));
        let feed = known.life.feed();
        let page = self.kv.list(&feed, Some(&after), firsts.len()).await?;
        let mut entries = page.entries.into_iter();
        let mut slots = Vec::with_capacity(entries.len());
        for first in firsts {
            match entries.next() {
                Some((key, entry)) => slots.push(self.accept_slot(known, *first, &key, entry)?),
                None if slots.is_empty() => return Err(Miss::Gone(known.life.slot(*first))),
                None => break,
            }
        }
        Ok(slots)
    }

    /// Takes in what stands under the key of a batch, if it is still that batch.
    fn accept_slot(
        &self,
        known: &Known,
        first: Seq,
        key: &str,
        entry: Entry,
    ) -> Result<Arc<FeedBatch>, Miss> {
        let version = known.view().slot(first).map(|info| info.version.clone());
        if key != known.life.slot(first) || version != Some(entry.version) {
            return Err(Miss::Gone(known.life.slot(first)));
        }
        let slot = decode_slot(entry.value, first).map_err(|it| it.at(key))?;
        Ok(self.keep_slot(known, slot))
    }

    /// Keeps a batch that is in its place at hand.
    pub(super) fn keep_slot(&self, known: &Known, slot: FeedBatch) -> Arc<FeedBatch> {
        let key = known.life.slot(slot.first);
        let size = slot.batch.size();
        let slot = Arc::new(slot);
        self.slots.put(key, Arc::clone(&slot), size);
        slot
    }
}

#[cfg(test)]
mod tests {
    use super::super::cache::Cache;
    use super::*;
    use crate::store::{DomainStore as _, MemoryStore, Record, RecordId};

    #[tokio::test]
    async fn what_a_late_writer_put_where_a_batch_was_is_not_taken_for_it() {
        let kv = MemoryStore::new();
        let mut reader = OnKv::new(kv.clone());
        reader.slots = Cache::new(0);
        let other = OnKv::new(kv.clone());
        other.append(&DOMAIN, 0, "genesis".into()).await.unwrap();
        let tail = other.commit(&DOMAIN, Seq::START, batch("one")).await;
        let known = reader.refresh(&DOMAIN).await.unwrap().unwrap();
        for _ in 0..2 {
            other
                .compact(&DOMAIN, tail.as_ref().unwrap().plus(1))
                .await
                .unwrap();
        }
        let first = Seq::new(1);
        let late = encode_slot(first, &batch("late"));
        let put = kv.put(&known.life.slot(first), late, Expect::Absent).await;
        put.unwrap();
        let read = reader.slot(&known, first).await;
        assert!(matches!(read, Err(Miss::Gone(_))), "{read:?}");
    }

    fn batch(name: &'static str) -> Batch {
        let record = Record {
            id: RecordId::new([1; 32]),
            body: name.into(),
        };
        Batch::new(name.into(), vec![record]).unwrap()
    }

    const DOMAIN: DomainId = DomainId::new([7; 32]);
}

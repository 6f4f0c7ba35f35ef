//! Chain and feed of one domain in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;

use super::fault::Gate;
use crate::feed::{SetHash, bucket_of, record_digest};
use crate::mirror::{Scan, UserStore};
use crate::store::{
    Batch, Cursor, DomainCaps, DomainId, DomainStore, Feed, FeedBatch, Head, Record, RecordId, Seq,
    SnapshotPage, StoreError, Stored,
};

/// Clones are the same store.
#[derive(Clone, Debug, Default)]
pub(super) struct MemoryUsers {
    gate: Arc<Gate>,
    content: Arc<Mutex<Content>>,
}

#[derive(Debug, Default)]
struct Content {
    domain: Option<DomainId>,
    statements: Vec<Bytes>,
    records: BTreeMap<Seq, Record>,
    live: BTreeMap<RecordId, Seq>,
    /// By the place of its last record: the place of its first, and its envelope.
    batches: BTreeMap<Seq, (Seq, Bytes)>,
    compacted: Seq,
}

impl MemoryUsers {
    pub(super) fn new(gate: Arc<Gate>) -> Self {
        let content = Arc::default();
        Self { gate, content }
    }

    /// With what a draft has.
    pub(super) fn loaded(
        gate: Arc<Gate>,
        domain: DomainId,
        genesis: Bytes,
        records: BTreeMap<Seq, Record>,
        (seq, envelope): (Seq, Bytes),
    ) -> Self {
        let live = records.iter().map(|(seq, record)| (record.id, *seq));
        let head = (seq > Seq::START).then_some((seq, (seq.plus(1), envelope)));
        let content = Content {
            domain: Some(domain),
            statements: vec![genesis],
            live: live.collect(),
            records,
            batches: head.into_iter().collect(),
            compacted: seq,
        };
        let content = Arc::new(Mutex::new(content));
        Self { gate, content }
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is there of a domain.
    fn of(&self, domain: &DomainId) -> Result<Option<MutexGuard<'_, Content>>, StoreError> {
        self.gate.read()?;
        let content = self.content();
        Ok((content.domain == Some(*domain)).then_some(content))
    }
}

impl Content {
    fn seq(&self) -> Seq {
        let last = self.batches.keys().next_back();
        last.copied().unwrap_or_default()
    }

    fn append(
        &mut self,
        domain: &DomainId,
        position: u64,
        statement: Bytes,
    ) -> Result<(), StoreError> {
        let is_other = self.domain.is_some_and(|it| it != *domain);
        if is_other || position != self.statements.len() as u64 {
            return Err(StoreError::Conflict);
        }
        self.domain = Some(*domain);
        self.statements.push(statement);
        Ok(())
    }

    fn commit(&mut self, domain: &DomainId, after: Seq, batch: Batch) -> Result<Seq, StoreError> {
        if self.domain != Some(*domain) || self.seq() != after {
            return Err(StoreError::Conflict);
        }
        let (envelope, records) = batch.into_parts();
        let (first, last) = (after.plus(1), after.plus(records.len()));
        for (index, record) in records.into_iter().enumerate() {
            self.live.insert(record.id, first.plus(index));
            self.records.insert(first.plus(index), record);
        }
        self.batches.insert(last, (first, envelope));
        Ok(last)
    }

    fn mend(&mut self, remove: &[RecordId], put: Vec<Stored>) -> Result<(), StoreError> {
        let is_wrong = |it: &Stored| {
            let there = self.records.get(&it.seq).map(|there| there.id);
            let there = there.filter(|there| !remove.contains(there));
            it.seq > self.seq() || there.is_some_and(|there| there != it.record.id)
        };
        if put.iter().any(is_wrong) {
            return Err(StoreError::Conflict);
        }
        for id in remove {
            let at = self.live.remove(id);
            at.iter().for_each(|at| drop(self.records.remove(at)));
        }
        for stored in put {
            self.live.insert(stored.record.id, stored.seq);
            self.records.insert(stored.seq, stored.record);
        }
        Ok(())
    }

    fn batch(&self, last: Seq, first: Seq, envelope: &Bytes) -> Result<FeedBatch, StoreError> {
        let records = self.records.range(first..=last);
        let records = records.map(|(_, record)| record.clone()).collect();
        let batch = Batch::new(envelope.clone(), records);
        let batch = batch.ok_or_else(|| StoreError::corrupt("a batch misses records"))?;
        Ok(FeedBatch { first, batch })
    }

    fn stored(&self, seq: &Seq) -> Option<Stored> {
        let record = self.records.get(seq)?.clone();
        Some(Stored { seq: *seq, record })
    }

    fn compact(&mut self, through: Seq) {
        let through = self.batches.range(..=through).next_back();
        let Some(through) = through.map(|(last, _)| *last) else {
            return;
        };
        self.compacted = self.compacted.max(through);
        let (compacted, head, live) = (self.compacted, self.seq(), &self.live);
        self.records
            .retain(|seq, record| *seq > compacted || live.get(&record.id) == Some(seq));
        self.batches
            .retain(|last, _| *last > compacted || *last == head);
    }
}

#[async_trait]
impl DomainStore for MemoryUsers {
    async fn append(
        &self,
        domain: &DomainId,
        position: u64,
        statement: Bytes,
    ) -> Result<(), StoreError> {
        DomainCaps::check(statement.len(), MAX_BYTES)?;
        let write = || self.content().append(domain, position, statement);
        self.gate.write(write)
    }

    async fn statements(
        &self,
        domain: &DomainId,
        from: u64,
        max_bytes: usize,
    ) -> Result<Vec<Bytes>, StoreError> {
        let Some(content) = self.of(domain)? else {
            return Ok(Vec::new());
        };
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let statements = content.statements.iter().skip(from).cloned();
        Ok(page(statements, max_bytes, Bytes::len).0)
    }

    async fn head(&self, domain: &DomainId) -> Result<Option<Head>, StoreError> {
        let head = self.of(domain)?.map(|content| Head {
            statements: content.statements.len() as u64,
            seq: content.seq(),
            envelope: content
                .batches
                .values()
                .next_back()
                .map(|(_, envelope)| envelope.clone())
                .unwrap_or_default(),
            compacted: content.compacted,
        });
        Ok(head)
    }

    async fn commit(&self, domain: &DomainId, after: Seq, batch: Batch) -> Result<Seq, StoreError> {
        DomainCaps::check(batch.size(), MAX_BYTES)?;
        self.gate
            .write(|| self.content().commit(domain, after, batch))
    }

    async fn feed(
        &self,
        domain: &DomainId,
        after: Seq,
        max_bytes: usize,
    ) -> Result<Feed, StoreError> {
        let Some(content) = self.of(domain)? else {
            return Ok(Feed::Batches(Vec::new()));
        };
        if after < content.compacted {
            return Ok(Feed::Compacted(content.compacted));
        }
        let rest = content.batches.range(after.plus(1)..);
        let rest = rest.map(|(last, (first, envelope))| content.batch(*last, *first, envelope));
        let rest = rest.collect::<Result<Vec<_>, _>>()?;
        Ok(Feed::Batches(page(rest, max_bytes, |it| it.batch.size()).0))
    }

    async fn find(&self, domain: &DomainId, ids: &[RecordId]) -> Result<Vec<Stored>, StoreError> {
        let Some(content) = self.of(domain)? else {
            return Ok(Vec::new());
        };
        let places = ids.iter().filter_map(|id| content.live.get(id));
        Ok(places.filter_map(|at| content.stored(at)).collect())
    }

    async fn snapshot(
        &self,
        domain: &DomainId,
        cursor: Option<&Cursor>,
        max_bytes: usize,
    ) -> Result<SnapshotPage, StoreError> {
        let Some(content) = self.of(domain)? else {
            return nothing_of(cursor);
        };
        let after = cursor.and_then(|it| it.as_bytes().try_into().ok());
        let after = after.map_or(0, u64::from_be_bytes);
        let mut places: Vec<_> = content.live.values().copied().collect();
        places.sort_unstable();
        let rest = places.iter().filter(|at| at.number() > after);
        let rest = rest.filter_map(|at| content.stored(at));
        let (records, is_cut) = page(rest, max_bytes, |it| it.record.size());
        let last = records.last().map(|it| it.seq.number().to_be_bytes());
        Ok(SnapshotPage {
            next: last
                .filter(|_| is_cut)
                .map(|last| Cursor::new(last.to_vec())),
            records,
            since: content.seq(),
        })
    }

    async fn bucket(
        &self,
        domain: &DomainId,
        bucket: u8,
        after: Option<&RecordId>,
        max_bytes: usize,
    ) -> Result<Vec<Stored>, StoreError> {
        let Some(content) = self.of(domain)? else {
            return Ok(Vec::new());
        };
        let rest = content.live.iter();
        let rest = rest.filter(|(id, _)| bucket_of(id) == bucket && Some(*id) > after);
        let rest = rest.filter_map(|(_, at)| content.stored(at));
        Ok(page(rest, max_bytes, |it| it.record.size()).0)
    }

    async fn compact(&self, domain: &DomainId, through: Seq) -> Result<(), StoreError> {
        if self.of(domain)?.is_none() {
            return Ok(());
        }
        self.gate.write(|| {
            self.content().compact(through);
            Ok(())
        })
    }

    async fn erase(&self, domain: &DomainId) -> Result<(), StoreError> {
        if self.of(domain)?.is_none() {
            return Ok(());
        }
        self.gate.write(|| {
            *self.content() = Content::default();
            Ok(())
        })
    }

    fn caps(&self) -> DomainCaps {
        DomainCaps {
            max_statement: MAX_BYTES,
            max_batch: MAX_BYTES,
        }
    }

    async fn health(&self) -> Result<(), StoreError> {
        self.gate.read()
    }
}

#[async_trait]
impl UserStore for MemoryUsers {
    async fn scan(&self, domain: &DomainId) -> Result<Scan, StoreError> {
        let content = self.of(domain)?;
        let content = content.ok_or_else(|| StoreError::corrupt("no such domain"))?;
        let mut set = SetHash::empty();
        for stored in content.live.values().filter_map(|at| content.stored(at)) {
            let digest = record_digest(&stored.record.body);
            set.insert(&stored.record.id, &digest);
        }
        let seq = content.seq();
        Ok(Scan { seq, set })
    }

    async fn mend(
        &self,
        domain: &DomainId,
        remove: Vec<RecordId>,
        put: Vec<Stored>,
    ) -> Result<(), StoreError> {
        if self.of(domain)?.is_none() {
            return Err(StoreError::Conflict);
        }
        self.gate.write(|| self.content().mend(&remove, put))
    }
}

/// The snapshot of a domain that is not there.
fn nothing_of(cursor: Option<&Cursor>) -> Result<SnapshotPage, StoreError> {
    if cursor.is_some() {
        return Err(StoreError::Conflict);
    }
    Ok(SnapshotPage {
        records: Vec::new(),
        next: None,
        since: Seq::START,
    })
}

/// As many items as fit, at least one if there is one; whether there are more.
fn page<T>(
    items: impl IntoIterator<Item = T>,
    max_bytes: usize,
    size: impl Fn(&T) -> usize,
) -> (Vec<T>, bool) {
    let (mut page, mut left) = (Vec::new(), max_bytes);
    for item in items {
        match left.checked_sub(size(&item)) {
            Some(rest) => left = rest,
            None if page.is_empty() => left = 0,
            None => return (page, true),
        }
        page.push(item);
    }
    (page, false)
}

/// Largest statement and largest batch.
const MAX_BYTES: usize = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{Place, domain, run};

    #[derive(Debug)]
    struct Memory(MemoryUsers);

    impl Place for Memory {
        type Store = MemoryUsers;

        async fn fresh() -> Self {
            Self(MemoryUsers::default())
        }

        async fn open(&self) -> MemoryUsers {
            self.0.clone()
        }
    }

    macro_rules! cases {
        ($($case:ident,)*) => {
            $(
                #[test]
                fn $case() {
                    run::<Memory>(domain::$case);
                }
            )*
        };
    }

    // All that is promised of one domain: there is no other in a mirror.
    cases! {
        an_unknown_domain_has_no_head,
        the_first_statement_makes_the_domain,
        statements_are_read_back_in_order,
        statements_are_bounded,
        a_statement_goes_to_the_next_position_only,
        of_concurrent_statements_one_wins,
        a_batch_becomes_the_head,
        a_batch_needs_its_domain,
        a_batch_that_does_not_build_on_the_head_is_refused,
        of_concurrent_batches_one_wins,
        the_feed_is_ordered_unique_and_gap_free,
        a_batch_is_whole_or_absent,
        the_feed_resumes_after_any_batch,
        the_feed_is_bounded,
        a_record_is_found_as_it_was_last_committed,
        of_two_records_of_one_id_in_a_batch_the_later_counts,
        a_snapshot_and_the_feed_after_it_are_everything,
        a_snapshot_is_bounded,
        a_bucket_lists_the_live_records_of_a_first_byte,
        compaction_keeps_the_live_records,
        a_compacted_feed_says_so,
        compaction_ends_at_the_last_whole_batch,
        any_bytes_are_kept,
        more_than_the_caps_is_too_large,
    }
}

//! A store of level 2 that is simple enough to be right, and breaks its contract on demand.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use sso_sync::store::{
    Batch, Cursor, DomainCaps, DomainId, DomainStore, Feed, FeedBatch, Head, Mark, RecordId, Seq,
    SnapshotPage, StoreError, Stored,
};
use sso_sync::testkit::Place;
use tokio::sync::watch;

use crate::domain_content::{Domain, fitting};

/// Handles of one place share their content.
#[derive(Debug)]
pub(crate) struct Model {
    shared: Arc<Shared>,
    flaw: Option<Flaw>,
    /// What this handle has seen of heads, for [`Flaw::HeadLags`].
    heads: Mutex<BTreeMap<DomainId, Head>>,
}

#[derive(Debug)]
pub(crate) struct ModelPlace {
    shared: Arc<Shared>,
    pub(crate) flaw: Option<Flaw>,
}

/// What a store does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    AcceptsAnyPosition,
    BucketIsUnsorted,
    CompactedFeedHasAGap,
    CompactionBeyondTheHead,
    CompactionEndsInABatch,
    CompactionLosesLiveRecords,
    ConflictStoresRecords,
    EarlierOfTwoCounts,
    EnvelopeIsAltered,
    EraseKeepsRecords,
    FeedIgnoresItsBound,
    FeedRepeats,
    FeedSkips,
    FindsSuperseded,
    ForgetsTheNewestOnReopening,
    HeadLags,
    LooksBeforeItWrites,
    MixesDomains,
    NeedsNoDomain,
    NeverWakes,
    ResumesInABatch,
    SnapshotMissesMovedRecords,
    StatementsIgnoreTheirBound,
    TearsBatches,
    TooLargeIsCut,
    WaitsForTheNextChange,
}

#[derive(Debug, Default)]
struct Shared {
    domains: Mutex<BTreeMap<DomainId, Domain>>,
    /// How many writes there were, for those who wait.
    written: watch::Sender<u64>,
}

impl ModelPlace {
    pub(crate) fn new(flaw: Option<Flaw>) -> Self {
        let shared = Arc::default();
        Self { shared, flaw }
    }
}

impl Place for ModelPlace {
    type Store = Model;

    async fn fresh() -> Self {
        Self::new(None)
    }

    async fn open(&self) -> Model {
        if self.flaw == Some(Flaw::ForgetsTheNewestOnReopening) {
            for domain in self.shared.domains.lock().unwrap().values_mut() {
                domain.forget_the_newest();
            }
        }
        Model {
            shared: Arc::clone(&self.shared),
            flaw: self.flaw,
            heads: Mutex::default(),
        }
    }
}

impl Model {
    fn is(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    fn key(&self, domain: &DomainId) -> DomainId {
        let mut bytes = *domain.as_bytes();
        if self.is(Flaw::MixesDomains) {
            bytes[31] = 0;
        }
        DomainId::new(bytes)
    }

    /// Looks at a domain; one that is missing is empty.
    fn with<T>(&self, domain: &DomainId, look: impl FnOnce(&Domain) -> T) -> T {
        let domains = self.shared.domains.lock().unwrap();
        match domains.get(&self.key(domain)) {
            Some(domain) => look(domain),
            None => look(&Domain::default()),
        }
    }

    fn change<T>(
        &self,
        domain: &DomainId,
        change: impl FnOnce(&mut Domain) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut domains = self.shared.domains.lock().unwrap();
        let mut there = domains.get(&self.key(domain)).cloned().unwrap_or_default();
        let answer = change(&mut there);
        if answer.is_ok() || self.is(Flaw::ConflictStoresRecords) {
            domains.insert(self.key(domain), there);
            self.shared.written.send_modify(|writes| *writes += 1);
        }
        answer
    }

    fn check_size(&self, size: usize) -> Result<(), StoreError> {
        match self.flaw {
            Some(Flaw::TooLargeIsCut) => Ok(()),
            _ => DomainCaps::check(size, CAPS),
        }
    }
}

#[async_trait]
impl DomainStore for Model {
    async fn append(
        &self,
        domain: &DomainId,
        position: u64,
        mut statement: Bytes,
    ) -> Result<(), StoreError> {
        self.check_size(statement.len())?;
        statement.truncate(CAPS);
        let looked = self.with(domain, |it| it.statements.len() as u64 == position);
        if self.is(Flaw::LooksBeforeItWrites) {
            tokio::task::yield_now().await;
        }
        self.change(domain, |it| {
            let mut expected = it.statements.len() as u64 == position;
            if self.is(Flaw::LooksBeforeItWrites) {
                expected = looked;
            }
            if !expected && !self.is(Flaw::AcceptsAnyPosition) {
                return Err(StoreError::Conflict);
            }
            it.statements.push(statement);
            Ok(())
        })
    }

    async fn statements(
        &self,
        domain: &DomainId,
        from: u64,
        max_bytes: usize,
    ) -> Result<Vec<Bytes>, StoreError> {
        let max_bytes = match self.flaw {
            Some(Flaw::StatementsIgnoreTheirBound) => usize::MAX,
            _ => max_bytes,
        };
        Ok(self.with(domain, |it| {
            let from = usize::try_from(from).unwrap().min(it.statements.len());
            fitting(&it.statements[from..], max_bytes, Bytes::len)
        }))
    }

    async fn head(&self, domain: &DomainId) -> Result<Option<Head>, StoreError> {
        if self.is(Flaw::HeadLags)
            && let Some(head) = self.heads.lock().unwrap().remove(domain)
        {
            return Ok(Some(head));
        }
        let head = self.with(domain, Domain::head);
        if let Some(head) = &head {
            self.heads.lock().unwrap().insert(*domain, head.clone());
        }
        Ok(head)
    }

    async fn commit(&self, domain: &DomainId, after: Seq, batch: Batch) -> Result<Seq, StoreError> {
        self.check_size(batch.size())?;
        let looked = self.with(domain, |it| it.takes(after));
        if self.is(Flaw::LooksBeforeItWrites) {
            tokio::task::yield_now().await;
        }
        if self.is(Flaw::TearsBatches) {
            self.change(domain, |it| {
                it.absorb(&batch.records()[..1], after);
                Ok(())
            })?;
            tokio::task::yield_now().await;
        }
        self.change(domain, |it| {
            let takes = match self.flaw {
                Some(Flaw::LooksBeforeItWrites) => looked,
                Some(Flaw::NeedsNoDomain) => after == it.seq,
                _ => it.takes(after),
            };
            if !takes {
                it.absorb(batch.records(), after);
                return Err(StoreError::Conflict);
            }
            Ok(it.commit(batch, self.flaw))
        })
    }

    async fn feed(
        &self,
        domain: &DomainId,
        after: Seq,
        max_bytes: usize,
    ) -> Result<Feed, StoreError> {
        let max_bytes = match self.flaw {
            Some(Flaw::FeedIgnoresItsBound) => usize::MAX,
            _ => max_bytes,
        };
        Ok(self.with(domain, |it| {
            if after < it.compacted && !self.is(Flaw::CompactedFeedHasAGap) {
                return Feed::Compacted(it.compacted);
            }
            let begins = |batch: &&FeedBatch| match self.flaw {
                Some(Flaw::FeedRepeats) => batch.last() >= after && after != Seq::START,
                Some(Flaw::FeedSkips) => batch.first > after && batch.first.number() != 11,
                Some(Flaw::ResumesInABatch) => batch.first > after,
                _ => batch.last() > after,
            };
            let rest: Vec<_> = it.batches.iter().filter(begins).cloned().collect();
            Feed::Batches(fitting(&rest, max_bytes, |it| it.batch.size()))
        }))
    }

    async fn find(&self, domain: &DomainId, ids: &[RecordId]) -> Result<Vec<Stored>, StoreError> {
        Ok(self.with(domain, |it| {
            let mut found = Vec::new();
            for id in ids {
                let first = it.first(id).filter(|_| self.is(Flaw::FindsSuperseded));
                found.extend(first.or_else(|| it.live.get(id).cloned()));
            }
            found
        }))
    }

    async fn snapshot(
        &self,
        domain: &DomainId,
        cursor: Option<&Cursor>,
        max_bytes: usize,
    ) -> Result<SnapshotPage, StoreError> {
        let end = self.with(domain, |it| it.seq).number();
        let (after, began_at) = cursor.map_or((0, end), read_cursor);
        Ok(self.with(domain, |it| {
            let mut rest: Vec<_> = it.live.values().cloned().collect();
            rest.retain(|it| it.seq.number() > after);
            if self.is(Flaw::SnapshotMissesMovedRecords) {
                rest.retain(|it| it.seq.number() <= began_at);
            }
            rest.sort_unstable_by_key(|it| it.seq);
            let records = fitting(&rest, max_bytes, |it| it.record.size());
            let last = records.last().filter(|_| records.len() < rest.len());
            SnapshotPage {
                next: last.map(|last| write_cursor(last.seq.number(), began_at)),
                records,
                since: it.seq,
            }
        }))
    }

    async fn bucket(
        &self,
        domain: &DomainId,
        bucket: u8,
        after: Option<&RecordId>,
        max_bytes: usize,
    ) -> Result<Vec<Stored>, StoreError> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        Ok(self.with(domain, |it| {
            let rest = it.live.range((start, Bound::Unbounded)).map(|(_, it)| it);
            let mut rest: Vec<_> = rest.cloned().collect();
            rest.retain(|it| it.record.id.as_bytes()[0] == bucket);
            if self.is(Flaw::BucketIsUnsorted) {
                rest.sort_unstable_by_key(|it| it.seq);
            }
            fitting(&rest, max_bytes, |it| it.record.size())
        }))
    }

    async fn compact(&self, domain: &DomainId, through: Seq) -> Result<(), StoreError> {
        self.change(domain, |it| {
            let last = it.batches.iter().map(FeedBatch::last);
            let through = match self.flaw {
                Some(Flaw::CompactionEndsInABatch) => through.min(it.seq),
                Some(Flaw::CompactionBeyondTheHead) => through,
                _ => last.filter(|it| *it <= through).max().unwrap_or_default(),
            };
            it.compacted = it.compacted.max(through);
            it.batches.retain(|it| it.last() > through);
            if self.is(Flaw::CompactionLosesLiveRecords) {
                it.live.retain(|_, it| it.seq > through);
            }
            Ok(())
        })
    }

    async fn erase(&self, domain: &DomainId) -> Result<(), StoreError> {
        let keeps = self.is(Flaw::EraseKeepsRecords);
        self.change(domain, |it| {
            let erased = std::mem::take(it);
            it.live = if keeps { erased.live } else { BTreeMap::new() };
            Ok(())
        })
    }

    fn caps(&self) -> DomainCaps {
        DomainCaps {
            max_statement: CAPS,
            max_batch: CAPS,
        }
    }

    async fn changed(&self, domain: &DomainId, seen: Mark, max_wait: Duration) {
        let mut written = self.shared.written.subscribe();
        let grown = async {
            while self.with(domain, Domain::mark) == seen || self.is(Flaw::NeverWakes) {
                written.changed().await.unwrap();
            }
        };
        if self.is(Flaw::WaitsForTheNextChange) {
            tokio::time::sleep(max_wait).await;
        }
        let _ = tokio::time::timeout(max_wait, grown).await;
    }

    async fn health(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

fn write_cursor(after: u64, began_at: u64) -> Cursor {
    Cursor::new(format!("{after} {began_at}"))
}

fn read_cursor(cursor: &Cursor) -> (u64, u64) {
    let text = std::str::from_utf8(cursor.as_bytes()).unwrap();
    let (after, began_at) = text.split_once(' ').unwrap();
    (after.parse().unwrap(), began_at.parse().unwrap())
}

const CAPS: usize = 128 * 1024;

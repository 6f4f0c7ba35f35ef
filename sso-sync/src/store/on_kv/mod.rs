//! Level 2 on any level 1.

mod cache;
mod chain;
mod clean;
mod compact;
mod feed;
mod format;
mod key;
mod known;
mod read;
mod room;
mod snapshot;
mod view;
mod whole;
mod write;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::domain::grown_beyond;
use super::{
    Batch, Cursor, DomainCaps, DomainId, DomainStore, Feed, FeedBatch, Head, KvStore, Mark,
    RecordId, Seq, SnapshotPage, StoreError, Stored,
};

use cache::Cache;
use format::{LARGEST, Part};
use known::Known;

/// Keeps domains in a [`KvStore`]: a [`DomainStore`] on nothing but compare-and-swap of single
/// keys.
///
/// Any number of handles, in any number of processes, may work on one store at once, and any of
/// them may end at any moment. How, and why that is right, says the chapter
/// [`on_kv`](crate::docs::on_kv).
///
/// ```
/// use sso_sync::store::{DomainId, DomainStore as _, MemoryStore, OnKv};
///
/// # async fn example() -> Result<(), sso_sync::store::StoreError> {
/// let store = OnKv::new(MemoryStore::new());
/// let domain = DomainId::new([7; 32]);
/// store.append(&domain, 0, "genesis".into()).await?;
/// assert!(store.head(&domain).await?.is_some());
/// # Ok(())
/// # }
/// ```
///
/// A handle remembers the ids and places of the records that were committed after the last
/// compaction, about 100 bytes for each, and up to 16 MiB of what it read last.
#[derive(Debug)]
pub struct OnKv<K> {
    kv: K,
    domains: Mutex<HashMap<DomainId, Arc<Known>>>,
    slots: Cache<FeedBatch>,
    parts: Cache<Part>,
}

impl<K: KvStore> OnKv<K> {
    /// A handle on what is in `kv`. It asks nothing yet.
    #[must_use]
    pub fn new(kv: K) -> Self {
        Self {
            kv,
            domains: Mutex::default(),
            slots: Cache::new(CACHE),
            parts: Cache::new(CACHE),
        }
    }

    /// Whether the domain has grown; waits for a hint before it says no. The hint is asked for
    /// first, so that it tells what happens after the look.
    async fn has_grown(&self, domain: &DomainId, seen: Mark, prefix: &str) -> bool {
        let mut hint = std::pin::pin!(self.kv.changed(prefix, LOOK));
        let mut look = std::pin::pin!(grown_beyond(self, domain, seen));
        let mut hinted = false;
        loop {
            tokio::select! {
                biased;
                () = &mut hint, if !hinted => hinted = true,
                grown = &mut look => {
                    if !grown && !hinted {
                        hint.await;
                    }
                    return grown;
                }
            }
        }
    }

    fn max_value(&self) -> usize {
        self.kv.caps().max_value.min(LARGEST)
    }

    /// How many bytes a part of a snapshot has at most, if it holds more than one record.
    fn part_limit(&self) -> usize {
        self.max_value().min(PART)
    }
}

#[async_trait]
impl<K: KvStore> DomainStore for OnKv<K> {
    async fn append(
        &self,
        domain: &DomainId,
        position: u64,
        statement: Bytes,
    ) -> Result<(), StoreError> {
        DomainCaps::check(statement.len(), self.caps().max_statement)?;
        self.append_to_chain(domain, position, &statement).await
    }

    async fn statements(
        &self,
        domain: &DomainId,
        from: u64,
        max_bytes: usize,
    ) -> Result<Vec<Bytes>, StoreError> {
        self.read_chain(domain, from, max_bytes).await
    }

    async fn head(&self, domain: &DomainId) -> Result<Option<Head>, StoreError> {
        self.read_head(domain).await
    }

    async fn commit(&self, domain: &DomainId, after: Seq, batch: Batch) -> Result<Seq, StoreError> {
        DomainCaps::check(batch.size(), self.caps().max_batch)?;
        self.commit_batch(domain, after, batch).await
    }

    async fn feed(
        &self,
        domain: &DomainId,
        after: Seq,
        max_bytes: usize,
    ) -> Result<Feed, StoreError> {
        self.read_feed(domain, after, max_bytes).await
    }

    async fn find(&self, domain: &DomainId, ids: &[RecordId]) -> Result<Vec<Stored>, StoreError> {
        self.find_records(domain, ids).await
    }

    async fn snapshot(
        &self,
        domain: &DomainId,
        cursor: Option<&Cursor>,
        max_bytes: usize,
    ) -> Result<SnapshotPage, StoreError> {
        self.read_whole(domain, cursor, max_bytes).await
    }

    async fn bucket(
        &self,
        domain: &DomainId,
        bucket: u8,
        after: Option<&RecordId>,
        max_bytes: usize,
    ) -> Result<Vec<Stored>, StoreError> {
        self.read_bucket(domain, bucket, after, max_bytes).await
    }

    async fn compact(&self, domain: &DomainId, through: Seq) -> Result<(), StoreError> {
        self.compact_domain(domain, through).await
    }

    async fn erase(&self, domain: &DomainId) -> Result<(), StoreError> {
        self.erase_domain(domain).await
    }

    /// Of a store that takes values of `max_value` bytes, a batch may have as many, and a
    /// statement one less. Beyond 1 GiB nothing is taken.
    fn caps(&self) -> DomainCaps {
        let max_value = self.max_value();
        DomainCaps {
            max_statement: max_value.saturating_sub(1),
            max_batch: max_value,
        }
    }

    /// Looks whenever the store below hints at a change, and every five seconds.
    async fn changed(&self, domain: &DomainId, seen: Mark, max_wait: Duration) {
        let prefix = key::domain(domain);
        let grown = async { while !self.has_grown(domain, seen, &prefix).await {} };
        let _ = tokio::time::timeout(max_wait, grown).await;
    }

    async fn health(&self) -> Result<(), StoreError> {
        self.kv.health().await
    }
}

/// How much of the batches, and of the parts of snapshots, is kept at hand, in bytes.
const CACHE: usize = 8 * 1024 * 1024;

/// How large parts of snapshots are, in bytes, where values may be that large.
const PART: usize = 512 * 1024;

/// How long a hint is waited for before looking again.
const LOOK: Duration = Duration::from_secs(5);

//! Answers that get lost on their way.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::store::{
    Batch, Caps, Cursor, DomainCaps, DomainId, DomainStore, Entry, Expect, Feed, Head, KvStore,
    Mark, Page, RecordId, Seq, SnapshotPage, StoreError, Stored, Version,
};

/// A store whose writes are sometimes answered with [`StoreError::Unknown`], as over a network.
/// Reads pass through.
pub struct LostReplies<S> {
    store: Arc<S>,
    plan: Mutex<Plan>,
}

/// What becomes of a write whose answer is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loss {
    /// It is made.
    Answer,
    /// It is made later: right before the next write.
    Late,
    /// It is never made.
    Request,
}

#[derive(Default)]
struct Plan {
    next: VecDeque<Loss>,
    every: Option<(u64, Loss)>,
    writes: u64,
    late: Vec<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl<S> LostReplies<S> {
    /// A store that loses nothing until it is told to.
    #[must_use]
    pub fn new(store: S) -> Self {
        Self {
            store: Arc::new(store),
            plan: Mutex::default(),
        }
    }

    /// Loses one write of `count`: the last, then the last of the next `count`, and so on. A count
    /// of 0 loses none.
    #[must_use]
    pub fn every(self, count: u64, loss: Loss) -> Self {
        self.plan().every = Some((count, loss));
        self
    }

    /// Loses the next write; called again, the one after it.
    pub fn lose(&self, loss: Loss) {
        self.plan().next.push_back(loss);
    }

    /// What the store is asked without detours.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
    }

    async fn write<T: Send + 'static>(
        &self,
        write: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let late = std::mem::take(&mut self.plan().late);
        for late in late {
            late.await;
        }
        let loss = self.plan().next_loss();
        match loss {
            None => return write.await,
            Some(Loss::Answer) => drop(write.await),
            Some(Loss::Late) => self.plan().late.push(Box::pin(async { drop(write.await) })),
            Some(Loss::Request) => {}
        }
        Err(StoreError::unknown("the answer was lost on purpose"))
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plan {
    fn next_loss(&mut self) -> Option<Loss> {
        self.writes += 1;
        let due = self
            .every
            .filter(|(count, _)| self.writes.checked_rem(*count) == Some(0));
        self.next.pop_front().or_else(|| due.map(|(_, loss)| loss))
    }
}

#[async_trait]
impl<S: KvStore> KvStore for LostReplies<S> {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        self.store.get(key).await
    }

    async fn put(&self, key: &str, value: Bytes, expect: Expect) -> Result<Version, StoreError> {
        let (store, key) = (Arc::clone(&self.store), key.to_owned());
        self.write(async move { store.put(&key, value, expect).await })
            .await
    }

    async fn delete(&self, key: &str, expect: Version) -> Result<(), StoreError> {
        let (store, key) = (Arc::clone(&self.store), key.to_owned());
        self.write(async move { store.delete(&key, expect).await })
            .await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        self.store.list(prefix, after, limit).await
    }

    fn caps(&self) -> Caps {
        self.store.caps()
    }

    async fn changed(&self, prefix: &str, max_wait: Duration) {
        self.store.changed(prefix, max_wait).await;
    }

    async fn health(&self) -> Result<(), StoreError> {
        self.store.health().await
    }
}

#[async_trait]
impl<S: DomainStore> DomainStore for LostReplies<S> {
    async fn append(
        &self,
        domain: &DomainId,
        position: u64,
        statement: Bytes,
    ) -> Result<(), StoreError> {
        let (store, domain) = (Arc::clone(&self.store), *domain);
        self.write(async move { store.append(&domain, position, statement).await })
            .await
    }

    async fn statements(
        &self,
        domain: &DomainId,
        from: u64,
        max_bytes: usize,
    ) -> Result<Vec<Bytes>, StoreError> {
        self.store.statements(domain, from, max_bytes).await
    }

    async fn head(&self, domain: &DomainId) -> Result<Option<Head>, StoreError> {
        self.store.head(domain).await
    }

    async fn commit(&self, domain: &DomainId, after: Seq, batch: Batch) -> Result<Seq, StoreError> {
        let (store, domain) = (Arc::clone(&self.store), *domain);
        self.write(async move { store.commit(&domain, after, batch).await })
            .await
    }

    async fn feed(
        &self,
        domain: &DomainId,
        after: Seq,
        max_bytes: usize,
    ) -> Result<Feed, StoreError> {
        self.store.feed(domain, after, max_bytes).await
    }

    async fn find(&self, domain: &DomainId, ids: &[RecordId]) -> Result<Vec<Stored>, StoreError> {
        self.store.find(domain, ids).await
    }

    async fn snapshot(
        &self,
        domain: &DomainId,
        cursor: Option<&Cursor>,
        max_bytes: usize,
    ) -> Result<SnapshotPage, StoreError> {
        self.store.snapshot(domain, cursor, max_bytes).await
    }

    async fn bucket(
        &self,
        domain: &DomainId,
        bucket: u8,
        after: Option<&RecordId>,
        max_bytes: usize,
    ) -> Result<Vec<Stored>, StoreError> {
        self.store.bucket(domain, bucket, after, max_bytes).await
    }

    async fn compact(&self, domain: &DomainId, through: Seq) -> Result<(), StoreError> {
        let (store, domain) = (Arc::clone(&self.store), *domain);
        self.write(async move { store.compact(&domain, through).await })
            .await
    }

    async fn erase(&self, domain: &DomainId) -> Result<(), StoreError> {
        let (store, domain) = (Arc::clone(&self.store), *domain);
        self.write(async move { store.erase(&domain).await }).await
    }

    fn caps(&self) -> DomainCaps {
        self.store.caps()
    }

    async fn changed(&self, domain: &DomainId, seen: Mark, max_wait: Duration) {
        self.store.changed(domain, seen, max_wait).await;
    }

    async fn health(&self) -> Result<(), StoreError> {
        self.store.health().await
    }
}

impl<S: fmt::Debug> fmt::Debug for LostReplies<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LostReplies")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

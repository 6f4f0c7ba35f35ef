//! Level 2: the chain and the feed of every domain, in tables of their own.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::PostgresStore;
use super::chain::MAX_STATEMENT;
use super::feed::MAX_BATCH;
use crate::store::{
    Batch, Cursor, DomainCaps, DomainId, DomainStore, Feed, Head, Mark, RecordId, Seq,
    SnapshotPage, StoreError, Stored,
};

#[async_trait]
impl DomainStore for PostgresStore {
    async fn append(
        &self,
        domain: &DomainId,
        position: u64,
        statement: Bytes,
    ) -> Result<(), StoreError> {
        self.append_statement(domain, position, &statement).await
    }

    async fn statements(
        &self,
        domain: &DomainId,
        from: u64,
        max_bytes: usize,
    ) -> Result<Vec<Bytes>, StoreError> {
        self.read_statements(domain, from, max_bytes).await
    }

    async fn head(&self, domain: &DomainId) -> Result<Option<Head>, StoreError> {
        self.read_head(domain).await
    }

    async fn commit(&self, domain: &DomainId, after: Seq, batch: Batch) -> Result<Seq, StoreError> {
        self.commit_batch(domain, after, &batch).await
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
        self.read_snapshot(domain, cursor, max_bytes).await
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
        self.compact_feed(domain, through).await
    }

    async fn erase(&self, domain: &DomainId) -> Result<(), StoreError> {
        self.erase_domain(domain).await
    }

    fn caps(&self) -> DomainCaps {
        DomainCaps {
            max_statement: MAX_STATEMENT,
            max_batch: MAX_BATCH,
        }
    }

    async fn changed(&self, domain: &DomainId, seen: Mark, max_wait: Duration) {
        let grown = self.grown_beyond(domain, seen);
        let _ = tokio::time::timeout(max_wait, grown).await;
    }

    async fn health(&self) -> Result<(), StoreError> {
        self.is_healthy().await
    }
}

impl PostgresStore {
    /// Waits before it looks, so that nothing that happens in between is missed.
    async fn grown_beyond(&self, domain: &DomainId, seen: Mark) {
        let mut growth = self.watch().domain(domain);
        match self.read_head(domain).await {
            Ok(Some(head)) if head.mark() != seen => {}
            Ok(_) | Err(_) => growth.beyond(seen).await,
        }
    }
}

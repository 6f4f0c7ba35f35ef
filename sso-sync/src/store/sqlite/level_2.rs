//! Level 2: SSO domains.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::budget::Budget;
use super::compact::Step;
use super::{SqliteStore, chain, compact, feed, live};
use crate::store::{
    Batch, Cursor, DomainCaps, DomainId, DomainStore, Feed, Head, Mark, RecordId, Seq,
    SnapshotPage, StoreError, Stored,
};

#[async_trait]
impl DomainStore for SqliteStore {
    async fn append(
        &self,
        domain: &DomainId,
        position: u64,
        statement: Bytes,
    ) -> Result<(), StoreError> {
        DomainCaps::check(statement.len(), CAPS.max_statement)?;
        let (domain, watch) = (*domain, self.watch());
        let job = move |connection: &_| chain::append(connection, &domain, position, &statement);
        let tell = move |mark: &Mark| watch.grown(&domain, *mark);
        self.shared
            .writer
            .change_and_tell(job, tell)
            .await
            .map(drop)
    }

    async fn statements(
        &self,
        domain: &DomainId,
        from: u64,
        max_bytes: usize,
    ) -> Result<Vec<Bytes>, StoreError> {
        let (domain, budget) = (*domain, Budget::new(max_bytes));
        self.read(move |connection| chain::statements(connection, &domain, from, budget))
            .await
    }

    async fn head(&self, domain: &DomainId) -> Result<Option<Head>, StoreError> {
        let domain = *domain;
        self.read(move |connection| chain::head(connection, &domain))
            .await
    }

    async fn commit(&self, domain: &DomainId, after: Seq, batch: Batch) -> Result<Seq, StoreError> {
        DomainCaps::check(batch.size(), CAPS.max_batch)?;
        let (domain, watch) = (*domain, self.watch());
        let job = move |connection: &_| feed::commit(connection, &domain, after, &batch);
        let tell = move |mark: &Mark| watch.grown(&domain, *mark);
        let mark = self.shared.writer.change_and_tell(job, tell).await?;
        Ok(mark.seq)
    }

    async fn feed(
        &self,
        domain: &DomainId,
        after: Seq,
        max_bytes: usize,
    ) -> Result<Feed, StoreError> {
        let (domain, budget) = (*domain, Budget::new(max_bytes));
        self.read(move |connection| feed::feed(connection, &domain, after, budget))
            .await
    }

    async fn find(&self, domain: &DomainId, ids: &[RecordId]) -> Result<Vec<Stored>, StoreError> {
        let (domain, ids) = (*domain, ids.to_vec());
        self.read(move |connection| live::find(connection, &domain, &ids))
            .await
    }

    async fn snapshot(
        &self,
        domain: &DomainId,
        cursor: Option<&Cursor>,
        max_bytes: usize,
    ) -> Result<SnapshotPage, StoreError> {
        let (domain, budget) = (*domain, Budget::new(max_bytes));
        let cursor = cursor.cloned();
        self.read(move |connection| live::snapshot(connection, &domain, cursor.as_ref(), budget))
            .await
    }

    async fn bucket(
        &self,
        domain: &DomainId,
        bucket: u8,
        after: Option<&RecordId>,
        max_bytes: usize,
    ) -> Result<Vec<Stored>, StoreError> {
        let (domain, budget) = (*domain, Budget::new(max_bytes));
        let after = after.copied();
        self.read(move |connection| {
            live::bucket(connection, &domain, bucket, after.as_ref(), budget)
        })
        .await
    }

    async fn compact(&self, domain: &DomainId, through: Seq) -> Result<(), StoreError> {
        let domain = *domain;
        self.change(move |connection| compact::end_feed(connection, &domain, through))
            .await?;
        let step = move |connection: &_| compact::compact(connection, &domain);
        while self.change(step).await? == Step::More {}
        Ok(())
    }

    async fn erase(&self, domain: &DomainId) -> Result<(), StoreError> {
        let domain = *domain;
        self.change(move |connection| compact::hide(connection, &domain))
            .await?;
        while self.change(compact::erase).await? == Step::More {}
        Ok(())
    }

    fn caps(&self) -> DomainCaps {
        CAPS
    }

    async fn changed(&self, domain: &DomainId, seen: Mark, max_wait: Duration) {
        let _ = tokio::time::timeout(max_wait, self.growth(domain, seen)).await;
    }

    async fn health(&self) -> Result<(), StoreError> {
        self.is_healthy().await
    }
}

const CAPS: DomainCaps = DomainCaps {
    max_statement: 16 * 1024 * 1024,
    max_batch: 16 * 1024 * 1024,
};

//! Reading single records, and all records of a bucket.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::pin::Pin;
use std::sync::Arc;

use crate::store::{Batch, DomainId, KvStore, RecordId, Seq, StoreError, Stored};

use super::OnKv;
use super::known::{Gaps, Known};
use super::room::Filling;
use super::snapshot::Walker;

/// Why reading what a view says has failed.
#[derive(Debug)]
pub(super) enum Miss {
    /// This key is gone: the domain was compacted or erased meanwhile, or the key is lost.
    Gone(String),
    /// The backend says no.
    Store(StoreError),
}

impl From<StoreError> for Miss {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// An attempt to read what a view says.
pub(super) type Attempt<'a, T> = Pin<Box<dyn Future<Output = Result<T, Miss>> + Send + 'a>>;

impl<K: KvStore> OnKv<K> {
    /// Reads from an up-to-date view, and once more if what it names has gone meanwhile. `None` if
    /// there is no such domain.
    pub(super) async fn read<'a, T>(
        &'a self,
        domain: &'a DomainId,
        attempt: impl Fn(Arc<Known>) -> Attempt<'a, T> + Send,
    ) -> Result<Option<T>, StoreError> {
        let mut gaps = Gaps::default();
        while let Some(known) = self.refresh(domain).await? {
            match attempt(Arc::clone(&known)).await {
                Ok(read) => return Ok(Some(read)),
                Err(Miss::Gone(key)) => gaps.check(&known, key)?,
                Err(Miss::Store(error)) => return Err(error),
            }
        }
        Ok(None)
    }

    pub(super) async fn find_records(
        &self,
        domain: &DomainId,
        ids: &[RecordId],
    ) -> Result<Vec<Stored>, StoreError> {
        let ids: BTreeSet<_> = ids.iter().copied().collect();
        let found = self.read(domain, |known| Box::pin(self.find_in(known, ids.clone())));
        Ok(found.await?.unwrap_or_default())
    }

    /// The ids ascend, so each part of the snapshot is opened once.
    async fn find_in(
        &self,
        known: Arc<Known>,
        ids: BTreeSet<RecordId>,
    ) -> Result<Vec<Stored>, Miss> {
        let (base, places) = {
            let view = known.view();
            let places: Vec<_> = ids.iter().map(|id| view.find(id)).collect();
            (view.base, places)
        };
        let snapshot = self.snapshot(&known, base).await?;
        let mut found = Vec::new();
        for (id, place) in ids.iter().zip(places) {
            found.extend(match place {
                Some(seq) => Some(self.record_at(&known, seq).await?),
                None => match &snapshot {
                    Some(snapshot) => self.record_in(&known, snapshot, id).await?,
                    None => None,
                },
            });
        }
        Ok(found)
    }

    /// The record with this place, which is in a batch after the base.
    pub(super) async fn record_at(&self, known: &Known, seq: Seq) -> Result<Stored, Miss> {
        let first = known.view().first_of(seq);
        let first = first.ok_or_else(|| Miss::Gone(known.life.slot(seq)))?;
        let slot = self.slot(known, first).await?;
        let place = usize::try_from(seq.number() - first.number()).unwrap_or(usize::MAX);
        let record = slot.batch.records().get(place);
        let record = record.ok_or_else(|| Miss::Gone(known.life.slot(first)))?;
        Ok(Stored {
            seq,
            record: record.clone(),
        })
    }

    pub(super) async fn read_bucket(
        &self,
        domain: &DomainId,
        bucket: u8,
        after: Option<&RecordId>,
        max_bytes: usize,
    ) -> Result<Vec<Stored>, StoreError> {
        let first = first_of(bucket);
        let after = match after {
            Some(after) if *after >= first => Bound::Excluded(*after),
            _ => Bound::Included(first),
        };
        let read = self.read(domain, |known| {
            Box::pin(self.bucket_in(known, bucket, after, max_bytes))
        });
        Ok(read.await?.unwrap_or_default())
    }

    /// Merges the records after the base with those of the snapshot.
    async fn bucket_in(
        &self,
        known: Arc<Known>,
        bucket: u8,
        after: Bound<RecordId>,
        max_bytes: usize,
    ) -> Result<Vec<Stored>, Miss> {
        let (base, recent) = {
            let view = known.view();
            let most = 1 + max_bytes / Batch::OVERHEAD;
            (view.base, view.live_in(bucket, after, most))
        };
        let snapshot = self.snapshot(&known, base).await?;
        let mut old = Walker::new(self, &known, snapshot, after);
        let mut records = Filling::new(max_bytes);
        for (id, seq) in recent {
            while let Some(stored) = old.before(Some(id)).await? {
                if !records.add(stored) {
                    return Ok(records.into_inner());
                }
            }
            if !records.add(self.record_at(&known, seq).await?) {
                return Ok(records.into_inner());
            }
        }
        while let Some(stored) = old.before(None).await? {
            if bucket_of(&stored.record.id) != bucket || !records.add(stored) {
                break;
            }
        }
        Ok(records.into_inner())
    }
}

/// The bucket that a record belongs to.
pub(super) fn bucket_of(id: &RecordId) -> u8 {
    let [bucket, ..] = id.as_bytes();
    *bucket
}

/// The first id that may be in a bucket.
fn first_of(bucket: u8) -> RecordId {
    let mut id = [0; 32];
    let [first, ..] = &mut id;
    *first = bucket;
    RecordId::new(id)
}

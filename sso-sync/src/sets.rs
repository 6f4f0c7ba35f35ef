//! The set hash of what a store holds.

use std::collections::BTreeSet;

use crate::feed::{SetHash, bucket_of, record_digest};
use crate::store::{DomainId, DomainStore, Feed, Seq, StoreError};
use crate::wire::PAGE_BYTES;

/// The buckets in which something was committed after a place; `None` if that is forgotten.
pub(crate) async fn touched(
    store: &dyn DomainStore,
    domain: &DomainId,
    mut after: Seq,
) -> Result<Option<BTreeSet<u8>>, StoreError> {
    let mut touched = BTreeSet::new();
    loop {
        let Feed::Batches(batches) = store.feed(domain, after, PAGE_BYTES).await? else {
            return Ok(None);
        };
        let Some(last) = batches.last() else {
            return Ok(Some(touched));
        };
        after = last.last();
        let records = batches.iter().flat_map(|it| it.batch.records());
        touched.extend(records.map(|record| bucket_of(&record.id)));
        if touched.len() > usize::from(u8::MAX) {
            return Ok(Some(touched));
        }
    }
}

/// The set with these buckets read from the store; the others are as in `known`, if it is given.
pub(crate) async fn read(
    store: &dyn DomainStore,
    domain: &DomainId,
    known: Option<&SetHash>,
    buckets: &BTreeSet<u8>,
) -> Result<SetHash, StoreError> {
    let mut fresh = SetHash::empty();
    for bucket in buckets {
        read_bucket(store, domain, *bucket, &mut fresh).await?;
    }
    let states = (0..=u8::MAX).map(|bucket| {
        let known = known.filter(|_| !buckets.contains(&bucket));
        known.unwrap_or(&fresh).kept(bucket)
    });
    let states = states.collect::<Option<Vec<_>>>();
    let states = states.ok_or_else(|| StoreError::unavailable("a bucket is not known"))?;
    let set = SetHash::from_kept(states.iter().map(Vec::as_slice));
    set.ok_or_else(|| StoreError::corrupt("the state of a bucket makes no sense"))
}

/// Every bucket.
pub(crate) fn all() -> BTreeSet<u8> {
    (0..=u8::MAX).collect()
}

async fn read_bucket(
    store: &dyn DomainStore,
    domain: &DomainId,
    bucket: u8,
    set: &mut SetHash,
) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = store.bucket(domain, bucket, after.as_ref(), PAGE_BYTES);
        let page = page.await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some(last.record.id);
        for stored in &page {
            let digest = record_digest(&stored.record.body);
            set.insert(&stored.record.id, &digest);
        }
    }
}

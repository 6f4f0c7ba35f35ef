//! The set hash of what a store holds.

use std::collections::{BTreeMap, BTreeSet};

use crate::feed::{SetHash, bucket_of, record_digest};
use crate::store::{DomainId, DomainStore, Feed, Record, Seq, StoreError, Stored};
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

/// How large each bucket is.
pub(crate) type Sizes = BTreeMap<u8, Size>;

/// How much is in a bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    /// Bytes of its records.
    pub(crate) bytes: u64,
    /// How many of its records are signposts.
    pub(crate) signposts: u64,
}

impl Size {
    fn add(&mut self, record: &Record) {
        self.bytes += record.body.len() as u64;
        self.signposts += u64::from(record.id.is_signpost());
    }
}

/// The set with these buckets read from the store, and their sizes; the others are as in `known`,
/// if it is given.
pub(crate) async fn read(
    store: &dyn DomainStore,
    domain: &DomainId,
    known: Option<&SetHash>,
    buckets: &BTreeSet<u8>,
) -> Result<(SetHash, Sizes), StoreError> {
    let mut fresh = SetHash::empty();
    let mut sizes = Sizes::new();
    for bucket in buckets {
        let size = read_bucket(store, domain, *bucket, &mut fresh).await?;
        sizes.insert(*bucket, size);
    }
    let states = (0..=u8::MAX).map(|bucket| {
        let known = known.filter(|_| !buckets.contains(&bucket));
        known.unwrap_or(&fresh).kept(bucket)
    });
    let states = states.collect::<Option<Vec<_>>>();
    let states = states.ok_or_else(|| StoreError::unavailable("a bucket is not known"))?;
    let set = SetHash::from_kept(states.iter().map(Vec::as_slice));
    let set = set.ok_or_else(|| StoreError::corrupt("the state of a bucket makes no sense"))?;
    Ok((set, sizes))
}

/// The whole set, read in whatever order is fastest. If something is committed meanwhile, it is none
/// that ever was: compare it.
pub(crate) async fn read_all(
    store: &dyn DomainStore,
    domain: &DomainId,
) -> Result<(SetHash, Sizes), StoreError> {
    let (mut set, mut sizes, mut cursor) = (SetHash::empty(), Sizes::new(), None);
    loop {
        let page = store.snapshot(domain, cursor.as_ref(), PAGE_BYTES).await?;
        for stored in &page.records {
            take(stored, &mut set);
            let size = sizes.entry(bucket_of(&stored.record.id)).or_default();
            size.add(&stored.record);
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok((set, sizes));
        }
    }
}

/// Every bucket.
pub(crate) fn all() -> BTreeSet<u8> {
    (0..=u8::MAX).collect()
}

/// Takes a bucket into the set; answers its size.
async fn read_bucket(
    store: &dyn DomainStore,
    domain: &DomainId,
    bucket: u8,
    set: &mut SetHash,
) -> Result<Size, StoreError> {
    let (mut after, mut size) = (None, Size::default());
    loop {
        let page = store.bucket(domain, bucket, after.as_ref(), PAGE_BYTES);
        let page = page.await?;
        let Some(last) = page.last() else {
            return Ok(size);
        };
        after = Some(last.record.id);
        for stored in &page {
            take(stored, set);
            size.add(&stored.record);
        }
    }
}

fn take(stored: &Stored, set: &mut SetHash) {
    let digest = record_digest(&stored.record.body);
    set.insert(&stored.record.id, &digest);
}

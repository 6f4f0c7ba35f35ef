//! What the tests put into a domain, and how they read all of it.

use std::collections::BTreeMap;

use bytes::Bytes;
use sso_sync::store::{
    Batch, DomainId, DomainStore, Feed, FeedBatch, Record, RecordId, Seq, Stored,
};

pub(crate) const DOMAIN: DomainId = DomainId::new([7; 32]);

/// The record of user number `user`, with what says in which batch it was written.
pub(crate) fn record(user: u8, body: &str) -> Record {
    let mut id = [0; 32];
    id[0] = user % 4;
    id[31] = user;
    Record {
        id: RecordId::new(id),
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

/// A batch that is named, with these users.
pub(crate) fn batch(name: &str, users: &[u8]) -> Batch {
    let records = users.iter().map(|user| record(*user, name)).collect();
    Batch::new(Bytes::copy_from_slice(name.as_bytes()), records).unwrap()
}

/// The feed after `after`, page by page of at most `max_bytes`.
pub(crate) async fn feed(
    store: &impl DomainStore,
    mut after: Seq,
    max_bytes: usize,
) -> Result<Vec<FeedBatch>, Seq> {
    let mut batches: Vec<FeedBatch> = Vec::new();
    loop {
        match store.feed(&DOMAIN, after, max_bytes).await.unwrap() {
            Feed::Compacted(seq) => return Err(seq),
            Feed::Batches(page) if page.is_empty() => return Ok(batches),
            Feed::Batches(page) => batches.extend(page),
        }
        after = batches.last().unwrap().last();
    }
}

/// A whole snapshot in pages of at most `max_bytes`, and where the feed goes on.
pub(crate) async fn snapshot(store: &impl DomainStore, max_bytes: usize) -> (Vec<Stored>, Seq) {
    let mut records = Vec::new();
    let mut cursor = None;
    loop {
        let page = store.snapshot(&DOMAIN, cursor.as_ref(), max_bytes);
        let page = page.await.unwrap();
        records.extend(page.records);
        cursor = page.next;
        if cursor.is_none() {
            return (records, page.since);
        }
    }
}

/// The live set as a snapshot and the feed after it tell.
pub(crate) async fn live(store: &impl DomainStore) -> BTreeMap<RecordId, Stored> {
    loop {
        let (records, since) = snapshot(store, 200).await;
        let Ok(batches) = feed(store, since, 200).await else {
            continue;
        };
        let mut live = BTreeMap::new();
        for stored in records {
            newest(&mut live, stored);
        }
        for batch in batches {
            for (place, record) in batch.batch.records().iter().enumerate() {
                let seq = batch.first.plus(place);
                let record = record.clone();
                newest(&mut live, Stored { seq, record });
            }
        }
        return live;
    }
}

/// Records by their ids, each of which must be there once.
pub(crate) fn by_id(records: Vec<Stored>) -> BTreeMap<RecordId, Stored> {
    let count = records.len();
    let by_id: BTreeMap<_, _> = records.into_iter().map(|it| (it.record.id, it)).collect();
    assert_eq!(by_id.len(), count);
    by_id
}

fn newest(live: &mut BTreeMap<RecordId, Stored>, stored: Stored) {
    let there = live
        .entry(stored.record.id)
        .or_insert_with(|| stored.clone());
    if there.seq < stored.seq {
        *there = stored;
    }
}

/// The live set as the buckets tell.
pub(crate) async fn buckets(
    store: &impl DomainStore,
    max_bytes: usize,
) -> BTreeMap<RecordId, Stored> {
    let mut live = BTreeMap::new();
    for bucket in 0..=3 {
        let mut after = None;
        loop {
            let page = store.bucket(&DOMAIN, bucket, after.as_ref(), max_bytes);
            let page = page.await.unwrap();
            assert!(page.is_sorted_by(|one, next| one.record.id < next.record.id));
            after = page.last().map(|stored| stored.record.id);
            if after.is_none() {
                break;
            }
            live.extend(page.into_iter().map(|it| (it.record.id, it)));
        }
    }
    live
}

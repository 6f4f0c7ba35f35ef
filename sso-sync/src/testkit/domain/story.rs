//! A domain whose batches follow from their numbers, so that what is there can be checked as a
//! whole.

use std::collections::BTreeMap;

use super::{DOMAIN, PAGE, batch, commit, head, id, record, whole_feed};
use crate::store::{
    Batch, DomainId, DomainStore, Feed, FeedBatch, RecordId, Seq, SnapshotPage, StoreError, Stored,
};
use crate::testkit::ANSWERS;
use crate::testkit::seed::noise;

/// The live records by their ids.
pub(super) type Live = BTreeMap<RecordId, Stored>;

/// Commits the batches with these numbers, which must be the next.
pub(super) async fn tell(store: &dyn DomainStore, numbers: std::ops::Range<u64>) {
    for number in numbers {
        commit(store, &DOMAIN, end(number), told(number)).await;
    }
}

/// The batch with this number: one to four records, of which most supersede others.
pub(super) fn told(number: u64) -> Batch {
    let records = (0..records_of(number)).map(|index| {
        let which = (number * 11 + index * 17) % IDS;
        let length = (number * 131 + index * 17) % 400;
        let body = noise(number * 10 + index, length as usize);
        record(bucket_of(which), which, body)
    });
    batch(format!("envelope {number}"), records.collect())
}

/// The place of the last record of the first `count` batches.
pub(super) const fn end(count: u64) -> Seq {
    let rest = match count % 4 {
        0 => 0,
        1 => 1,
        2 => 3,
        _ => 6,
    };
    Seq::new(count / 4 * 10 + rest)
}

/// How many batches end at `seq`; `None` if it is in the middle of one.
pub(super) const fn count_at(seq: Seq) -> Option<u64> {
    let rest = match seq.number() % 10 {
        0 => 0,
        1 => 1,
        3 => 2,
        6 => 3,
        _ => return None,
    };
    Some(seq.number() / 10 * 4 + rest)
}

/// What lives after the first `count` batches.
pub(super) fn live(count: u64) -> Live {
    let mut live = Live::new();
    for number in 0..count {
        absorb(&mut live, &fed(number));
    }
    live
}

/// The batch with this number, as the feed tells it.
pub(super) fn fed(number: u64) -> FeedBatch {
    FeedBatch {
        first: end(number).plus(1),
        batch: told(number),
    }
}

/// Puts the records of a batch in the places of those that they supersede.
pub(super) fn absorb(live: &mut Live, batch: &FeedBatch) {
    for (index, record) in batch.batch.records().iter().enumerate() {
        let (seq, record) = (batch.first.plus(index), record.clone());
        absorb_one(live, Stored { seq, record });
    }
}

/// Of two records of one id the one with the higher place counts.
pub(super) fn absorb_one(live: &mut Live, stored: Stored) {
    let there = live.get(&stored.record.id);
    if there.is_none_or(|there| there.seq < stored.seq) {
        live.insert(stored.record.id, stored);
    }
}

/// The first `count` batches are there and nothing else is, whichever way one asks.
pub(super) async fn holds(store: &dyn DomainStore, count: u64) {
    let head = head(store, &DOMAIN).await;
    assert_eq!(head.seq, end(count), "the place of the head");
    let newest = count.checked_sub(1).map(|number| told(number).into_parts());
    let (envelope, _) = newest.unwrap_or_default();
    assert_eq!(head.envelope, envelope, "the envelope of the newest batch");

    let compacted = count_at(head.compacted).expect("compaction ends with a batch");
    let feed = whole_feed(store, &DOMAIN, head.compacted, PAGE).await;
    let expected: Vec<_> = (compacted..count).map(fed).collect();
    assert!(feed == expected, "the feed after {compacted} of {count}");
    holds_live(store, &live(count)).await;
}

/// These are the live records.
pub(super) async fn holds_live(store: &dyn DomainStore, expected: &Live) {
    let ids: Vec<_> = (0..IDS).map(|which| id(bucket_of(which), which)).collect();
    let found = store.find(&DOMAIN, &ids).await.expect(ANSWERS);
    assert_same(&by_id(found), expected, "found");

    let gathered = everything(store, &DOMAIN, PAGE).await;
    assert_same(&gathered, expected, "in a snapshot and the feed");

    let mut bucketed = Vec::new();
    for bucket in BUCKETS {
        bucketed.extend(whole_bucket(store, &DOMAIN, bucket, PAGE).await);
    }
    assert_same(&by_id(bucketed), expected, "in the buckets");
}

/// A snapshot that nobody disturbs and the feed after it, put together.
pub(super) async fn everything(
    store: &dyn DomainStore,
    domain: &DomainId,
    max_bytes: usize,
) -> Live {
    let gathered = gather(store, domain, max_bytes, async |_| {}).await;
    gathered.expect("what nobody disturbs does not start anew")
}

/// A snapshot and the feed after it, put together; `None` if it has to start anew. Shows each part
/// to `disturb`.
pub(super) async fn gather(
    store: &dyn DomainStore,
    domain: &DomainId,
    max_bytes: usize,
    mut disturb: impl AsyncFnMut(&SnapshotPage),
) -> Option<Live> {
    let (mut live, mut cursor) = (Live::new(), None);
    loop {
        let page = store.snapshot(domain, cursor.as_ref(), max_bytes).await;
        let page = match page {
            Ok(page) => page,
            Err(StoreError::Conflict) if cursor.is_some() => return None,
            Err(error) => panic!("{ANSWERS}: {error:?}"),
        };
        disturb(&page).await;
        for stored in page.records {
            absorb_one(&mut live, stored);
        }
        cursor = page.next;
        if cursor.is_none() {
            return follow(store, domain, page.since, live).await;
        }
    }
}

/// Takes in what the feed tells after a place; `None` if it was compacted since.
async fn follow(
    store: &dyn DomainStore,
    domain: &DomainId,
    since: Seq,
    mut live: Live,
) -> Option<Live> {
    let mut reached = since;
    loop {
        match store.feed(domain, reached, PAGE).await.expect(ANSWERS) {
            Feed::Compacted(_) => return None,
            Feed::Batches(batches) => {
                for batch in &batches {
                    absorb(&mut live, batch);
                }
                match batches.last() {
                    Some(last) => reached = last.last(),
                    None => return Some(live),
                }
            }
        }
    }
}

/// All parts of a bucket.
pub(super) async fn whole_bucket(
    store: &dyn DomainStore,
    domain: &DomainId,
    bucket: u8,
    max_bytes: usize,
) -> Vec<Stored> {
    let mut all: Vec<Stored> = Vec::new();
    loop {
        let after = all.last().map(|stored| stored.record.id);
        let page = store
            .bucket(domain, bucket, after.as_ref(), max_bytes)
            .await
            .expect(ANSWERS);
        if page.is_empty() {
            return all;
        }
        all.extend(page);
        let sorted = all.is_sorted_by(|a, b| a.record.id < b.record.id);
        assert!(sorted, "in the order of the ids, each once");
    }
}

pub(super) fn by_id(records: Vec<Stored>) -> Live {
    let count = records.len();
    let mut live = Live::new();
    for stored in records {
        absorb_one(&mut live, stored);
    }
    assert_eq!(live.len(), count, "each id once");
    live
}

/// Says which records differ, not all of them.
pub(super) fn assert_same(there: &Live, expected: &Live, how: &str) {
    let places = |live: &Live| live.values().map(|it| it.seq).collect::<Vec<_>>();
    assert_eq!(places(there), places(expected), "places of records {how}");
    assert!(there == expected, "records {how} are as committed");
}

const fn records_of(number: u64) -> u64 {
    1 + number % 4
}

fn bucket_of(which: u64) -> u8 {
    let [first, second, third, fourth] = BUCKETS;
    match which % 4 {
        0 => first,
        1 => second,
        2 => third,
        _ => fourth,
    }
}

pub(super) const BUCKETS: [u8; 4] = [0, 7, 128, 255];

/// How many ids there are.
const IDS: u64 = 40;

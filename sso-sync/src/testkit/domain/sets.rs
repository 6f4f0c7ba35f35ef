//! All live records, and those of a bucket.

use super::story::{BUCKETS, Live, assert_same, end, everything, gather, live, tell, whole_bucket};
use super::{DOMAIN, DomainPlace, batch, commit, found, id};
use crate::store::{DomainStore, Record, RecordId, Seq, SnapshotPage, Stored};
use crate::testkit::ANSWERS;

/// However much is committed or compacted between its pages. A record may come twice, and then
/// the higher [`Seq`] counts.
///
/// Commits do not disturb a snapshot. Compaction may: then it starts anew.
pub async fn a_snapshot_and_the_feed_after_it_are_everything<P: DomainPlace>(place: P) {
    let store = place.open().await;
    found(&store, &DOMAIN).await;
    let mut told = 40;
    tell(&store, 0..told).await;
    for max_bytes in [1, 700, 5000] {
        are_all(&everything(&store, &DOMAIN, max_bytes).await, told);

        let last = told + DISTURBANCES;
        let gathered = gather(&store, &DOMAIN, max_bytes, async |_| {
            if told < last {
                tell_one(&store, &mut told).await;
            }
        });
        let gathered = gathered.await;
        are_all(&gathered.expect("commits do not disturb it"), told);

        let gathered = gather_while_it_is_compacted(&store, max_bytes, &mut told).await;
        are_all(&gathered, told);
    }
}

/// Starts anew as often as it has to, until nobody disturbs it any more.
async fn gather_while_it_is_compacted(
    store: &dyn DomainStore,
    max_bytes: usize,
    told: &mut u64,
) -> Live {
    let last = *told + DISTURBANCES;
    for _ in 0..=DISTURBANCES {
        let gathered = gather(store, &DOMAIN, max_bytes, async |_| {
            if *told < last {
                tell_one(store, told).await;
                compact(store, end(*told - *told % 3)).await;
            }
        });
        if let Some(gathered) = gathered.await {
            return gathered;
        }
    }
    panic!("what nobody disturbs does not start anew");
}

/// As the feed is: what fits into the size that was asked for, but at least one record if there
/// is one.
pub async fn a_snapshot_is_bounded<P: DomainPlace>(place: P) {
    let store = place.open().await;
    found(&store, &DOMAIN).await;
    tell(&store, 0..30).await;
    for compacted in [0, 20, 30] {
        compact(&store, end(compacted)).await;
        for max_bytes in [0, 1, 500, 2000, 100_000] {
            let bounded = async |page: &SnapshotPage| {
                is_bounded(&page.records, max_bytes);
                let last = page.next.is_none();
                assert!(last || !page.records.is_empty(), "a part has something");
            };
            let gathered = gather(&store, &DOMAIN, max_bytes, bounded).await;
            are_all(&gathered.expect("nothing disturbs it"), 30);
        }
    }
}

/// In the order of their ids, after any id, bounded as the feed is.
pub async fn a_bucket_lists_the_live_records_of_a_first_byte<P: DomainPlace>(place: P) {
    let store = place.open().await;
    found(&store, &DOMAIN).await;
    tell(&store, 0..30).await;
    for bucket in BUCKETS {
        let mut expected: Vec<_> = live(30).into_values().collect();
        expected.retain(|stored| stored.record.id.as_bytes().first() == Some(&bucket));
        assert!(expected.len() > 2, "there is something to list");
        for max_bytes in [1, 500, 100_000] {
            let listed = whole_bucket(&store, &DOMAIN, bucket, max_bytes).await;
            assert!(listed == expected, "bucket {bucket}, {max_bytes} bytes");
        }
        starts_after_any_id(&store, bucket, &expected).await;
        is_filled(&store, bucket, &expected).await;
    }
    for bucket in [1, 6, 8, 127, 129, 254] {
        assert!(list(&store, bucket, None).await.is_empty(), "{bucket}");
    }
    ids_that_are_alike_are_told_apart(&store).await;
}

async fn starts_after_any_id(store: &dyn DomainStore, bucket: u8, expected: &[Stored]) {
    for (index, stored) in expected.iter().enumerate() {
        let listed = list(store, bucket, Some(&stored.record.id)).await;
        assert_eq!(
            Some(&*listed),
            expected.get(index + 1..),
            "after one of them"
        );
        let listed = list(store, bucket, Some(&next_to(&stored.record.id))).await;
        assert_eq!(Some(&*listed), expected.get(index + 1..), "after no record");
    }
    let before = bucket.checked_sub(1).map(|before| id(before, u64::MAX));
    for before in before.iter().chain([&RecordId::new([0; 32])]) {
        let listed = list(store, bucket, Some(before)).await;
        let first_left_out = expected.first().filter(|it| it.record.id == *before);
        let all = expected.len() - usize::from(first_left_out.is_some());
        assert_eq!(listed.len(), all, "after a bucket before");
    }
    let behind = RecordId::new([255; 32]);
    assert!(list(store, bucket, Some(&behind)).await.is_empty());
}

/// As many as fit.
async fn is_filled(store: &dyn DomainStore, bucket: u8, expected: &[Stored]) {
    let mut sum = 0;
    for (count, stored) in (1..).zip(expected) {
        sum += stored.record.size();
        for (max_bytes, fit) in [(sum, count), (sum - 1, (count - 1).max(1))] {
            let listed = store.bucket(&DOMAIN, bucket, None, max_bytes).await;
            let listed = listed.expect(ANSWERS);
            assert_eq!(Some(&*listed), expected.get(..fit), "{max_bytes} bytes");
        }
    }
}

async fn ids_that_are_alike_are_told_apart(store: &dyn DomainStore) {
    let alike = [[33; 32], last_is(33, 0), last_is(33, 34), last_is(33, 255)];
    let records = alike.map(|bytes| Record {
        id: RecordId::new(bytes),
        body: bytes.to_vec().into(),
    });
    commit(store, &DOMAIN, end(30), batch("alike", records.to_vec())).await;
    let listed = list(store, 33, None).await;
    let [same, lowest, higher, highest] = records;
    let listed: Vec<_> = listed.into_iter().map(|it| it.record).collect();
    assert_eq!(listed, [lowest, same, higher, highest]);
}

async fn tell_one(store: &dyn DomainStore, told: &mut u64) {
    tell(store, *told..*told + 1).await;
    *told += 1;
}

fn are_all(gathered: &Live, told: u64) {
    assert_same(gathered, &live(told), "that were gathered");
}

async fn compact(store: &dyn DomainStore, through: Seq) {
    store.compact(&DOMAIN, through).await.expect(ANSWERS);
}

async fn list(store: &dyn DomainStore, bucket: u8, after: Option<&RecordId>) -> Vec<Stored> {
    let listed = store.bucket(&DOMAIN, bucket, after, 1_000_000).await;
    listed.expect(ANSWERS)
}

fn is_bounded(records: &[Stored], max_bytes: usize) {
    let size = records.iter().map(|it| it.record.size()).sum::<usize>();
    let few = records.len() <= 1;
    assert!(few || size <= max_bytes, "{size} bytes of {max_bytes}");
}

/// An id that no record has, right after this one.
fn next_to(id: &RecordId) -> RecordId {
    let mut bytes = *id.as_bytes();
    if let Some(last) = bytes.last_mut() {
        *last = last.wrapping_add(1);
    }
    RecordId::new(bytes)
}

fn last_is(all: u8, last: u8) -> [u8; 32] {
    let mut bytes = [all; 32];
    if let Some(it) = bytes.last_mut() {
        *it = last;
    }
    bytes
}

/// How often a snapshot is disturbed.
const DISTURBANCES: u64 = 12;

//! Content of many pages, and what is left in the tables.

use bytes::Bytes;
use sso_sync::store::postgres::PostgresStore;
use sso_sync::store::{
    Batch, DomainId, DomainStore, Expect, Feed, KvStore as _, Record, RecordId, Seq,
};
use sso_sync::testkit::Place as _;

use crate::place::Schema;

#[tokio::test]
async fn nothing_is_lost_between_pages_and_nothing_is_left_in_the_tables() {
    let place = Schema::fresh().await;
    let store = place.open().await;
    store.append(&DOMAIN, 0, "genesis".into()).await.unwrap();
    fill(&store, Seq::START).await;
    fill(&store, Seq::new(RECORDS)).await;
    assert_eq!(rows(&place, "records").await, 2 * RECORDS);

    holds_all(&store).await;
    store.compact(&DOMAIN, Seq::new(2 * RECORDS)).await.unwrap();
    holds_all(&store).await;
    let feed = store.feed(&DOMAIN, Seq::START, 1).await.unwrap();
    assert_eq!(feed, Feed::Compacted(Seq::new(2 * RECORDS)));
    assert_eq!(rows(&place, "records").await, RECORDS);
    assert_eq!(rows(&place, "batches").await, 0);

    store.erase(&DOMAIN).await.unwrap();
    nothing_is_left(&place).await;
}

/// The domain was gone already, but its rows were not.
#[tokio::test]
async fn an_erasure_that_was_interrupted_is_finished_by_the_next() {
    let place = Schema::fresh().await;
    let store = place.open().await;
    store.append(&DOMAIN, 0, "genesis".into()).await.unwrap();
    fill(&store, Seq::START).await;
    place
        .execute(
            "INSERT INTO {schema}.erased SELECT number FROM {schema}.domains;
             DELETE FROM {schema}.domains",
        )
        .await;
    assert_eq!(store.head(&DOMAIN).await.unwrap(), None);
    store.append(&DOMAIN, 0, "again".into()).await.unwrap();
    let other = DomainId::new([8; 32]);
    store.erase(&other).await.unwrap();
    assert_eq!(rows(&place, "records").await, 0);
    let statements = store.statements(&DOMAIN, 0, 1000).await.unwrap();
    assert_eq!(statements, ["again"]);
    store.erase(&DOMAIN).await.unwrap();
    nothing_is_left(&place).await;
}

#[tokio::test]
async fn a_list_of_many_pages_is_complete() {
    let place = Schema::fresh().await;
    let store = place.open().await;
    for number in 0..1100 {
        let key = format!("key/{number:04}");
        store.put(&key, Bytes::new(), Expect::Absent).await.unwrap();
    }
    let first = store.list("key/", None, usize::MAX).await.unwrap();
    let last = first.entries.last().unwrap().0.clone();
    let second = store.list("key/", Some(&last), usize::MAX).await.unwrap();
    assert!(first.more && !second.more);
    let keys = first.entries.iter().chain(&second.entries);
    let numbers = keys.map(|(key, _)| key["key/".len()..].parse::<u32>().unwrap());
    assert!(numbers.eq(0..1100));
}

/// Two records of each id, in all; each in the bucket 0.
async fn fill(store: &PostgresStore, mut head: Seq) {
    let round = head;
    for batch in 0..RECORDS / 1000 {
        let records = (1000 * batch..1000 * (batch + 1)).map(|number| Record {
            id: id(number),
            body: format!("{number:05} after {:05}", round.number()).into(),
        });
        let batch = Batch::new("envelope".into(), records.collect()).unwrap();
        head = store.commit(&DOMAIN, head, batch).await.unwrap();
    }
}

/// All in one answer, and all in several.
async fn holds_all(store: &PostgresStore) {
    let bucket = store.bucket(&DOMAIN, 0, None, usize::MAX).await.unwrap();
    let ids = bucket.iter().map(|it| it.record.id);
    assert!(ids.eq((0..RECORDS).map(id)));
    let part = store
        .bucket(&DOMAIN, 0, Some(&id(5)), 3000 * SIZE)
        .await
        .unwrap();
    assert_eq!(part.first().unwrap().record.id, id(6));
    assert_eq!(part.len(), 3000);

    for max_bytes in [usize::MAX, 5000 * SIZE, 1999 * SIZE, 100 * SIZE] {
        let (mut all, mut cursor) = (Vec::new(), None);
        loop {
            let page = store
                .snapshot(&DOMAIN, cursor.as_ref(), max_bytes)
                .await
                .unwrap();
            let size: usize = page.records.iter().map(|it| it.record.size()).sum();
            assert!(size <= max_bytes, "{size}");
            all.extend(page.records);
            cursor = page.next;
            if cursor.is_none() {
                assert_eq!(page.since, Seq::new(2 * RECORDS));
                break;
            }
        }
        let expected = (0..RECORDS).map(|number| (RECORDS + number + 1, id(number)));
        let found = all.iter().map(|it| (it.seq.number(), it.record.id));
        assert!(found.eq(expected), "in pages of {max_bytes}");
    }
}

async fn nothing_is_left(place: &Schema) {
    for table in ["domains", "erased", "statements", "batches", "records"] {
        assert_eq!(rows(place, table).await, 0, "{table}");
    }
}

async fn rows(place: &Schema, table: &str) -> u64 {
    let sql = format!("SELECT count(*) FROM {}.{table}", place.schema());
    let rows: i64 = place
        .client()
        .await
        .query_one(&sql, &[])
        .await
        .unwrap()
        .get(0);
    rows.try_into().unwrap()
}

fn id(number: u64) -> RecordId {
    let mut bytes = [0; 32];
    bytes[8..16].copy_from_slice(&number.to_be_bytes());
    RecordId::new(bytes)
}

const DOMAIN: DomainId = DomainId::new([7; 32]);
const RECORDS: u64 = 11_000;

/// What each of these records counts as.
const SIZE: usize = Batch::OVERHEAD + "10999 after 11000".len();

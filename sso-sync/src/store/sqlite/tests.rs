//! What is particular to this store: the file, its limits, and what accidents leave.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};

use super::*;
use crate::store::{
    Batch, DomainId, DomainStore as _, Expect, Feed, KvStore as _, Record, RecordId,
};
use crate::store::{Seq, Stored};

#[tokio::test]
async fn a_file_that_several_open_at_once_is_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let stores: Vec<_> = std::thread::scope(|scope| {
        let threads = [(); 8].map(|()| scope.spawn(|| open(folder.path())));
        threads.map(|thread| thread.join().unwrap()).into()
    });
    for (number, store) in stores.iter().enumerate() {
        let key = number.to_string();
        store
            .put(&key, "value".into(), Expect::Absent)
            .await
            .unwrap();
    }
    let list = stores[0].list("", None, 10).await.unwrap();
    assert_eq!(list.entries.len(), 8);
}

#[tokio::test]
async fn what_another_process_holds_back_is_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_domain(open(folder.path())).await;
    let impatient =
        |connection: &mut Connection| connection.execute_batch("PRAGMA busy_timeout = 0");
    store.shared.writer.run(impatient).await.unwrap();
    let other = Connection::open(folder.path().join(FILE)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();

    let refused = store.append(&DOMAIN, 1, "second".into()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
    assert!(store.head(&DOMAIN).await.unwrap().is_some(), "reads go on");

    other.execute_batch("ROLLBACK").unwrap();
    store.append(&DOMAIN, 1, "second".into()).await.unwrap();
}

#[tokio::test]
async fn a_file_that_may_not_grow_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_domain(open(folder.path())).await;
    store.limit(1).await.unwrap();
    let large = batch("large", &[(1, &"x".repeat(100_000))]);
    let full = store
        .commit(&DOMAIN, Seq::START, large.clone())
        .await
        .unwrap_err();
    assert!(matches!(full, StoreError::Full(_)), "{full:?}");
    store.limit(u64::MAX).await.unwrap();
    store.commit(&DOMAIN, Seq::START, large).await.unwrap();
    store.check().await.unwrap();
}

#[tokio::test]
async fn nobody_fails_because_another_needs_too_much_room() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_domain(open(folder.path())).await;
    store.limit(200_000).await.unwrap();
    let large = "x".repeat(1_000_000);
    let (small, large, other) = tokio::join!(
        store.put("small", "a".into(), Expect::Absent),
        store.put("large", large.into(), Expect::Absent),
        store.put("other", "b".into(), Expect::Absent),
    );
    assert!(matches!(large, Err(StoreError::Full(_))), "{large:?}");
    assert!(small.is_ok() && other.is_ok(), "{small:?} {other:?}");
    assert_eq!(store.get("large").await.unwrap(), None);
    assert!(store.get("other").await.unwrap().is_some());
}

#[tokio::test]
async fn a_cursor_does_not_outlive_its_domain() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_domain(open(folder.path())).await;
    let two = batch("two", &[(1, "a"), (2, "b")]);
    store
        .commit(&DOMAIN, Seq::START, two.clone())
        .await
        .unwrap();
    let cursor = store.snapshot(&DOMAIN, None, 1).await.unwrap().next;
    store.erase(&DOMAIN).await.unwrap();
    let late = store.snapshot(&DOMAIN, cursor.as_ref(), 1).await;
    assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");

    let store = with_domain(store).await;
    store.commit(&DOMAIN, Seq::START, two).await.unwrap();
    let late = store.snapshot(&DOMAIN, cursor.as_ref(), 1).await;
    assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
}

#[tokio::test]
async fn what_is_left_of_a_domain_is_not_seen_and_goes_with_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_domain(open(folder.path())).await;
    let two = batch("two", &[(1, "a"), (2, "b")]);
    store.commit(&DOMAIN, Seq::START, two).await.unwrap();
    // As if the process had died after the first step.
    store
        .change(|connection| compact::hide(connection, &DOMAIN))
        .await
        .unwrap();
    assert_eq!(store.head(&DOMAIN).await.unwrap(), None);

    let store = with_domain(store).await;
    let other = batch("other", &[(2, "B")]);
    store.commit(&DOMAIN, Seq::START, other).await.unwrap();
    store.erase(&OTHER).await.unwrap();
    let live = store.snapshot(&DOMAIN, None, 1000).await.unwrap();
    assert_eq!(live.records, [stored(1, 2, "B")]);
    assert_eq!(rows(&store, "records").await, 1);
    store.check().await.unwrap();

    store.erase(&DOMAIN).await.unwrap();
    for table in [
        "batches",
        "domains",
        "erased_domains",
        "records",
        "statements",
    ] {
        assert_eq!(rows(&store, table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn compaction_leaves_only_what_is_live_and_the_head() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_domain(open(folder.path())).await;
    let mut seq = Seq::START;
    for number in 0..2500 {
        let next = batch("envelope", &[(number as u8 % 3, "a"), (3, "b")]);
        seq = store.commit(&DOMAIN, seq, next).await.unwrap();
    }
    store.compact(&DOMAIN, seq).await.unwrap();
    assert_eq!(rows(&store, "records").await, 4);
    assert_eq!(rows(&store, "batches").await, 1);
    let head = store.head(&DOMAIN).await.unwrap().unwrap();
    assert_eq!((head.seq, head.compacted), (seq, seq));
    assert_eq!(head.envelope, "envelope");
    store.check().await.unwrap();
}

#[tokio::test]
async fn a_feed_ends_at_its_last_place() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_domain(open(folder.path())).await;
    let grow = |connection: &Connection| {
        let domain = chain::Domain::find(connection, &DOMAIN)?.unwrap();
        let place = domain.number.place(place::MAX_AT - 1);
        let head = "INSERT INTO batches (place, records, size, envelope) VALUES (?1, 1, 1, x'')";
        connection.execute(head, [place])?;
        Ok(())
    };
    store.change(grow).await.unwrap();
    let seq = Seq::new(place::MAX_AT - 1);
    let two = batch("two", &[(1, "a"), (2, "b")]);
    let full = store.commit(&DOMAIN, seq, two).await.unwrap_err();
    assert!(matches!(full, StoreError::Full(_)), "{full:?}");
    let one = batch("one", &[(1, "a")]);
    let last = store.commit(&DOMAIN, seq, one.clone()).await.unwrap();
    assert_eq!(last, Seq::new(place::MAX_AT));
    let full = store.commit(&DOMAIN, last, one).await.unwrap_err();
    assert!(matches!(full, StoreError::Full(_)), "{full:?}");

    for beyond in [last, last.plus(1), Seq::new(u64::MAX)] {
        let feed = store.feed(&DOMAIN, beyond, 1000).await.unwrap();
        assert_eq!(feed, Feed::Batches(Vec::new()), "{beyond}");
    }
    let none = store.statements(&DOMAIN, u64::MAX, 1000).await.unwrap();
    assert!(none.is_empty());
}

#[tokio::test]
async fn damage_is_found_when_it_is_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_domain(open(folder.path())).await;
    store.check().await.unwrap();
    let lose = |connection: &mut Connection| connection.execute("DELETE FROM statements", []);
    store.shared.writer.run(lose).await.unwrap();
    let damaged = store.check().await.unwrap_err();
    assert!(
        damaged.to_string().contains("misses statements"),
        "{damaged}"
    );
}

#[test]
fn a_damaged_file_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let path = folder.path().join(FILE);
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(4096)).unwrap();
    file.write_all(&[0xA5; 8192]).unwrap();
    drop(file);
    let damaged = SqliteStore::open(&path).unwrap_err();
    assert!(matches!(damaged, OpenError::Damaged { .. }), "{damaged:?}");
    assert!(damaged.to_string().contains(FILE), "{damaged}");
}

#[test]
fn a_file_that_was_cut_off_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let path = folder.path().join(FILE);
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(2 * 4096).unwrap();
    let damaged = SqliteStore::open(&path).unwrap_err();
    assert!(matches!(damaged, OpenError::Damaged { .. }), "{damaged:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn every_file_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let _store = with_domain(open(folder.path())).await;
    let mut files = 0;
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.file_name());
        files += 1;
    }
    assert_eq!(files, 3, "the file, its log and the index of that");
}

pub(super) fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(&folder.join(FILE)).unwrap()
}

pub(super) async fn with_domain(store: SqliteStore) -> SqliteStore {
    store.append(&DOMAIN, 0, "genesis".into()).await.unwrap();
    store
}

pub(super) fn batch(envelope: &'static str, records: &[(u8, &str)]) -> Batch {
    let records = records.iter().map(|(id, body)| record(*id, body)).collect();
    Batch::new(envelope.into(), records).unwrap()
}

pub(super) fn stored(seq: u64, id: u8, body: &str) -> Stored {
    Stored {
        seq: Seq::new(seq),
        record: record(id, body),
    }
}

pub(super) fn id(number: u8) -> RecordId {
    RecordId::new([number; 32])
}

fn record(number: u8, body: &str) -> Record {
    Record {
        id: id(number),
        body: body.to_owned().into(),
    }
}

async fn rows(store: &SqliteStore, table: &'static str) -> i64 {
    let count = move |connection: &Connection| {
        let count = format!("SELECT count(*) FROM {table}");
        Ok(connection.query_row(&count, [], |row| row.get(0))?)
    };
    store.read(count).await.unwrap()
}

pub(super) const DOMAIN: DomainId = DomainId::new([7; 32]);
const OTHER: DomainId = DomainId::new([8; 32]);
const FILE: &str = "domains.sqlite3";

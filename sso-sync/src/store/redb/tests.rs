//! What only this backend promises. The contract is checked in `tests/redb.rs`.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};

use redb::{Database, TableDefinition};
use tempfile::TempDir;

use super::*;

#[tokio::test]
async fn a_version_is_never_used_again_not_even_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let first = {
        let store = open(&folder).unwrap();
        let version = put(&store, "key").await;
        store.delete("key", version.clone()).await.unwrap();
        version
    };
    let again = put(&open(&folder).unwrap(), "key").await;
    assert_ne!(first, again);
}

#[tokio::test]
async fn stores_of_one_path_share_the_file_until_the_last_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let one = open(&folder).unwrap();
    let roundabout = folder.path().join(".").join(FILE);
    let other = RedbStore::open(roundabout).unwrap();
    put(&one, "key").await;
    drop(one);

    assert!(other.get("key").await.unwrap().is_some());
    put(&other, "another key").await;
    drop(other);
    Database::open(folder.path().join(FILE)).expect("nobody has it open any more");
}

#[tokio::test]
async fn writes_that_wait_are_all_answered() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).unwrap();
    let writes = (0..1000).map(|number| {
        let store = store.clone();
        tokio::spawn(async move { put(&store, &format!("{number:04}")).await })
    });
    let mut versions = std::collections::HashSet::new();
    for write in writes.collect::<Vec<_>>() {
        versions.insert(write.await.unwrap());
    }
    assert_eq!(versions.len(), 1000);
    let page = store.list("", None, 2000).await.unwrap();
    assert_eq!(page.entries.len(), 1000);
}

#[test]
fn a_file_that_another_process_has_open_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    // The lock is the same one, whoever holds it.
    let _elsewhere = Database::create(folder.path().join(FILE)).unwrap();
    let refused = open(&folder).unwrap_err();
    assert!(matches!(refused, RedbOpenError::InUse { .. }));
    assert!(
        refused
            .to_string()
            .contains("store.redb is open in another process"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_damaged_file_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    put(&open(&folder).unwrap(), "key").await;

    let path = folder.path().join(FILE);
    let length = fs::metadata(&path).unwrap().len();
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(4096)).unwrap();
    file.write_all(&vec![0xA5; usize::try_from(length).unwrap() - 4096])
        .unwrap();
    drop(file);

    let damaged = open(&folder).unwrap_err();
    assert!(matches!(damaged, RedbOpenError::Damaged { .. }));
    assert!(damaged.to_string().contains("store.redb is damaged"));
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(FILE), "no database ".repeat(1000)).unwrap();
    let refused = open(&folder);
    assert!(matches!(refused, Err(RedbOpenError::Damaged { .. })));
}

#[test]
fn a_database_of_another_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let theirs: TableDefinition<'_, &str, &str> = TableDefinition::new("theirs");
    write_table(&folder, theirs, "key", "value");
    let refused = open(&folder);
    assert!(matches!(refused, Err(RedbOpenError::Damaged { .. })));

    let database = Database::open(folder.path().join(FILE)).unwrap();
    let reading = redb::ReadableDatabase::begin_read(&database).unwrap();
    assert_eq!(reading.list_tables().unwrap().count(), 1);
}

#[test]
fn a_newer_format_is_refused_and_names_both() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder).unwrap());
    write_table(&folder, format::FACTS, format::FORMAT, 7);
    let newer = open(&folder).unwrap_err().to_string();
    assert!(
        newer.contains("has format 7, this program knows 1"),
        "{newer}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).unwrap();
    put(&store, "key").await;
    for entry in fs::read_dir(folder.path()).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

fn open(folder: &TempDir) -> Result<RedbStore, RedbOpenError> {
    RedbStore::open(folder.path().join(FILE))
}

async fn put(store: &RedbStore, key: &str) -> Version {
    let value = Bytes::from_static(b"value");
    store.put(key, value, Expect::Absent).await.unwrap()
}

fn write_table<V: redb::Value + 'static>(
    folder: &TempDir,
    table: TableDefinition<'_, &'static str, V>,
    key: &str,
    value: V::SelfType<'_>,
) {
    let database = Database::create(folder.path().join(FILE)).unwrap();
    let writing = database.begin_write().unwrap();
    let mut rows = writing.open_table(table).unwrap();
    rows.insert(key, value).unwrap();
    drop(rows);
    writing.commit().unwrap();
}

const FILE: &str = "store.redb";

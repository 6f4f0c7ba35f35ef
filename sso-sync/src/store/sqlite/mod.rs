//! Both levels in one SQLite file: what a hub and a server use if nothing else is said.
//!
//! One thread writes, a few read; each owns its connection, so no task of the host ever blocks on
//! the disk. Changes that wait at the same time share one transaction, and with it one wait for
//! the disk.

mod backup;
mod budget;
mod chain;
mod check;
mod compact;
mod draft;
mod feed;
mod level_1;
mod level_2;
mod live;
mod loader;
mod place;
mod schema;
mod watch;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;

use super::StoreError;
use crate::sqlite::{Failure, Worker, check_for_damage, connect, create_private};
use watch::Watch;

pub use crate::sqlite::OpenError;
pub use loader::SqliteLoader;

/// Keys and SSO domains in one SQLite file on a local disk.
///
/// Implements [`KvStore`](super::KvStore) and [`DomainStore`](super::DomainStore). Clones are the
/// same handle. Several handles and several processes may open one file: they see each other's
/// writes at once, and wait up to five seconds for each other.
#[derive(Clone)]
pub struct SqliteStore {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    readers: Worker,
    watch: Arc<Watch>,
    writer: Worker,
}

impl SqliteStore {
    /// Opens the file at `path`, or makes it, readable by its owner alone.
    ///
    /// A file of up to 32 MiB is read once to look for damage. In a larger one damage shows when
    /// it is met, as [`StoreError::Corrupt`], or by [`check`](Self::check).
    ///
    /// # Errors
    ///
    /// An [`OpenError`]; nothing has been changed then.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let io = |source| OpenError::io(path, source);
        let file = create_private(path).map_err(io)?;
        let size = file.metadata().map_err(io)?.len();
        let mut writer = connect(path)?;
        schema::prepare(&mut writer, path)?;
        if size <= CHECKED_AT_OPENING {
            check_for_damage(&writer, path)?;
        }
        tune(&writer).map_err(|source| OpenError::sqlite(path, source))?;
        let watch = Watch::new(&mut writer).map_err(|source| OpenError::sqlite(path, source))?;
        let readers = (0..READERS)
            .map(|_| connect(path))
            .collect::<Result<_, _>>()?;
        let shared = Shared {
            path: path.into(),
            readers: Worker::start("sqlite-reader", readers).map_err(io)?,
            watch: Arc::new(watch),
            writer: Worker::start("sqlite-writer", vec![writer]).map_err(io)?,
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Lets the file grow to about `bytes` and no further, for writes by this handle: what does not
    /// fit is [`StoreError::Full`], long before the disk is. Default: as far as the disk goes.
    ///
    /// The write-ahead log beside the file does not count, and a file that is larger already
    /// does not shrink.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] if the file does not answer.
    pub async fn limit(&self, bytes: u64) -> Result<(), StoreError> {
        let limit = move |connection: &mut Connection| {
            let page_size: i64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
            let pages = bytes / page_size.unsigned_abs().max(1);
            let pages = i64::try_from(pages).unwrap_or(i64::MAX);
            connection.pragma_update_and_check(None, "max_page_count", pages.max(1), |_| Ok(()))
        };
        self.shared.writer.run::<_, rusqlite::Error>(limit).await
    }

    /// Reads the whole file, while it is in use, and looks whether everything is there and where it
    /// belongs: some seconds for a million users.
    ///
    /// # Errors
    ///
    /// [`OpenError::Damaged`] if it is not, [`OpenError::Io`] if the file cannot be read.
    pub async fn check(&self) -> Result<(), OpenError> {
        let path = self.shared.path.clone();
        self.apart(move |connection| check::check(connection, &path))
            .await
    }

    /// Does something long on a connection and a thread of its own.
    async fn apart<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<T, OpenError> + Send + 'static,
    ) -> Result<T, OpenError> {
        let path = &self.shared.path;
        let worker = Worker::start("sqlite-apart", vec![connect(path)?])
            .map_err(|source| OpenError::io(path, source))?;
        let done = worker.run(|connection| Ok::<_, Failure>(job(connection)));
        done.await
            .map_err(|source| OpenError::store(path, source))?
    }

    /// Reads in one transaction, so that all that is read belongs together.
    async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let job = |connection: &mut Connection| job(&*connection.transaction()?);
        self.shared.readers.run(job).await
    }

    /// Changes something in one transaction, and answers when it is durable.
    async fn change<T: Send + 'static>(
        &self,
        job: impl FnMut(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.shared.writer.change(job, |_| ()).await
    }

    /// For a change to tell of, without keeping the store open.
    fn watch(&self) -> Arc<Watch> {
        Arc::clone(&self.shared.watch)
    }

    async fn is_healthy(&self) -> Result<(), StoreError> {
        self.read(|connection| {
            let question = "SELECT count(*) FROM (SELECT 1 FROM domains LIMIT 1)";
            Ok(connection.query_row(question, [], |_| Ok(()))?)
        })
        .await
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.shared.path)
            .finish_non_exhaustive()
    }
}

/// Batches change pages all over the index of the random ids: a page that stays in memory is not
/// read again, and one that waits in the write-ahead log is written to its place once for many.
fn tune(writer: &Connection) -> rusqlite::Result<()> {
    writer.pragma_update(None, "cache_size", CACHE)?;
    writer.pragma_update_and_check(None, "wal_autocheckpoint", LOG_PAGES, |_| Ok(()))?;
    writer.pragma_update_and_check(None, "journal_size_limit", LOG_BYTES, |_| Ok(()))
}

/// What the writer keeps in memory, in KiB, as SQLite counts.
const CACHE: i64 = -16 * 1024;

/// From which size on the write-ahead log is emptied into the file, in pages of 4 KiB.
const LOG_PAGES: i64 = 16 * 1024;

/// To which size an emptied log is cut that had to grow further: while a backup ran, perhaps.
const LOG_BYTES: i64 = 128 * 1024 * 1024;

/// Files up to this size are read whole when they are opened: it takes some tenths of a second.
const CHECKED_AT_OPENING: u64 = 32 * 1024 * 1024;

/// Threads that read.
const READERS: usize = 3;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{Seek as _, SeekFrom, Write as _};

    use super::*;
    use crate::store::{Batch, DomainId, DomainStore as _, Expect, KvStore as _, Record, RecordId};
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
}

//! Both levels in one SQLite file: what a hub and a server use if nothing else is said.
//!
//! One thread writes, a few read; each owns its connection, so no task of the host ever blocks on
//! the disk. Changes that wait at the same time share one transaction, and with it one wait for
//! the disk.

mod audit;
mod backup;
mod budget;
mod chain;
mod check;
mod compact;
mod draft;
mod feed;
mod filling;
mod lasting;
mod level_1;
mod level_2;
mod live;
mod loader;
mod place;
mod schema;
#[cfg(test)]
mod tests;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, fs};

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
        create_private(path).map_err(io)?;
        let size = fs::metadata(path).map_err(io)?.len();
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

    /// Sees that this program may write the file at `path`, which must be there.
    pub(crate) fn expect_known(path: &Path) -> Result<(), OpenError> {
        schema::expect_known(&connect(path)?, path)
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
        self.shared.writer.change(job).await
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

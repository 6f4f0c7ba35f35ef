//! Level 1 in one file, without C.
//!
//! One thread writes; writes that wait for it are committed together. A commit is on the disk
//! before its writers are answered. Reads run beside it, each on what was committed when it began.
//!
//! After an I/O error redb refuses everything until the file is opened anew, so this is done at
//! once: reads go on, and the file itself tells whether the commit that failed has happened.
//! After a crash redb reads the whole file when it is opened, and so does every open, to look for
//! damage.

mod error;
mod file;
mod format;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::{Caps, Entry, Expect, KvStore, Page, StoreError, Version};

pub use error::RedbOpenError;

use file::Handle;
use writer::{Change, Job};

/// Keeps everything in one file on one machine.
///
/// One process at a time: while it is open, other processes are refused. Within the process,
/// stores of one path share the file. Dropping the last of them closes it.
///
/// ```
/// use sso_sync::store::{Expect, KvStore as _, RedbStore};
///
/// # async fn example(folder: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
/// let store = RedbStore::open(folder.join("hub.redb"))?;
/// store.put("key", "value".into(), Expect::Absent).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RedbStore(Arc<Handle>);

impl RedbStore {
    /// Opens the file at `path`, or makes it, readable by its owner alone.
    ///
    /// Reads the whole file once to look for damage, so call it where blocking is fine.
    ///
    /// # Errors
    ///
    /// A [`RedbOpenError`]; nothing has been changed then.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, RedbOpenError> {
        Handle::open(path.as_ref()).map(|handle| Self(Arc::new(handle)))
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl Fn(&redb::ReadTransaction) -> Result<T, redb::Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let file = Arc::clone(self.0.file());
        tokio::task::spawn_blocking(move || file.read(work))
            .await
            .map_err(StoreError::unavailable)?
            .map_err(error::store_error)
    }

    async fn change(&self, key: &str, expect: Expect, change: Change) -> Result<u64, StoreError> {
        let (job, answer) = Job::new(key, expect, change);
        self.0.write(job)?;
        answer.await.map_err(StoreError::unknown)?
    }
}

#[async_trait]
impl KvStore for RedbStore {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        let key = key.to_owned();
        self.read(move |reading| format::get(reading, &key))
            .await?
            .transpose()
    }

    async fn put(&self, key: &str, value: Bytes, expect: Expect) -> Result<Version, StoreError> {
        CAPS.check(key, &value)?;
        let count = self.change(key, expect, Change::Put(value)).await?;
        Ok(Version::from(count))
    }

    async fn delete(&self, key: &str, expect: Version) -> Result<(), StoreError> {
        self.change(key, Expect::Is(expect), Change::Delete)
            .await
            .map(drop)
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
        self.read(move |reading| format::list(reading, &prefix, after.as_deref(), limit))
            .await?
    }

    fn caps(&self) -> Caps {
        CAPS
    }

    /// No other process writes, so every change is noticed.
    async fn changed(&self, _prefix: &str, max_wait: Duration) {
        let mut written = self.0.file().written();
        let _ = tokio::time::timeout(max_wait, written.changed()).await;
    }
}

const CAPS: Caps = Caps {
    max_key: 1024,
    max_value: 16 * 1024 * 1024,
};

#[cfg(test)]
mod tests;

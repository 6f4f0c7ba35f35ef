//! Level 1 in memory.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::watch;

use super::{Caps, Entry, Expect, KvStore, Page, StoreError, Version};

/// Keeps everything in this process, for tests and first looks. Clones share their content.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    content: Mutex<Content>,
    /// How many writes there were, for those who wait.
    written: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Content {
    entries: BTreeMap<String, Entry>,
    writes: u64,
}

impl MemoryStore {
    /// A store without content.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// [`KvStore::put`], without waiting for anything.
    pub(crate) fn put_now(
        &self,
        key: &str,
        value: Bytes,
        expect: &Expect,
    ) -> Result<Version, StoreError> {
        self.caps().check(key, &value)?;
        let mut content = self.content();
        let there = content.entries.get(key).map(|entry| &entry.version);
        let expected = match expect {
            Expect::Absent => None,
            Expect::Is(version) => Some(version),
        };
        if there != expected {
            return Err(StoreError::Conflict);
        }
        let version = content.count_write();
        let entry = Entry {
            value,
            version: version.clone(),
        };
        content.entries.insert(key.into(), entry);
        self.0.written.send_replace(content.writes);
        Ok(version)
    }

    /// [`KvStore::delete`], without waiting for anything.
    pub(crate) fn delete_now(&self, key: &str, expect: &Version) -> Result<(), StoreError> {
        let mut content = self.content();
        match content.entries.get(key) {
            Some(entry) if entry.version == *expect => {}
            _ => return Err(StoreError::Conflict),
        }
        content.entries.remove(key);
        content.count_write();
        self.0.written.send_replace(content.writes);
        Ok(())
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0
            .content
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl KvStore for MemoryStore {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        Ok(self.content().entries.get(key).cloned())
    }

    async fn put(&self, key: &str, value: Bytes, expect: Expect) -> Result<Version, StoreError> {
        self.put_now(key, value, &expect)
    }

    async fn delete(&self, key: &str, expect: Version) -> Result<(), StoreError> {
        self.delete_now(key, &expect)
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let start = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let content = self.content();
        let mut rest = content
            .entries
            .range::<str, _>((start, Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix));
        let entries = rest
            .by_ref()
            .take(limit)
            .map(|(key, entry)| (key.clone(), entry.clone()))
            .collect();
        let more = rest.next().is_some();
        Ok(Page { entries, more })
    }

    fn caps(&self) -> Caps {
        CAPS
    }

    async fn changed(&self, _prefix: &str, max_wait: Duration) {
        let mut written = self.0.written.subscribe();
        let _ = tokio::time::timeout(max_wait, written.changed()).await;
    }
}

impl Content {
    /// A version that no other write has, whichever key it was for.
    fn count_write(&mut self) -> Version {
        self.writes += 1;
        Version::from(self.writes)
    }
}

const CAPS: Caps = Caps {
    max_key: 1024,
    max_value: 16 * 1024 * 1024,
};

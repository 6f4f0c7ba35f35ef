//! Lists: names from the store, a page at a time, then what stands under them.

use std::pin::Pin;

use futures_util::stream::{self, BoxStream, Peekable};
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStoreExt as _};
use sso_core::StoreError;

use super::super::{Entry, Page};
use super::BucketStore;
use super::failure::read_error;
use super::lineage::{Content, TOMBSTONE};

/// The first entries behind `after` that begin with `prefix`.
pub(super) async fn page(
    store: &BucketStore,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Page, StoreError> {
    let mut keys = Keys::of(store, prefix, after);
    let mut entries = Vec::new();
    loop {
        let next = keys.take(limit).await?;
        let was_last = next.is_empty();
        entries.extend(read(store, next).await?);
        // Whatever was listed may be gone by now, and an empty page means that there is no more.
        if was_last || !entries.is_empty() {
            let more = keys.has_more().await?;
            return Ok(Page { entries, more });
        }
    }
}

/// What stands under these keys; those that are gone are left out.
async fn read(store: &BucketStore, keys: Vec<String>) -> Result<Vec<(String, Entry)>, StoreError> {
    let read = keys.into_iter().map(async |key| {
        let content = store.content_once(&key).await?;
        let entry = content.and_then(Content::into_entry);
        Ok::<_, StoreError>(entry.map(|entry| (key, entry)))
    });
    stream::iter(read)
        .buffered(AT_ONCE)
        .try_filter_map(async |entry| Ok(entry))
        .try_collect()
        .await
}

/// Removes every tombstone; answers how many there were.
pub(super) async fn remove_tombstones(store: &BucketStore) -> Result<usize, StoreError> {
    let mut names = store.0.objects.list(Some(store.0.names.keys()));
    let mut removed = 0;
    while let Some(object) = names.try_next().await.map_err(read_error)? {
        let Some(key) = store.0.names.key(&object.location) else {
            continue;
        };
        let content = store.content(&key).await?;
        if content.is_some_and(|content| content.is_tombstone()) {
            let deleted = store.0.objects.delete(&object.location).await;
            deleted.map_err(read_error)?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// The keys with a prefix, in order.
struct Keys<'a> {
    last: Option<Path>,
    listed: Pin<Box<Peekable<BoxStream<'static, object_store::Result<ObjectMeta>>>>>,
    prefix: &'a str,
    store: &'a BucketStore,
}

/// A key that was listed, and how long its object is.
struct Listed {
    key: String,
    size: u64,
}

impl<'a> Keys<'a> {
    fn of(store: &'a BucketStore, prefix: &'a str, after: Option<&str>) -> Self {
        let names = &store.0.names;
        let start = match after {
            Some(after) if after >= prefix => names.of(after),
            _ => names.before(prefix),
        };
        let listed = store.0.objects.list_with_offset(Some(names.keys()), &start);
        Self {
            last: None,
            listed: Box::pin(listed.peekable()),
            prefix,
            store,
        }
    }

    /// The next keys: `limit`, or fewer if their objects are large.
    async fn take(&mut self, limit: usize) -> Result<Vec<String>, StoreError> {
        let mut keys = Vec::new();
        let mut size = 0;
        while keys.len() < limit && size < PAGE_BYTES {
            let Some(next) = self.next().await? else {
                break;
            };
            size += next.size;
            keys.push(next.key);
        }
        Ok(keys)
    }

    async fn has_more(&mut self) -> Result<bool, StoreError> {
        Ok(self.next().await?.is_some())
    }

    /// The next key that has no tombstone.
    async fn next(&mut self) -> Result<Option<Listed>, StoreError> {
        loop {
            let Some(object) = self.listed.try_next().await.map_err(read_error)? else {
                return Ok(None);
            };
            self.check_order(&object.location)?;
            let Some(key) = self.store.0.names.key(&object.location) else {
                continue;
            };
            if !key.starts_with(self.prefix) {
                return Ok(None);
            }
            if object.size > TOMBSTONE {
                let size = object.size;
                return Ok(Some(Listed { key, size }));
            }
        }
    }

    fn check_order(&mut self, name: &Path) -> Result<(), StoreError> {
        if self.last.as_ref().is_some_and(|last| last >= name) {
            return Err(StoreError::unavailable(
                "the object storage does not list names in order",
            ));
        }
        self.last = Some(name.clone());
        Ok(())
    }
}

/// How many objects are read at the same time.
const AT_ONCE: usize = 16;
/// A page ends once its objects have this many bytes.
const PAGE_BYTES: u64 = 8 * 1024 * 1024;

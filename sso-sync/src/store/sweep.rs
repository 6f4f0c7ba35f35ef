//! Deleting what is worth nothing any more.

use super::{Entry, KvStore, StoreError};

/// What became of a page of records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Swept {
    /// How many are gone.
    pub removed: u64,
    /// After which key to go on; `None` at the end.
    pub next: Option<String>,
}

/// Looks at the next 100 records whose keys begin with `prefix`, and deletes those that have
/// `expired`. What somebody else changes meanwhile stays.
pub(crate) async fn sweep(
    store: &dyn KvStore,
    prefix: &str,
    after: Option<&str>,
    expired: impl Fn(&str, &Entry) -> bool + Send,
) -> Result<Swept, StoreError> {
    let page = store.list(prefix, after, PAGE).await?;
    let next = page.entries.last().map(|(key, _)| key.clone());
    let mut removed = 0;
    for (key, entry) in page.entries {
        if expired(&key, &entry) {
            removed += u64::from(delete(store, &key, entry).await?);
        }
    }
    Ok(Swept {
        removed,
        next: next.filter(|_| page.more),
    })
}

/// Whether it was this call that deleted it.
async fn delete(store: &dyn KvStore, key: &str, entry: Entry) -> Result<bool, StoreError> {
    match store.delete(key, entry.version).await {
        Err(StoreError::Conflict) => Ok(false),
        deleted => deleted.map(|()| true),
    }
}

const PAGE: usize = 100;

//! Level 1: single keys.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::SqliteStore;
use super::budget::Budget;
use crate::sqlite::Failure;
use crate::store::{Caps, Entry, Expect, KvStore, Page, StoreError, Version};

#[async_trait]
impl KvStore for SqliteStore {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        let key = key.to_owned();
        self.read(move |connection| Ok(get(connection, &key)?))
            .await
    }

    async fn put(&self, key: &str, value: Bytes, expect: Expect) -> Result<Version, StoreError> {
        CAPS.check(key, &value)?;
        let (key, watch) = (key.to_owned(), self.watch());
        self.shared
            .writer
            .change_and_tell(
                move |connection| put(connection, &key, &value, &expect),
                move |_| watch.key_changed(),
            )
            .await
    }

    async fn delete(&self, key: &str, expect: Version) -> Result<(), StoreError> {
        let (key, watch) = (key.to_owned(), self.watch());
        self.shared
            .writer
            .change_and_tell(
                move |connection| remove(connection, &key, &expect),
                move |()| watch.key_changed(),
            )
            .await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
        self.read(move |connection| list(connection, &prefix, after.as_deref(), limit))
            .await
    }

    fn caps(&self) -> Caps {
        CAPS
    }

    async fn changed(&self, _prefix: &str, max_wait: Duration) {
        let _ = tokio::time::timeout(max_wait, self.key_change()).await;
    }

    async fn health(&self) -> Result<(), StoreError> {
        self.is_healthy().await
    }
}

fn get(connection: &Connection, key: &str) -> rusqlite::Result<Option<Entry>> {
    connection
        .prepare_cached("SELECT version, value FROM entries WHERE key = ?1")?
        .query_row([key.as_bytes()], read_entry)
        .optional()
}

fn put(
    connection: &Connection,
    key: &str,
    value: &[u8],
    expect: &Expect,
) -> Result<Version, Failure> {
    if let Expect::Is(version) = expect {
        remove(connection, key, version)?;
    }
    let added = connection
        .prepare_cached(ADD)?
        .execute(params![key.as_bytes(), value])?;
    match added {
        0 => Err(StoreError::Conflict.into()),
        _ => Ok(version(connection.last_insert_rowid())),
    }
}

fn remove(connection: &Connection, key: &str, expect: &Version) -> Result<(), Failure> {
    let number = number(expect).ok_or(StoreError::Conflict)?;
    let removed = connection
        .prepare_cached("DELETE FROM entries WHERE version = ?1 AND key = ?2")?
        .execute(params![number, key.as_bytes()])?;
    match removed {
        0 => Err(StoreError::Conflict.into()),
        _ => Ok(()),
    }
}

fn list(
    connection: &Connection,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Page, Failure> {
    let mut entries = Vec::new();
    let mut budget = Budget::new(PAGE);
    let mut question = connection.prepare_cached(LIST)?;
    let first = prefix.as_bytes();
    let after = after.map(str::as_bytes).filter(|after| *after >= first);
    let mut rows = question.query(params![first, after])?;
    while let Some(row) = rows.next()? {
        let key = String::from_utf8(row.get(2)?).map_err(StoreError::corrupt)?;
        if !key.starts_with(prefix) {
            break;
        }
        let entry = read_entry(row)?;
        if entries.len() == limit || !budget.takes(key.len() + entry.value.len()) {
            return Ok(Page {
                entries,
                more: true,
            });
        }
        entries.push((key, entry));
    }
    Ok(Page {
        entries,
        more: false,
    })
}

fn read_entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        version: version(row.get(0)?),
        value: row.get::<_, Vec<u8>>(1)?.into(),
    })
}

fn version(number: i64) -> Version {
    Version::from(number.cast_unsigned())
}

fn number(version: &Version) -> Option<i64> {
    version.as_bytes().try_into().map(i64::from_be_bytes).ok()
}

const ADD: &str = "INSERT INTO entries (key, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING";

/// A missing `after` is NULL, which is no bound.
pub(super) const LIST: &str = "SELECT version, value, key FROM entries
    WHERE key >= coalesce(?2, ?1) AND (?2 IS NULL OR key > ?2) ORDER BY key";

const CAPS: Caps = Caps {
    max_key: 1024,
    max_value: 16 * 1024 * 1024,
};

/// How much of a list is answered at once, in bytes.
const PAGE: usize = 16 * 1024 * 1024;

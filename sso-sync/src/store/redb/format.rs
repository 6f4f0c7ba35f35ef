//! What stands in the file.
//!
//! | Table | Key | Value |
//! |---|---|---|
//! | `sso-connect` | `format` | 1 |
//! | | `writes` | how many writes there were: the version of the next is one more |
//! | `entries` | a key, in UTF-8 | its version (8 bytes, big-endian), then its value |
//!
//! A version is a place in the count of all writes, deletions included, so no two writes ever have
//! the same.

use std::ops::Bound;

use bytes::Bytes;
use redb::{
    ReadTransaction, ReadableDatabase as _, ReadableTable, TableDefinition, TableHandle as _,
};

use super::super::{Entry, Page, StoreError, Version};

/// Makes the tables of a new file; answers the format of any other.
///
/// `None` if the tables are those of another program.
pub(super) fn prepare(database: &redb::Database) -> Result<Option<u64>, redb::Error> {
    let reading = database.begin_read()?;
    let known = reading
        .list_tables()?
        .map(|table| table.name().to_owned())
        .collect::<Vec<_>>();
    if known.is_empty() {
        return create(database).map(Some);
    }
    if !known.iter().any(|name| name == FACTS.name()) {
        return Ok(None);
    }
    let format = reading.open_table(FACTS)?.get(FORMAT)?;
    Ok(format.map(|format| format.value()))
}

fn create(database: &redb::Database) -> Result<u64, redb::Error> {
    let writing = database.begin_write()?;
    writing.open_table(ENTRIES)?;
    writing.open_table(FACTS)?.insert(FORMAT, KNOWN)?;
    writing.commit()?;
    Ok(KNOWN)
}

/// How many writes there were.
pub(super) fn writes(facts: &impl ReadableTable<&'static str, u64>) -> Result<u64, redb::Error> {
    Ok(facts.get(WRITES)?.map_or(0, |writes| writes.value()))
}

/// The entry of a key; an error inside if it makes no sense.
pub(super) fn get(
    reading: &ReadTransaction,
    key: &str,
) -> Result<Option<Result<Entry, StoreError>>, redb::Error> {
    let entries = reading.open_table(ENTRIES)?;
    let row = entries.get(key.as_bytes())?;
    Ok(row.map(|row| entry(row.value())))
}

/// The entries of a page; an error inside if one makes no sense.
pub(super) fn list(
    reading: &ReadTransaction,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Result<Page, StoreError>, redb::Error> {
    let start = match after {
        Some(after) if after >= prefix => Bound::Excluded(after.as_bytes()),
        _ => Bound::Included(prefix.as_bytes()),
    };
    let mut page = Page {
        entries: Vec::new(),
        more: false,
    };
    let mut size = 0;
    let entries = reading.open_table(ENTRIES)?;
    for row in entries.range::<&[u8]>((start, Bound::Unbounded))? {
        let (key, value) = row?;
        if !key.value().starts_with(prefix.as_bytes()) {
            break;
        }
        if page.entries.len() >= limit || size >= PAGE_BYTES {
            page.more = true;
            break;
        }
        size += value.value().len();
        match named_entry(key.value(), value.value()) {
            Ok(entry) => page.entries.push(entry),
            Err(damage) => return Ok(Err(damage)),
        }
    }
    Ok(Ok(page))
}

fn named_entry(key: &[u8], row: &[u8]) -> Result<(String, Entry), StoreError> {
    let key = std::str::from_utf8(key).map_err(StoreError::corrupt)?;
    Ok((key.into(), entry(row)?))
}

fn entry(row: &[u8]) -> Result<Entry, StoreError> {
    let (version, value) = row
        .split_first_chunk::<VERSION>()
        .ok_or_else(|| StoreError::corrupt("an entry is too short for its version"))?;
    Ok(Entry {
        value: Bytes::copy_from_slice(value),
        version: Version::from(u64::from_be_bytes(*version)),
    })
}

/// How an entry stands in the file.
pub(super) fn row(version: u64, value: &[u8]) -> Vec<u8> {
    [&version.to_be_bytes(), value].concat()
}

/// The version of an entry that stands in the file.
pub(super) fn version_of(row: &[u8]) -> &[u8] {
    row.get(..VERSION).unwrap_or_default()
}

pub(super) const ENTRIES: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("entries");
pub(super) const FACTS: TableDefinition<'_, &str, u64> = TableDefinition::new("sso-connect");
pub(super) const FORMAT: &str = "format";
/// The format that this program writes, and the newest that it reads.
pub(super) const KNOWN: u64 = 1;
pub(super) const WRITES: &str = "writes";

/// Length of a version, in bytes.
const VERSION: usize = 8;
/// A page ends once it holds this many bytes of values.
const PAGE_BYTES: usize = 8 * 1024 * 1024;

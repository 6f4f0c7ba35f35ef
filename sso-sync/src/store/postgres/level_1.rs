//! Level 1: keys, in a table that is sorted by their bytes.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio_postgres::Row;

use super::PostgresStore;
use super::link::{Value, bytes, column, count, number};
use crate::store::{Caps, Entry, Expect, KvStore, Page, StoreError, Version};

#[async_trait]
impl KvStore for PostgresStore {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        let values = [Value::Bytes(key.as_bytes())];
        let rows = self.link().read(GET, &values).await?;
        rows.first().map(entry).transpose()
    }

    async fn put(&self, key: &str, value: Bytes, expect: Expect) -> Result<Version, StoreError> {
        CAPS.check(key, &value)?;
        let (key, value) = (Value::Bytes(key.as_bytes()), Value::Bytes(&value));
        let rows = match expect {
            Expect::Absent => self.link().write(CREATE, &[key, value]).await?,
            Expect::Is(version) => {
                let version = Value::Number(read_version(&version)?);
                let values = [key, value, version];
                self.link().write(REPLACE, &values).await?
            }
        };
        let row = rows.first().ok_or(StoreError::Conflict)?;
        self.watch().told_keys();
        count(row, 0).map(Version::from)
    }

    async fn delete(&self, key: &str, expect: Version) -> Result<(), StoreError> {
        let version = Value::Number(read_version(&expect)?);
        let values = [Value::Bytes(key.as_bytes()), version];
        let rows = self.link().write(DELETE, &values).await?;
        rows.first().ok_or(StoreError::Conflict)?;
        self.watch().told_keys();
        Ok(())
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let end = end_of(prefix.as_bytes());
        let values = [
            Value::Bytes(prefix.as_bytes()),
            Value::MaybeBytes(end.as_deref()),
            Value::MaybeBytes(after.map(str::as_bytes)),
            Value::Number(number(limit.clamp(1, MAX_ENTRIES).saturating_add(1))),
            Value::Number(MAX_PAGE),
        ];
        let rows = self.link().read(LIST, &values).await?;
        let mut entries = rows.iter().map(listed).collect::<Result<Vec<_>, _>>()?;
        let there = rows.first().map_or(Ok(0), |row| count(row, 3))?;
        entries.truncate(limit.min(MAX_ENTRIES));
        let more = entries.len() < usize::try_from(there).unwrap_or(usize::MAX);
        Ok(Page { entries, more })
    }

    fn caps(&self) -> Caps {
        CAPS
    }

    async fn changed(&self, _prefix: &str, max_wait: Duration) {
        self.watch().keys_changed(max_wait).await;
    }

    async fn health(&self) -> Result<(), StoreError> {
        self.is_healthy().await
    }
}

fn entry(row: &Row) -> Result<Entry, StoreError> {
    Ok(Entry {
        value: bytes(row, 0)?,
        version: Version::from(count(row, 1)?),
    })
}

fn listed(row: &Row) -> Result<(String, Entry), StoreError> {
    let key = str::from_utf8(column(row, 2)?).map_err(StoreError::corrupt)?;
    Ok((key.to_owned(), entry(row)?))
}

/// A version that is not one of ours names no entry.
fn read_version(version: &Version) -> Result<i64, StoreError> {
    let bytes = <[u8; 8]>::try_from(version.as_bytes()).map_err(|_| StoreError::Conflict)?;
    i64::try_from(u64::from_be_bytes(bytes)).map_err(|_| StoreError::Conflict)
}

/// The first bytes after all that begin with `prefix`; `None` if there are none.
pub(super) fn end_of(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix.get(..=last)?.to_vec();
    *end.last_mut()? += 1;
    Some(end)
}

const CAPS: Caps = Caps {
    max_key: 1024,
    max_value: 16 * 1024 * 1024,
};

/// Bounds of a page: entries, and bytes of values after the first.
const MAX_ENTRIES: usize = 1000;
const MAX_PAGE: i64 = 8 * 1024 * 1024;

const GET: &str = "SELECT value, version FROM {schema}.keys WHERE key = $1";

const CREATE: &str = "
    INSERT INTO {schema}.keys (key, value, version)
    VALUES ($1, $2, nextval('{schema}.versions'))
    ON CONFLICT (key) DO NOTHING
    RETURNING version, {durable}";

const REPLACE: &str = "
    UPDATE {schema}.keys SET value = $2, version = nextval('{schema}.versions')
    WHERE key = $1 AND version = $3
    RETURNING version, {durable}";

const DELETE: &str = "
    DELETE FROM {schema}.keys WHERE key = $1 AND version = $2
    RETURNING version, {durable}";

/// The last column is how many entries there are, up to one more than was asked for.
const LIST: &str = "
    WITH page AS MATERIALIZED (
        SELECT key, value, version, octet_length(value) AS size FROM {schema}.keys
        WHERE key >= $1 AND ($2 IS NULL OR key < $2) AND ($3 IS NULL OR key > $3)
        ORDER BY key LIMIT $4
    ), sized AS (
        SELECT page.*, sum(size) OVER (ORDER BY key ROWS UNBOUNDED PRECEDING) AS total FROM page
    )
    SELECT value, version, key, (SELECT count(*) FROM page) FROM sized
    WHERE total <= $5 OR total = size
    ORDER BY key";

#[cfg(test)]
mod tests {
    use super::end_of;

    #[test]
    fn a_range_ends_where_its_prefix_ends() {
        for (prefix, end) in [
            (&b""[..], None),
            (b"a", Some(&b"b"[..])),
            (b"a/", Some(b"a0")),
            (b"a\xFF", Some(b"b")),
            (b"\xFE\xFF\xFF", Some(b"\xFF")),
            (b"\xFF\xFF", None),
        ] {
            assert_eq!(end_of(prefix).as_deref(), end, "{prefix:?}");
        }
    }
}

//! The user feed: commits, and reading it from any place.

use std::collections::HashSet;
use std::sync::Arc;

use tokio_postgres::Row;

use super::PostgresStore;
use super::chain::mark;
use super::link::{Value, bytes, column, count, number};
use crate::store::{
    Batch, DomainCaps, DomainId, Feed, FeedBatch, Record, RecordId, Seq, StoreError, Stored,
};

impl PostgresStore {
    /// [`DomainStore::commit`](crate::store::DomainStore::commit).
    pub(super) async fn commit_batch(
        &self,
        domain: &DomainId,
        after: Seq,
        batch: &Batch,
    ) -> Result<Seq, StoreError> {
        DomainCaps::check(batch.size(), MAX_BATCH)?;
        let records = batch.records();
        let ids: Vec<&[u8]> = records.iter().map(|it| &it.id.as_bytes()[..]).collect();
        let bodies: Vec<&[u8]> = records.iter().map(|it| &it.body[..]).collect();
        let values = [
            Value::Bytes(domain.as_bytes()),
            Value::Number(number(after.number())),
            Value::Number(number(records.len())),
            Value::Bytes(batch.envelope()),
            Value::Number(number(batch.size())),
            Value::BytesList(&ids),
            Value::BytesList(&bodies),
            Value::Flags(&live(records)),
        ];
        let rows = self.link().write(COMMIT, &values).await?;
        let mark = mark(rows.first().ok_or(StoreError::Conflict)?, 0)?;
        self.watch().told(domain, mark);
        if has_doubled(after, mark.seq) {
            self.let_the_server_count();
        }
        Ok(mark.seq)
    }

    /// The server counts a table that has grown within a minute or so; until then it believes that
    /// it is small, and reads all of it for every page.
    fn let_the_server_count(&self) {
        let link = Arc::clone(&self.0.link);
        tokio::spawn(async move { link.run(COUNT, &[]).await });
    }

    /// [`DomainStore::feed`](crate::store::DomainStore::feed).
    pub(super) async fn read_feed(
        &self,
        domain: &DomainId,
        after: Seq,
        max_bytes: usize,
    ) -> Result<Feed, StoreError> {
        let values = [
            Value::Bytes(domain.as_bytes()),
            Value::Number(number(after.number())),
            Value::Number(number(max_bytes)),
            Value::Number(number(max_bytes / (2 * Batch::OVERHEAD)).clamp(1, MAX_BATCHES)),
        ];
        let rows = self.link().read(FEED, &values).await?;
        let mut rows = rows.iter();
        // The first row is that of the domain.
        let compacted = rows.next().map_or(Ok(0), |row| count(row, 1))?;
        if compacted > after.number() {
            return Ok(Feed::Compacted(Seq::new(compacted)));
        }
        collect(rows).map(Feed::Batches)
    }
}

/// Whether a feed has come past one of the lengths at which its tables are counted.
fn has_doubled(before: Seq, now: Seq) -> bool {
    let doublings = |seq: Seq| (seq.number() / FIRST_COUNT).checked_ilog2();
    doublings(before) < doublings(now)
}

/// Which records count: of several with one id, the last.
fn live(records: &[Record]) -> Vec<bool> {
    let mut seen = HashSet::with_capacity(records.len());
    let mut live: Vec<_> = records.iter().rev().map(|it| seen.insert(it.id)).collect();
    live.reverse();
    live
}

/// Puts batches together from the rows of each and of its records.
fn collect<'a>(rows: impl Iterator<Item = &'a Row>) -> Result<Vec<FeedBatch>, StoreError> {
    let mut rows = rows.peekable();
    let mut batches = Vec::new();
    while let Some(row) = rows.next() {
        let (first, last) = (count(row, 2)?, count(row, 1)?);
        let envelope = bytes(row, 4)?;
        let mut records = Vec::new();
        for place in first..=last {
            let row = rows.next().ok_or_else(missing)?;
            if count(row, 1)? != place {
                return Err(missing());
            }
            records.push(stored(row, 1, 3)?.record);
        }
        let batch = Batch::new(envelope, records).ok_or_else(missing)?;
        let first = Seq::new(first);
        batches.push(FeedBatch { first, batch });
    }
    Ok(batches)
}

/// A record from the columns of its place, and of its id and body.
pub(super) fn stored(row: &Row, seq: usize, record: usize) -> Result<Stored, StoreError> {
    let id = <[u8; 32]>::try_from(column::<&[u8]>(row, record)?).map_err(StoreError::corrupt)?;
    Ok(Stored {
        seq: Seq::new(count(row, seq)?),
        record: Record {
            id: RecordId::new(id),
            body: bytes(row, record + 1)?,
        },
    })
}

fn missing() -> StoreError {
    StoreError::corrupt("records of a batch are missing")
}

/// Largest batch, in bytes.
pub(super) const MAX_BATCH: usize = 16 * 1024 * 1024;

/// Most batches of one answer.
const MAX_BATCHES: i64 = 10_000;

/// A feed of this many records is no longer a small table.
const FIRST_COUNT: u64 = 8192;

const COUNT: &str = "ANALYZE {schema}.batches, {schema}.records";

/// The first part locks the row of the domain, so that commits happen one after the other and
/// every later part sees what the earlier ones did. A statement that began before the last commit
/// was visible may miss a record that it supersedes; the index of live records then refuses the
/// new one, and the statement is run again.
///
/// What is added waits for the count of what is superseded: without that, both would be live for a
/// moment.
const COMMIT: &str = "
    WITH head AS (
        UPDATE {schema}.domains SET seq = seq + $3, envelope = $4
        WHERE id = $1 AND seq = $2
        RETURNING number, statements, seq
    ), batch AS (
        INSERT INTO {schema}.batches (domain, last, first, size, envelope)
        SELECT number, seq, seq - $3 + 1, $5, $4 FROM head
    ), superseded AS (
        UPDATE {schema}.records AS old SET live = false FROM head
        WHERE old.domain = head.number AND old.live AND old.id = ANY ($6)
        RETURNING 1
    ), added AS (
        INSERT INTO {schema}.records (domain, seq, id, body, live)
        SELECT head.number, $2 + new.place, new.id, new.body, new.live
        FROM head,
             (SELECT count(*) FROM superseded) AS done,
             unnest($6, $7, $8) WITH ORDINALITY AS new (id, body, live, place)
    )
    SELECT statements, seq, {durable} FROM head";

/// A row for the domain, then one for each batch, each followed by those of its records.
const FEED: &str = "
    WITH domain AS MATERIALIZED (
        SELECT number, compacted FROM {schema}.domains WHERE id = $1
    ), page AS MATERIALIZED (
        SELECT last, first, size, envelope FROM {schema}.batches
        WHERE domain = (SELECT number FROM domain WHERE compacted <= $2) AND last > $2
        ORDER BY last LIMIT $4
    ), sized AS (
        SELECT page.*, sum(size) OVER (ORDER BY last ROWS UNBOUNDED PRECEDING) AS total FROM page
    ), chosen AS MATERIALIZED (
        SELECT first, last, envelope FROM sized WHERE total <= $3 OR total = size
    )
    SELECT 0::bigint AS place, compacted, NULL::bigint, NULL::bytea, NULL::bytea, 0 AS kind
    FROM domain
    UNION ALL
    SELECT first, last, first, NULL, envelope, 1 FROM chosen
    UNION ALL
    SELECT seq, seq, NULL, id, body, 2 FROM {schema}.records
    WHERE domain = (SELECT number FROM domain)
      AND seq BETWEEN (SELECT min(first) FROM chosen) AND (SELECT max(last) FROM chosen)
    ORDER BY place, kind";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_of_a_feed_are_counted_whenever_it_has_doubled() {
        for (before, now, counted) in [
            (0, 8191, false),
            (8191, 8192, true),
            (8192, 8193, false),
            (8192, 16_383, false),
            (16_383, 16_384, true),
            (0, 100_000, true),
        ] {
            let doubled = has_doubled(Seq::new(before), Seq::new(now));
            assert_eq!(doubled, counted, "{before} {now}");
        }
    }

    #[test]
    fn of_several_records_of_one_id_the_last_is_live() {
        let record = |id| Record {
            id: RecordId::new([id; 32]),
            body: "".into(),
        };
        let records = [1, 2, 1, 3, 1].map(record);
        assert_eq!(live(&records), [false, true, false, true, true]);
    }
}

//! The user feed: batches, one after the other.

use bytes::Bytes;
use rusqlite::{Connection, Row, params};

use super::budget::Budget;
use super::chain::Domain;
use super::place::{DomainNumber, MAX_AT, at};
use crate::sqlite::Failure;
use crate::store::{Batch, DomainId, Feed, FeedBatch, Mark, Record, RecordId, Seq, StoreError};

/// Adds a batch after the place `after`, which must be the head; answers how far the domain has
/// grown.
pub(super) fn commit(
    connection: &Connection,
    id: &DomainId,
    after: Seq,
    batch: &Batch,
) -> Result<Mark, Failure> {
    let domain = Domain::find(connection, id)?.ok_or(StoreError::Conflict)?;
    if domain.seq(connection)? != after.number() {
        return Err(StoreError::Conflict.into());
    }
    let last = after.plus(batch.records().len());
    if last.number() > MAX_AT {
        return Err(StoreError::full("the feed takes no more records").into());
    }
    let first = domain.number.place(after.plus(1).number());
    add_records(connection, first, batch.records())?;
    connection.prepare_cached(ADD_BATCH)?.execute(params![
        domain.number.place(last.number()),
        batch.records().len().cast_signed(),
        batch.size().cast_signed(),
        &batch.envelope()[..]
    ])?;
    Ok(Mark {
        statements: domain.statements(connection)?,
        seq: last,
    })
}

/// Adds records from the place `first` on, and supersedes those that they replace.
fn add_records(connection: &Connection, first: i64, records: &[Record]) -> rusqlite::Result<()> {
    let mut add = connection.prepare_cached(ADD_RECORD)?;
    let mut supersede = connection.prepare_cached(SUPERSEDE)?;
    for (place, record) in (first..).zip(records) {
        let id = record.id.as_bytes();
        let mut add = || add.execute(params![place, id, &record.body[..]]);
        // Most records are new, and one look at the index tells.
        if add()? == 0 {
            supersede.execute(params![place, id])?;
            add()?;
        }
    }
    Ok(())
}

/// The batches after `after`, as many as fit.
pub(super) fn feed(
    connection: &Connection,
    id: &DomainId,
    after: Seq,
    mut budget: Budget,
) -> Result<Feed, Failure> {
    let Some(domain) = Domain::find(connection, id)? else {
        return Ok(Feed::Batches(Vec::new()));
    };
    if after.number() < domain.compacted {
        return Ok(Feed::Compacted(Seq::new(domain.compacted)));
    }
    let mut batches = Vec::new();
    let last = *domain.number.places().end();
    let mut question = connection.prepare_cached(BATCHES)?;
    let mut rows = question.query([domain.number.place(after.number()), last])?;
    while let Some(row) = rows.next()? {
        let row = BatchRow::read(row)?;
        if !budget.takes(row.size) {
            break;
        }
        batches.push(row.into_batch(connection, domain.number)?);
    }
    Ok(Feed::Batches(batches))
}

/// A batch without its records.
struct BatchRow {
    place: i64,
    records: i64,
    size: usize,
    envelope: Bytes,
}

impl BatchRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            place: row.get(0)?,
            records: row.get(1)?,
            size: row.get::<_, i64>(2)?.cast_unsigned() as usize,
            envelope: row.get::<_, Vec<u8>>(3)?.into(),
        })
    }

    fn into_batch(
        self,
        connection: &Connection,
        domain: DomainNumber,
    ) -> Result<FeedBatch, Failure> {
        let first = self.place.saturating_sub(self.records).saturating_add(1);
        let records = connection
            .prepare_cached(RECORDS)?
            .query_map([first, self.place], read_record)?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let is_whole = domain.places().contains(&first) && records.len() as i64 == self.records;
        let batch = Batch::new(self.envelope, records).filter(|_| is_whole);
        Ok(FeedBatch {
            first: Seq::new(at(first)),
            batch: batch.ok_or_else(|| StoreError::corrupt("a batch misses records"))?,
        })
    }
}

fn read_record(row: &Row<'_>) -> rusqlite::Result<Record> {
    Ok(Record {
        id: RecordId::new(row.get(0)?),
        body: Bytes::copy_from_slice(row.get_ref(1)?.as_blob()?),
    })
}

const ADD_RECORD: &str = "INSERT INTO records (place, live, id, body) VALUES (?1, 1, ?2, ?3)
    ON CONFLICT DO NOTHING";

/// `place` gives the domain.
pub(super) const SUPERSEDE: &str = "UPDATE records SET live = 0
    WHERE domain = ?1 >> 40 AND id = ?2 AND live = 1";

const ADD_BATCH: &str =
    "INSERT INTO batches (place, records, size, envelope) VALUES (?1, ?2, ?3, ?4)";

pub(super) const BATCHES: &str = "SELECT place, records, size, envelope FROM batches
    WHERE place > ?1 AND place <= ?2 ORDER BY place";

pub(super) const RECORDS: &str =
    "SELECT id, body FROM records WHERE place BETWEEN ?1 AND ?2 ORDER BY place";

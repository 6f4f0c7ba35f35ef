//! The live records: single ones, all of them, and those of a bucket.

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, Row, Rows, params};

use super::budget::Budget;
use super::chain::Domain;
use super::place::at;
use crate::sqlite::Failure;
use crate::store::{Cursor, DomainId, Record, RecordId, Seq, SnapshotPage, StoreError, Stored};

/// The live records with these ids.
pub(super) fn find(
    connection: &Connection,
    id: &DomainId,
    ids: &[RecordId],
) -> Result<Vec<Stored>, Failure> {
    let Some(domain) = Domain::find(connection, id)? else {
        return Ok(Vec::new());
    };
    let mut question = connection.prepare_cached(FIND)?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let wanted = params![domain.number.number(), id.as_bytes()];
        found.extend(question.query_row(wanted, read).optional()?);
    }
    Ok(found)
}

/// The live records after the cursor, in the order of their places.
///
/// Whoever reads to the end has everything: a record moves to the end when it changes, and the end
/// is read last.
pub(super) fn snapshot(
    connection: &Connection,
    id: &DomainId,
    cursor: Option<&Cursor>,
    budget: Budget,
) -> Result<SnapshotPage, Failure> {
    let domain = Domain::find(connection, id)?;
    let Some(domain) = domain else {
        return match cursor {
            Some(_) => Err(StoreError::Conflict.into()),
            None => Ok(SnapshotPage {
                records: Vec::new(),
                next: None,
                since: Seq::START,
            }),
        };
    };
    let places = domain.number.places();
    let after = match cursor {
        None => *places.start(),
        Some(cursor) => place_of(cursor)
            .filter(|place| places.contains(place))
            .ok_or(StoreError::Conflict)?,
    };
    let mut question = connection.prepare_cached(SNAPSHOT)?;
    let mut rows = question.query([after, *places.end()])?;
    let (records, is_cut) = take(&mut rows, budget)?;
    let last = records
        .last()
        .map(|last| domain.number.place(last.seq.number()));
    Ok(SnapshotPage {
        next: last.filter(|_| is_cut).map(cursor_at),
        records,
        since: Seq::new(domain.seq(connection)?),
    })
}

/// The live records of a bucket after an id, in the order of their ids.
pub(super) fn bucket(
    connection: &Connection,
    id: &DomainId,
    bucket: u8,
    after: Option<&RecordId>,
    budget: Budget,
) -> Result<Vec<Stored>, Failure> {
    let Some(domain) = Domain::find(connection, id)? else {
        return Ok(Vec::new());
    };
    let mut last = [u8::MAX; 32];
    last[0] = bucket;
    // Sorts before every id of the bucket.
    let before: &[u8] = &[bucket];
    let after = after.map_or(before, |after| before.max(after.as_bytes()));
    let mut question = connection.prepare_cached(BUCKET)?;
    let mut rows = question.query(params![domain.number.number(), after, last])?;
    Ok(take(&mut rows, budget)?.0)
}

/// Reads rows as long as they fit; whether there are more.
fn take(rows: &mut Rows<'_>, mut budget: Budget) -> rusqlite::Result<(Vec<Stored>, bool)> {
    let mut taken = Vec::new();
    while let Some(row) = rows.next()? {
        let stored = read(row)?;
        if !budget.takes(stored.record.size()) {
            return Ok((taken, true));
        }
        taken.push(stored);
    }
    Ok((taken, false))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        seq: Seq::new(at(row.get(0)?)),
        record: Record {
            id: RecordId::new(row.get(1)?),
            body: Bytes::copy_from_slice(row.get_ref(2)?.as_blob()?),
        },
    })
}

fn cursor_at(place: i64) -> Cursor {
    Cursor::new(place.to_be_bytes().to_vec())
}

fn place_of(cursor: &Cursor) -> Option<i64> {
    cursor.as_bytes().try_into().map(i64::from_be_bytes).ok()
}

pub(super) const FIND: &str = "SELECT place, id, body FROM records
    WHERE domain = ?1 AND id = ?2 AND live = 1";

pub(super) const SNAPSHOT: &str = "SELECT place, id, body FROM records
    WHERE place > ?1 AND place <= ?2 AND live = 1 ORDER BY place";

pub(super) const BUCKET: &str = "SELECT place, id, body FROM records
    WHERE domain = ?1 AND id > ?2 AND id <= ?3 AND live = 1 ORDER BY id";

//! Making room, in steps that are short and may be the last: a writer never waits long, and
//! whoever stops in between only leaves work behind.

use rusqlite::{Connection, OptionalExtension as _};

use super::chain::{Domain, LAST_BATCH};
use super::place::{DomainNumber, at};
use crate::sqlite::Failure;
use crate::store::{DomainId, Seq};

/// Whether there is something left to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Last,
    More,
}

/// Ends the feed at the last whole batch up to `through`.
pub(super) fn end_feed(
    connection: &Connection,
    id: &DomainId,
    through: Seq,
) -> Result<(), Failure> {
    let Some(domain) = Domain::find(connection, id)? else {
        return Ok(());
    };
    let places = [
        *domain.number.places().start(),
        domain.number.place(through.number()),
    ];
    let last = connection
        .prepare_cached(LAST_BATCH)?
        .query_row(places, |row| row.get(0))
        .optional()?;
    if let Some(last) = last.map(at).filter(|last| *last > domain.compacted) {
        connection
            .prepare_cached("UPDATE domains SET compacted = ?2 WHERE number = ?1")?
            .execute([domain.number.number(), last.cast_signed()])?;
    }
    Ok(())
}

/// Removes some of what the feed does not tell any more.
pub(super) fn compact(connection: &Connection, id: &DomainId) -> Result<Step, Failure> {
    let Some(domain) = Domain::find(connection, id)? else {
        return Ok(Step::Last);
    };
    let first = *domain.number.places().start();
    let last = domain.number.place(domain.compacted);
    let head = domain.number.place(domain.seq(connection)?);
    remove(
        connection,
        &[
            (COMPACT_RECORDS, first, last),
            (COMPACT_BATCHES, first, last.min(head - 1)),
        ],
    )
}

/// Makes a domain unreachable.
pub(super) fn hide(connection: &Connection, id: &DomainId) -> Result<(), Failure> {
    if let Some(domain) = Domain::find(connection, id)? {
        let number = domain.number.number();
        connection.execute("INSERT INTO erased_domains (number) VALUES (?1)", [number])?;
        connection.execute("DELETE FROM domains WHERE number = ?1", [number])?;
    }
    Ok(())
}

/// Removes some of what is left of hidden domains.
pub(super) fn erase(connection: &Connection) -> Result<Step, Failure> {
    let hidden = connection
        .query_row("SELECT number FROM erased_domains LIMIT 1", [], |row| {
            row.get(0)
        })
        .optional()?;
    let Some(domain) = hidden.and_then(DomainNumber::new) else {
        return Ok(Step::Last);
    };
    let (first, last) = domain.places().into_inner();
    let step = remove(
        connection,
        &[
            (ERASE_RECORDS, first, last),
            (COMPACT_BATCHES, first, last),
            (ERASE_STATEMENTS, first, last),
        ],
    )?;
    if step == Step::Last {
        connection.execute(
            "DELETE FROM erased_domains WHERE number = ?1",
            [domain.number()],
        )?;
    }
    Ok(Step::More)
}

/// Removes rows between two places, by each of the statements, until it was enough for one step.
fn remove(connection: &Connection, statements: &[(&str, i64, i64)]) -> Result<Step, Failure> {
    let mut left = ROWS;
    for (statement, first, last) in statements {
        let removed = connection
            .prepare_cached(statement)?
            .execute([*first, *last, left])?;
        left -= removed.cast_signed() as i64;
        if left <= 0 {
            return Ok(Step::More);
        }
    }
    Ok(Step::Last)
}

pub(super) const COMPACT_RECORDS: &str =
    "DELETE FROM records WHERE place IN (SELECT place FROM records
    WHERE live = 0 AND place BETWEEN ?1 AND ?2 LIMIT ?3)";

pub(super) const COMPACT_BATCHES: &str =
    "DELETE FROM batches WHERE place IN (SELECT place FROM batches
    WHERE place BETWEEN ?1 AND ?2 LIMIT ?3)";

pub(super) const ERASE_RECORDS: &str =
    "DELETE FROM records WHERE place IN (SELECT place FROM records
    WHERE place BETWEEN ?1 AND ?2 LIMIT ?3)";

pub(super) const ERASE_STATEMENTS: &str =
    "DELETE FROM statements WHERE place IN (SELECT place FROM statements
    WHERE place BETWEEN ?1 AND ?2 LIMIT ?3)";

/// How many rows one step removes.
const ROWS: i64 = 1000;

//! Domains, and their chains of statements.

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::budget::Budget;
use super::place::{DomainNumber, MAX_AT, at};
use crate::sqlite::Failure;
use crate::store::{DomainId, Head, Mark, Seq, StoreError};

/// A domain of the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Domain {
    pub(super) number: DomainNumber,
    /// The feed up to here was compacted.
    pub(super) compacted: u64,
}

impl Domain {
    /// Looks it up.
    pub(super) fn find(connection: &Connection, id: &DomainId) -> Result<Option<Self>, Failure> {
        let found: Option<(i64, i64)> = connection
            .prepare_cached("SELECT number, compacted FROM domains WHERE id = ?1")?
            .query_row([id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((number, compacted)) = found else {
            return Ok(None);
        };
        let number = DomainNumber::new(number)
            .ok_or_else(|| StoreError::corrupt("a domain has a number out of range"))?;
        Ok(Some(Self {
            number,
            compacted: compacted.cast_unsigned(),
        }))
    }

    /// Makes it.
    pub(super) fn create(connection: &Connection, id: &DomainId) -> Result<Self, Failure> {
        connection
            .prepare_cached("INSERT INTO domains (id, compacted) VALUES (?1, 0)")?
            .execute([id.as_bytes()])?;
        let number = DomainNumber::new(connection.last_insert_rowid()).ok_or_else(|| {
            StoreError::full("the file had eight million domains, and takes no more")
        })?;
        Ok(Self {
            number,
            compacted: 0,
        })
    }

    /// How many statements its chain has.
    pub(super) fn statements(self, connection: &Connection) -> rusqlite::Result<u64> {
        let last = self.last(connection, LAST_STATEMENT)?;
        Ok(last.map_or(0, |last| last.saturating_add(1)))
    }

    /// The place of its last record, 0 if there is none.
    pub(super) fn seq(self, connection: &Connection) -> rusqlite::Result<u64> {
        Ok(self.last(connection, LAST_BATCH)?.unwrap_or_default())
    }

    fn last(self, connection: &Connection, question: &str) -> rusqlite::Result<Option<u64>> {
        let places = self.number.places();
        let last = connection
            .prepare_cached(question)?
            .query_row([places.start(), places.end()], |row| row.get(0))
            .optional()?;
        Ok(last.map(at))
    }
}

/// Adds a statement at `position`, which must be the next; answers how far the domain has grown.
pub(super) fn append(
    connection: &Connection,
    id: &DomainId,
    position: u64,
    statement: &[u8],
) -> Result<Mark, Failure> {
    let found = Domain::find(connection, id)?;
    let next = match found {
        Some(domain) => domain.statements(connection)?,
        None => 0,
    };
    if position != next {
        return Err(StoreError::Conflict.into());
    }
    if position > MAX_AT {
        return Err(StoreError::full("the chain takes no more statements").into());
    }
    let domain = match found {
        Some(domain) => domain,
        None => Domain::create(connection, id)?,
    };
    connection
        .prepare_cached("INSERT INTO statements (place, statement) VALUES (?1, ?2)")?
        .execute(params![domain.number.place(position), statement])?;
    Ok(Mark {
        statements: position.saturating_add(1),
        seq: Seq::new(domain.seq(connection)?),
    })
}

/// The statements from `from` on, as many as fit.
pub(super) fn statements(
    connection: &Connection,
    id: &DomainId,
    from: u64,
    mut budget: Budget,
) -> Result<Vec<Bytes>, Failure> {
    let mut found = Vec::new();
    let Some(domain) = Domain::find(connection, id)?.filter(|_| from <= MAX_AT) else {
        return Ok(found);
    };
    let last = *domain.number.places().end();
    let mut question = connection.prepare_cached(STATEMENTS)?;
    let mut rows = question.query([domain.number.place(from), last])?;
    while let Some(row) = rows.next()? {
        let statement = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
        if !budget.takes(statement.len()) {
            break;
        }
        found.push(Bytes::copy_from_slice(statement));
    }
    Ok(found)
}

/// Where both logs end.
pub(super) fn head(connection: &Connection, id: &DomainId) -> Result<Option<Head>, Failure> {
    let Some(domain) = Domain::find(connection, id)? else {
        return Ok(None);
    };
    let places = domain.number.places();
    let batch: Option<(i64, Vec<u8>)> = connection
        .prepare_cached(HEAD)?
        .query_row([places.start(), places.end()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let (place, envelope) = batch.unwrap_or_default();
    Ok(Some(Head {
        statements: domain.statements(connection)?,
        seq: Seq::new(at(place)),
        envelope: envelope.into(),
        compacted: Seq::new(domain.compacted),
    }))
}

pub(super) const LAST_STATEMENT: &str = "SELECT place FROM statements WHERE place BETWEEN ?1 AND ?2
    ORDER BY place DESC LIMIT 1";

pub(super) const LAST_BATCH: &str = "SELECT place FROM batches WHERE place BETWEEN ?1 AND ?2
    ORDER BY place DESC LIMIT 1";

pub(super) const HEAD: &str = "SELECT place, envelope FROM batches WHERE place BETWEEN ?1 AND ?2
    ORDER BY place DESC LIMIT 1";

pub(super) const STATEMENTS: &str = "SELECT statement FROM statements WHERE place BETWEEN ?1 AND ?2
    ORDER BY place";

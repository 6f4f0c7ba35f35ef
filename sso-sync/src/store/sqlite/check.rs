//! Looking for damage.

use std::path::Path;

use rusqlite::Connection;

use super::chain::Domain;
use crate::sqlite::{Failure, OpenError, check_thoroughly};
use crate::store::{DomainId, StoreError};

/// Looks at every page, every entry of an index, every chain and every feed.
pub(super) fn check(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::sqlite(path, source);
    let moment = connection.transaction().map_err(failed)?;
    check_thoroughly(&moment, path)?;
    check_domains(&moment).map_err(|failure| OpenError::store(path, failure.into()))
}

fn check_domains(connection: &Connection) -> Result<(), Failure> {
    let mut question = connection.prepare("SELECT id FROM domains")?;
    let ids = question.query_map([], |row| Ok(DomainId::new(row.get(0)?)))?;
    ids.into_iter()
        .try_for_each(|id| check_domain(connection, &id?))
}

/// Whether nothing is missing of what the domain is said to have.
fn check_domain(connection: &Connection, id: &DomainId) -> Result<(), Failure> {
    let Some(domain) = Domain::find(connection, id)? else {
        return Ok(());
    };
    let statements = domain.statements(connection)?;
    let (first, last) = domain.number.places().into_inner();
    let there = count(connection, STATEMENTS, [first, last])?;
    if statements == 0 || there != statements {
        return Err(StoreError::corrupt(format!("domain {id} misses statements")).into());
    }
    let untold = domain.number.place(domain.compacted);
    let told = domain.seq(connection)?.checked_sub(domain.compacted);
    let there = count(connection, BATCHES, [untold, last])?;
    let records = count(connection, RECORDS, [untold, last])?;
    if told != Some(there) || there != records {
        return Err(StoreError::corrupt(format!("the feed of domain {id} misses records")).into());
    }
    Ok(())
}

fn count(connection: &Connection, question: &str, places: [i64; 2]) -> rusqlite::Result<u64> {
    let count: i64 = connection.query_row(question, places, |row| row.get(0))?;
    Ok(count.cast_unsigned())
}

const STATEMENTS: &str = "SELECT count(*) FROM statements WHERE place BETWEEN ?1 AND ?2";

const BATCHES: &str =
    "SELECT coalesce(sum(records), 0) FROM batches WHERE place > ?1 AND place <= ?2";

const RECORDS: &str = "SELECT count(*) FROM records WHERE place > ?1 AND place <= ?2";

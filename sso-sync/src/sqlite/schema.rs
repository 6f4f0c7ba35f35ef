//! Which tables a file has, as its `user_version` says.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::OpenError;

/// Brings the file at `path` to the newest schema, in one transaction, and answers the one it had.
///
/// The step at index n leads from schema n to n + 1; schema 0 is an empty file. `first_use` is run
/// in the same transaction after an empty file got its tables.
pub(crate) fn migrate(
    connection: &mut Connection,
    path: &Path,
    application: i32,
    steps: &[&str],
    first_use: impl FnOnce(&Connection) -> rusqlite::Result<()>,
) -> Result<(), OpenError> {
    let failed = |source| OpenError::sqlite(path, source);
    if find(connection, path, application, steps)? == steps.len() {
        return Ok(());
    }
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    // Another process may have done it meanwhile.
    let found = find(&transaction, path, application, steps)?;
    let missing = steps.get(found..).unwrap_or_default();
    let take = || {
        missing
            .iter()
            .try_for_each(|step| transaction.execute_batch(step))?;
        if found == 0 {
            transaction.pragma_update(None, "application_id", application)?;
            first_use(&transaction)?;
        }
        transaction.pragma_update(None, "user_version", steps.len() as i64)?;
        transaction.commit()
    };
    take().map_err(failed)
}

/// The schema of the file, if it is one of ours.
fn find(
    connection: &Connection,
    path: &Path,
    application: i32,
    steps: &[&str],
) -> Result<usize, OpenError> {
    let (found, made_by, tables): (i64, i32, i64) = connection
        .query_row(IDENTITY, [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .map_err(|source| OpenError::sqlite(path, source))?;
    let is_empty = found == 0 && tables == 0;
    if made_by != application && !is_empty {
        return Err(OpenError::Foreign { path: path.into() });
    }
    match usize::try_from(found) {
        Ok(version) if version <= steps.len() => Ok(version),
        _ => Err(OpenError::NewerSchema {
            path: path.into(),
            found,
            known: steps.len() as i64,
        }),
    }
}

const IDENTITY: &str = "SELECT user_version, application_id, (SELECT count(*) FROM sqlite_schema)
    FROM pragma_user_version, pragma_application_id";

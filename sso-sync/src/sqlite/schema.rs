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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_gets_everything_and_a_file_of_before_what_it_lacks() {
        let mut connection = Connection::open_in_memory().unwrap();
        let mut uses = 0;
        let mut take = |connection: &mut _, steps: &[&str]| {
            migrate(connection, Path::new("file"), 5, steps, |_| {
                uses += 1;
                Ok(())
            })
        };
        take(&mut connection, &STEPS[..2]).unwrap();
        connection
            .execute("INSERT INTO a VALUES (1, 2)", [])
            .unwrap();
        take(&mut connection, STEPS).unwrap();
        take(&mut connection, STEPS).unwrap();
        assert_eq!(uses, 1, "only an empty file is used for the first time");
        let row = connection.query_row("SELECT * FROM a", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        });
        assert_eq!(row, Ok((1, 2, 3)));
    }

    #[test]
    fn a_step_that_fails_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        let mut take = |steps: &[&str]| {
            let taken = migrate(&mut connection, Path::new("file"), 5, steps, |_| Ok(()));
            (taken, find(&connection, Path::new("file"), 5, STEPS))
        };
        let (taken, _) = take(&STEPS[..1]);
        taken.unwrap();
        let (failed, version) = take(&[STEPS[0], STEPS[1], "CREATE TABLE a (a)"]);
        assert!(failed.is_err());
        assert_eq!(version.unwrap(), 1);
        let (taken, version) = take(STEPS);
        taken.unwrap();
        assert_eq!(version.unwrap(), 3);
    }

    #[test]
    fn a_newer_file_is_refused_and_both_versions_are_named() {
        let mut connection = Connection::open_in_memory().unwrap();
        let mut take = |steps| migrate(&mut connection, Path::new("file"), 5, steps, |_| Ok(()));
        take(STEPS).unwrap();
        let refused = take(&STEPS[..2]).unwrap_err().to_string();
        assert!(
            refused.contains("has schema 3, this program knows 2"),
            "{refused}"
        );
    }

    #[test]
    fn a_file_of_another_program_is_refused() {
        let theirs = Connection::open_in_memory().unwrap();
        theirs.execute_batch("CREATE TABLE a (a)").unwrap();
        let mut ours_elsewhere = Connection::open_in_memory().unwrap();
        let path = Path::new("file");
        migrate(&mut ours_elsewhere, path, 6, STEPS, |_| Ok(())).unwrap();
        for mut connection in [theirs, ours_elsewhere] {
            let refused = migrate(&mut connection, path, 5, STEPS, |_| Ok(())).unwrap_err();
            assert!(matches!(refused, OpenError::Foreign { .. }), "{refused:?}");
        }
    }

    const STEPS: &[&str] = &[
        "CREATE TABLE a (a INTEGER) STRICT",
        "ALTER TABLE a ADD COLUMN b INTEGER",
        "ALTER TABLE a ADD COLUMN c INTEGER DEFAULT 3",
    ];
}

//! Which tables a file has, as its `user_version` says, and how old a program may be that works
//! with it.
//!
//! `user_version` is the schema, and beside it the oldest schema whose programs read the file and
//! the oldest whose programs write it: `schema + reader · 2¹⁰ + writer · 2²⁰`. Zero is the schema
//! itself. Whoever adds a step says what it means for the programs before it: a column or an index
//! that they may leave alone keeps both numbers.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::OpenError;

/// The tables of one kind of file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tables<'a> {
    application: i32,
    steps: &'a [&'a str],
    reader: usize,
    writer: usize,
}

impl<'a> Tables<'a> {
    /// Files of an `application`, made by `steps`: the step at index n leads from schema n to n + 1;
    /// schema 0 is an empty file. Programs that do not know all steps keep away from the file.
    pub(crate) const fn new(application: i32, steps: &'a [&'a str]) -> Self {
        Self {
            application,
            steps,
            reader: steps.len(),
            writer: steps.len(),
        }
    }

    /// Programs read such a file that know the schemas up to `reader`, and write it that know those
    /// up to `writer`.
    #[cfg_attr(
        not(any(test, feature = "dangerous-test-builds")),
        expect(
            dead_code,
            reason = "no step was added yet that older programs may leave alone"
        )
    )]
    pub(crate) const fn known_from(mut self, reader: usize, writer: usize) -> Self {
        self.reader = reader;
        self.writer = writer;
        self
    }

    const fn newest(&self) -> usize {
        self.steps.len()
    }

    const fn user_version(&self) -> i64 {
        pack(self.newest(), self.reader, self.writer)
    }
}

/// What a program may do with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everything.
    Full,
    /// It reads; a newer program wrote the file, in this schema.
    Reading {
        /// Schema of the file.
        found: i64,
    },
}

/// Brings the file at `path` to the newest schema, in one transaction. `first_use` is run in the
/// same transaction after an empty file got its tables.
///
/// A file that a newer program wrote stays as it is.
///
/// # Errors
///
/// [`OpenError::NewerSchema`] if this program may not even read it.
pub(crate) fn migrate(
    connection: &mut Connection,
    path: &Path,
    tables: Tables<'_>,
    first_use: impl FnOnce(&Connection) -> rusqlite::Result<()>,
) -> Result<Access, OpenError> {
    let failed = |source| OpenError::sqlite(path, source);
    if let Some(access) = look(connection, path, tables)? {
        return Ok(access);
    }
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    // Another process may have done it meanwhile.
    let found = find(&transaction, path, tables)?;
    if let Some(access) = found.access(path, tables)? {
        return Ok(access);
    }
    let missing = tables.steps.get(found.schema..).unwrap_or_default();
    let take = || {
        missing
            .iter()
            .try_for_each(|step| transaction.execute_batch(step))?;
        if found.schema == 0 {
            transaction.pragma_update(None, "application_id", tables.application)?;
            first_use(&transaction)?;
        }
        transaction.pragma_update(None, "user_version", tables.user_version())?;
        transaction.commit()
    };
    take().map_err(failed)?;
    Ok(Access::Full)
}

/// What may be done with the file at `path` as it is; `None` if it needs a step.
///
/// # Errors
///
/// As for [`migrate`].
pub(crate) fn look(
    connection: &Connection,
    path: &Path,
    tables: Tables<'_>,
) -> Result<Option<Access>, OpenError> {
    find(connection, path, tables)?.access(path, tables)
}

/// What a file says of itself.
#[derive(Clone, Copy, Debug)]
struct Found {
    schema: usize,
    reader: usize,
    writer: usize,
}

impl Found {
    /// What may be done with a file that needs no step; `None` if it needs one.
    fn access(self, path: &Path, tables: Tables<'_>) -> Result<Option<Access>, OpenError> {
        let (known, found) = (tables.newest(), self.schema as i64);
        match self {
            Self { schema, .. } if schema < known => Ok(None),
            Self { schema, .. } if schema == known => Ok(Some(Access::Full)),
            Self { writer, .. } if writer <= known => Ok(Some(Access::Full)),
            Self { reader, .. } if reader <= known => Ok(Some(Access::Reading { found })),
            _ => Err(OpenError::NewerSchema {
                path: path.into(),
                found,
                known: known as i64,
            }),
        }
    }
}

/// The schema of the file, if it is one of ours.
fn find(connection: &Connection, path: &Path, tables: Tables<'_>) -> Result<Found, OpenError> {
    let (found, made_by, rows): (i64, i32, i64) = connection
        .query_row(IDENTITY, [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .map_err(|source| OpenError::sqlite(path, source))?;
    let is_empty = found == 0 && rows == 0;
    if made_by != tables.application && !is_empty {
        return Err(OpenError::Foreign { path: path.into() });
    }
    Ok(unpack(found))
}

const fn pack(schema: usize, reader: usize, writer: usize) -> i64 {
    let (reader, writer) = (unless(schema, reader), unless(schema, writer));
    (schema + (reader << BITS) + (writer << (2 * BITS))) as i64
}

const fn unless(schema: usize, number: usize) -> usize {
    if number == schema { 0 } else { number }
}

fn unpack(user_version: i64) -> Found {
    // Nobody writes a negative one: it is a schema that no program knows.
    let all = usize::try_from(user_version).unwrap_or(LARGEST);
    let schema = all & LARGEST;
    let part = |number: usize| match number & LARGEST {
        0 => schema,
        number => number,
    };
    Found {
        schema,
        reader: part(all >> BITS),
        writer: part(all >> (2 * BITS)),
    }
}

/// Of each of the three numbers.
const BITS: usize = 10;
const LARGEST: usize = (1 << BITS) - 1;

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
            migrate(connection, Path::new("file"), Tables::new(5, steps), |_| {
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
            let tables = Tables::new(5, steps);
            let taken = migrate(&mut connection, Path::new("file"), tables, |_| Ok(()));
            (
                taken,
                find(&connection, Path::new("file"), tables).map(|it| it.schema),
            )
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
        let mut take = |steps| {
            let tables = Tables::new(5, steps);
            migrate(&mut connection, Path::new("file"), tables, |_| Ok(()))
        };
        take(STEPS).unwrap();
        let refused = take(&STEPS[..2]).unwrap_err().to_string();
        assert!(
            refused.contains("has schema 3, this program knows 2"),
            "{refused}"
        );
    }

    #[test]
    fn a_newer_file_says_how_old_a_program_may_be_that_reads_or_writes_it() {
        for (reader, writer, expected) in [
            (2, 3, Some(Access::Reading { found: 3 })),
            (1, 2, Some(Access::Full)),
            (2, 2, Some(Access::Full)),
            (3, 3, None),
        ] {
            let mut connection = Connection::open_in_memory().unwrap();
            let mut take = |tables: Tables<'_>| {
                migrate(&mut connection, Path::new("file"), tables, |_| Ok(())).ok()
            };
            let newer = Tables::new(5, STEPS).known_from(reader, writer);
            assert_eq!(take(newer), Some(Access::Full));
            assert_eq!(take(Tables::new(5, &STEPS[..2])), expected);
            assert_eq!(take(newer), Some(Access::Full), "nothing was changed");
        }
    }

    #[test]
    fn a_schema_of_programs_before_is_the_whole_number() {
        assert_eq!(pack(3, 3, 3), 3);
        let Found {
            schema,
            reader,
            writer,
        } = unpack(pack(7, 2, 5));
        assert_eq!((schema, reader, writer), (7, 2, 5));
        assert_eq!(unpack(-1).schema, LARGEST);
    }

    #[test]
    fn a_file_of_another_program_is_refused() {
        let theirs = Connection::open_in_memory().unwrap();
        theirs.execute_batch("CREATE TABLE a (a)").unwrap();
        let mut ours_elsewhere = Connection::open_in_memory().unwrap();
        let path = Path::new("file");
        migrate(&mut ours_elsewhere, path, Tables::new(6, STEPS), |_| Ok(())).unwrap();
        for mut connection in [theirs, ours_elsewhere] {
            let refused =
                migrate(&mut connection, path, Tables::new(5, STEPS), |_| Ok(())).unwrap_err();
            assert!(matches!(refused, OpenError::Foreign { .. }), "{refused:?}");
        }
    }

    const STEPS: &[&str] = &[
        "CREATE TABLE a (a INTEGER) STRICT",
        "ALTER TABLE a ADD COLUMN b INTEGER",
        "ALTER TABLE a ADD COLUMN c INTEGER DEFAULT 3",
    ];
}

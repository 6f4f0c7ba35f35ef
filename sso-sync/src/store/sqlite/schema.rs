//! The tables, and the versions they had.

use std::path::Path;

use rusqlite::Connection;

use crate::sqlite::{Access, OpenError, Tables, look, migrate};

/// Brings the file to the newest schema. One that may only be read is of no use here: whoever
/// keeps a log goes on with it.
pub(super) fn prepare(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let tables = tables();
    match migrate(connection, path, tables, |_| Ok(()))? {
        Access::Full => Ok(()),
        Access::Reading { found } => Err(newer(path, found)),
    }
}

/// Sees that this program may write the file.
pub(super) fn expect_known(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    match look(connection, path, tables())? {
        Some(Access::Reading { found }) => Err(newer(path, found)),
        Some(Access::Full) | None => Ok(()),
    }
}

fn newer(path: &Path, found: i64) -> OpenError {
    OpenError::NewerSchema {
        path: path.into(),
        found,
        known: STEPS.len() as i64,
    }
}

fn tables() -> Tables<'static> {
    #[cfg(feature = "dangerous-test-builds")]
    if let Some(pretended) = crate::sqlite::pretended() {
        return Tables::new(APPLICATION, NEXT).known_from(pretended.reader, pretended.writer);
    }
    Tables::new(APPLICATION, STEPS)
}

/// `SSOD`: a file with SSO domains.
const APPLICATION: i32 = 0x5353_4f44;

/// How each schema came from the one before. A step that was released is never changed.
const STEPS: &[&str] = &[TABLES];

/// A made-up next step, for tests of two builds.
#[cfg(feature = "dangerous-test-builds")]
const NEXT: &[&str] = &[TABLES, "ALTER TABLE entries ADD COLUMN pretended INTEGER"];

/// A `place` is the number of the domain and a running number (`place.rs`): what is written goes
/// to the end. Only live records are in the index of the random ids, and only superseded ones in
/// the one that compaction goes by.
///
/// `batches` are keyed by the place of their last record, so that the next row after any place is
/// the batch that goes on there. The last one of a domain is never removed: it is the head.
///
/// `AUTOINCREMENT` gives no number twice, neither to a domain nor as the version of an entry.
const TABLES: &str = "
    CREATE TABLE domains (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id BLOB NOT NULL UNIQUE,
        compacted INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE erased_domains (
        number INTEGER PRIMARY KEY
    ) STRICT;

    CREATE TABLE statements (
        place INTEGER PRIMARY KEY,
        statement BLOB NOT NULL
    ) STRICT;

    CREATE TABLE batches (
        place INTEGER PRIMARY KEY,
        records INTEGER NOT NULL,
        size INTEGER NOT NULL,
        envelope BLOB NOT NULL
    ) STRICT;

    CREATE TABLE records (
        place INTEGER PRIMARY KEY,
        domain INTEGER NOT NULL AS (place >> 40) VIRTUAL,
        live INTEGER NOT NULL,
        id BLOB NOT NULL,
        body BLOB NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX live_records ON records (domain, id) WHERE live = 1;
    CREATE INDEX superseded_records ON records (live) WHERE live = 0;

    CREATE TABLE entries (
        version INTEGER PRIMARY KEY AUTOINCREMENT,
        key BLOB NOT NULL UNIQUE,
        value BLOB NOT NULL
    ) STRICT;
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::{chain, compact, feed, level_1, live};

    #[test]
    fn a_file_of_this_version_is_brought_to_the_next() {
        let (mut connection, folder) = fresh();
        let path = folder.path().join("file");
        let add = "INSERT INTO entries (key, value) VALUES (x'61', x'62')";
        connection.execute(add, []).unwrap();
        let next = &[
            STEPS,
            &["ALTER TABLE entries ADD COLUMN next INTEGER DEFAULT 7"],
        ]
        .concat();
        migrate(
            &mut connection,
            &path,
            Tables::new(APPLICATION, next),
            |_| Ok(()),
        )
        .unwrap();
        let row = connection.query_row("SELECT version, next FROM entries", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        });
        assert_eq!(row, Ok((1, 7)));

        let refused = prepare(&mut connection, &path).unwrap_err();
        assert!(
            matches!(refused, OpenError::NewerSchema { .. }),
            "{refused:?}"
        );
    }

    #[test]
    fn no_question_reads_a_whole_table() {
        let (connection, _folder) = fresh();
        for question in [
            chain::HEAD,
            chain::LAST_BATCH,
            chain::LAST_STATEMENT,
            chain::STATEMENTS,
            compact::COMPACT_BATCHES,
            compact::COMPACT_RECORDS,
            compact::ERASE_RECORDS,
            compact::ERASE_STATEMENTS,
            feed::BATCHES,
            feed::RECORDS,
            feed::SUPERSEDE,
            level_1::LIST,
            live::BUCKET,
            live::FIND,
            live::SNAPSHOT,
        ] {
            let plan = plan(&connection, question);
            let sorts = plan.iter().any(|step| step.contains("TEMP B-TREE"));
            let scans = plan.iter().any(|step| step.starts_with("SCAN"));
            assert!(!sorts && !scans, "{question}: {plan:?}");
        }
    }

    #[test]
    fn ids_are_found_by_their_index_and_ranges_by_their_places() {
        let (connection, _folder) = fresh();
        for (question, way) in [
            (live::FIND, "live_records"),
            (live::BUCKET, "live_records"),
            (feed::SUPERSEDE, "live_records"),
            (compact::COMPACT_RECORDS, "superseded_records"),
            (live::SNAPSHOT, "INTEGER PRIMARY KEY"),
            (feed::RECORDS, "INTEGER PRIMARY KEY"),
        ] {
            let plan = plan(&connection, question);
            assert!(
                plan.iter().any(|step| step.contains(way)),
                "{question}: {plan:?}"
            );
        }
    }

    fn plan(connection: &Connection, question: &str) -> Vec<String> {
        let mut plan = connection
            .prepare(&format!("EXPLAIN QUERY PLAN {question}"))
            .unwrap();
        // No value is bound: all are NULL.
        let steps = plan.raw_query().mapped(|row| row.get("detail"));
        steps.collect::<Result<_, _>>().unwrap()
    }

    fn fresh() -> (Connection, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut connection = Connection::open(&path).unwrap();
        prepare(&mut connection, &path).unwrap();
        (connection, folder)
    }
}

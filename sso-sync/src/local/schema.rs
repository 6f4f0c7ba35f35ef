//! The tables, and the versions they had.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _};

use super::data_key::Sealer;
use crate::sqlite::{Access, OpenError, Tables, migrate};

/// Brings the file to the newest schema, and makes sure that the data key is the one it was made
/// with. A file that a newer program wrote may be only there to be read.
pub(super) fn prepare(
    connection: &mut Connection,
    sealer: &Sealer,
    path: &Path,
) -> Result<Access, OpenError> {
    let first_use = |connection: &Connection| mark_key(connection, sealer);
    let access = migrate(connection, path, tables(), first_use)?;
    let mark = key_mark(connection).map_err(|source| OpenError::sqlite(path, source))?;
    if !mark.is_some_and(|mark| sealer.knows(&mark)) {
        return Err(OpenError::WrongKey { path: path.into() });
    }
    Ok(access)
}

fn tables() -> Tables<'static> {
    #[cfg(feature = "dangerous-test-builds")]
    if let Some(pretended) = crate::sqlite::pretended() {
        let next = &[TABLES, "ALTER TABLE users ADD COLUMN pretended INTEGER"];
        return Tables::new(APPLICATION, next).known_from(pretended.reader, pretended.writer);
    }
    Tables::new(APPLICATION, STEPS)
}

fn mark_key(connection: &Connection, sealer: &Sealer) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO facts (name, value) VALUES ('data key', ?1)",
        [sealer.mark()],
    )?;
    Ok(())
}

fn key_mark(connection: &Connection) -> rusqlite::Result<Option<Vec<u8>>> {
    connection
        .query_row(
            "SELECT value FROM facts WHERE name = 'data key'",
            [],
            |row| row.get(0),
        )
        .optional()
}

/// The newest schema that this program knows.
pub(super) const KNOWN: i64 = STEPS.len() as i64;

const STEPS: &[&str] = &[TABLES];

/// These files do not say whose they are.
const APPLICATION: i32 = 0;

/// Rows are keyed by a running number and found by an index on the random key: a table that is
/// sorted by random keys is several times slower to fill.
///
/// Times are nanoseconds since 1970, so they end in 2262.
const TABLES: &str = "
    CREATE TABLE facts (
        name TEXT PRIMARY KEY,
        value BLOB NOT NULL
    ) STRICT;

    CREATE TABLE users (
        seq INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        account_digest BLOB NOT NULL UNIQUE,
        account TEXT NOT NULL,
        profile TEXT NOT NULL,
        secret BLOB NOT NULL
    ) STRICT;

    CREATE TABLE replay_marks (
        seq INTEGER PRIMARY KEY,
        key BLOB NOT NULL UNIQUE,
        expires INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX replay_marks_by_end ON replay_marks (expires);

    CREATE TABLE revocations (
        seq INTEGER PRIMARY KEY,
        digest BLOB NOT NULL UNIQUE,
        revoked INTEGER NOT NULL,
        until INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX revocations_by_end ON revocations (until);
";

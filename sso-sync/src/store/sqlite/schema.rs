//! The tables, and the versions they had.

use std::path::Path;

use rusqlite::Connection;

use crate::sqlite::{OpenError, migrate};

/// Brings the file to the newest schema.
pub(super) fn prepare(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    migrate(connection, path, APPLICATION, STEPS, |_| Ok(()))
}

/// `SSOD`: a file with SSO domains.
const APPLICATION: i32 = 0x5353_4f44;

/// How each schema came from the one before. A step that was released is never changed.
const STEPS: &[&str] = &[TABLES];

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

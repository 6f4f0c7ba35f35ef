//! Files and connections.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::OpenError;

/// Makes an empty file of mode 0600 unless there is one; SQLite gives its side files the same
/// mode.
///
/// A file that is there is not opened: closing it would take away the locks that another
/// connection of this process has on it.
pub(crate) fn create_private(path: &Path) -> io::Result<()> {
    match private(fs::OpenOptions::new().write(true).create_new(true)).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

/// Lets a file that is made have the mode 0600.
pub(crate) fn private(options: &mut fs::OpenOptions) -> &mut fs::OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Opens the file at `path`, which must be there, so that what is committed stays.
pub(crate) fn connect(path: &Path) -> Result<Connection, OpenError> {
    open(path, |connection| {
        keep_a_log(connection)?;
        connection.pragma_update(None, "synchronous", "FULL")
    })
}

/// Has the file written by way of a log.
///
/// An empty file is turned by whoever has it alone, and SQLite does not wait for that: it is waited
/// for by a transaction.
fn keep_a_log(connection: &Connection) -> rusqlite::Result<()> {
    let turn = || connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()));
    for _ in 0..TURNS {
        match turn() {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                connection.execute_batch("BEGIN EXCLUSIVE; ROLLBACK")?;
            }
            turned => return turned,
        }
    }
    turn()
}

/// Opens the file at `path`, which must be there, for a content that is worth nothing before it is
/// whole: nothing is on the disk before the file is synchronised, and nobody else may open it.
pub(crate) fn connect_draft(path: &Path) -> Result<Connection, OpenError> {
    open(path, |connection| {
        connection.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))?;
        // Not "OFF": a statement that fails must still be undone.
        connection.pragma_update_and_check(None, "journal_mode", "MEMORY", |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "OFF")
    })
}

/// The same for a content that goes on after the process has died: what was committed is there then,
/// and after a power failure some of it, in the order in which it was written.
pub(crate) fn connect_lasting_draft(path: &Path) -> Result<Connection, OpenError> {
    open(path, |connection| {
        connection.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))?;
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        connection.pragma_update_and_check(None, "wal_autocheckpoint", LOG_PAGES, |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "NORMAL")
    })
}

fn open(
    path: &Path,
    configure: impl FnOnce(&Connection) -> rusqlite::Result<()>,
) -> Result<Connection, OpenError> {
    let failed = |source| OpenError::sqlite(path, source);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    let configure = || {
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "cell_size_check", true)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        configure(&connection)
    };
    configure().map_err(failed)?;
    Ok(connection)
}

/// Reads the whole file and looks whether every page is what it should be.
pub(crate) fn check_for_damage(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    ask_for_damage(connection, "PRAGMA quick_check(1)", path)
}

/// The same for the file that is attached under the name `schema`.
pub(crate) fn check_for_damage_in(
    connection: &Connection,
    schema: &str,
    path: &Path,
) -> Result<(), OpenError> {
    ask_for_damage(connection, &format!("PRAGMA {schema}.quick_check(1)"), path)
}

/// Looks as well whether every row is found by every index, and takes several times as long.
pub(crate) fn check_thoroughly(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    ask_for_damage(connection, "PRAGMA integrity_check(1)", path)
}

fn ask_for_damage(connection: &Connection, question: &str, path: &Path) -> Result<(), OpenError> {
    let verdict: String = connection
        .query_row(question, [], |row| row.get(0))
        .map_err(|source| OpenError::sqlite(path, source))?;
    match verdict.as_str() {
        "ok" => Ok(()),
        _ => Err(OpenError::Damaged {
            path: path.into(),
            detail: verdict,
        }),
    }
}

/// What stands beside the file at `path` under its name and this end.
pub(crate) fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Removes what SQLite keeps beside the file at `path`, which nobody has open: it would be taken for
/// that of another file of this name. The log goes first: without it, what is left is some of what
/// was written.
pub(crate) fn remove_side_files(path: &Path) -> io::Result<()> {
    let mut sides = ["-wal", "-shm", "-journal"].into_iter();
    sides.try_for_each(|end| remove(&with_end(path, end)))
}

/// Removes a file, if it is there.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Makes the names in the folder of `path` survive a power failure.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::File::open(folder)?.sync_all()
}

/// After how many pages of 4 KiB a log is brought into the file of a draft.
const LOG_PAGES: i64 = 4096;

/// How long one process waits for another that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How often others may come first while an empty file is turned.
const TURNS: u32 = 100;

/// How many statements a connection keeps prepared: more than there are.
const STATEMENTS: usize = 64;

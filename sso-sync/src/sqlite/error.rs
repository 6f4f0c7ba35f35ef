//! Why a file cannot be used, and what a failed statement means to the caller.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{ErrorCode, ffi};
use sso_core::StoreError;

/// Why a file could not be opened, filled or copied.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file is no database, or parts of it are unreadable: restore a backup.
    #[error("{} is damaged: {detail}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite found.
        detail: String,
    },
    /// There is a file already where a new one was to be made: choose another name, or move that
    /// file away.
    #[error("{} exists already: choose another name, or move that file away", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file is a database, but not one that this program keeps there.
    #[error(
        "{} is a database of another kind: name another file, or move that file away",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// There is no room for the file: make some, and try again.
    #[error("there is no room for {}: make some, and try again", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// What was to be written into the file is not whole, or contradicts itself.
    #[error("{} cannot be filled: {detail}", path.display())]
    Incomplete {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: &'static str,
    },
    /// Another process is making the file: wait for it.
    #[error("{} is being made by another process: wait until it has finished", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read or written: permissions, another process.
    #[error("{} cannot be used: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system or SQLite says.
        source: sso_core::BoxError,
    },
    /// A newer program wrote the file.
    #[error(
        "{} has schema {found}, this program knows {known}: install the version that wrote it, \
         or a newer one",
        path.display()
    )]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// Schema of the file.
        found: i64,
        /// Newest schema that this program understands.
        known: i64,
    },
    /// The secrets in the file were sealed with another data key.
    #[error("{} was sealed with another data key", path.display())]
    WrongKey {
        /// The file.
        path: PathBuf,
    },
}

impl OpenError {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.into();
        match source.kind() {
            io::ErrorKind::StorageFull => Self::Full { path },
            _ => Self::Io {
                path,
                source: source.into(),
            },
        }
    }

    pub(crate) fn sqlite(path: &Path, source: rusqlite::Error) -> Self {
        Self::store(path, store_error(source))
    }

    pub(crate) fn store(path: &Path, source: StoreError) -> Self {
        let path = path.into();
        match source {
            StoreError::Corrupt(source) => Self::Damaged {
                path,
                detail: source.to_string(),
            },
            StoreError::Full(_) => Self::Full { path },
            source => Self::Io {
                path,
                source: source.into(),
            },
        }
    }
}

/// Why a job on a connection failed: an answer of its own, or what SQLite said, sorted.
#[derive(Debug)]
pub(crate) struct Failure(StoreError);

impl From<StoreError> for Failure {
    fn from(answer: StoreError) -> Self {
        Self(answer)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(source: rusqlite::Error) -> Self {
        Self(store_error(source))
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        failure.0
    }
}

/// Sorts a failed statement by what the caller does about it.
pub(crate) fn store_error(source: rusqlite::Error) -> StoreError {
    if source.sqlite_extended_error_code() == Some(ffi::SQLITE_IOERR_SHMSIZE) {
        // The index of the write-ahead log could not grow.
        return StoreError::full(source);
    }
    match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::corrupt(source),
        Some(ErrorCode::DiskFull) => StoreError::full(source),
        Some(_) => StoreError::unavailable(source),
        // Not the database but its content: a column of an unexpected type.
        None => StoreError::corrupt(source),
    }
}

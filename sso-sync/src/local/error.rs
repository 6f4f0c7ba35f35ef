//! Why the file cannot be used, and what a failed statement means to the caller.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use sso_core::StoreError;

/// Why [`LocalStore::open`](super::LocalStore::open) gave up.
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
    /// The file cannot be read or written: permissions, a full disk, another process.
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
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.into(),
            source: source.into(),
        }
    }

    pub(super) fn sqlite(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.into();
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged {
                path,
                detail: source.to_string(),
            },
            _ => Self::Io {
                path,
                source: source.into(),
            },
        }
    }
}

/// Sorts a failed statement by what the caller does about it.
pub(super) fn store_error(source: rusqlite::Error) -> StoreError {
    match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::corrupt(source),
        Some(ErrorCode::DiskFull) => StoreError::full(source),
        Some(_) => StoreError::unavailable(source),
        // Not the database but its content: a column of an unexpected type.
        None => StoreError::corrupt(source),
    }
}

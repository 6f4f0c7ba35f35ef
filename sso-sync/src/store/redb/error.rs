//! Why the file cannot be used, and what a failed call means to the caller.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use sso_core::{BoxError, StoreError};

/// Why [`RedbStore::open`](super::RedbStore::open) gave up.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum RedbOpenError {
    /// The file is no redb database, or parts of it are unreadable.
    #[error(
        "{} is damaged, or another program made it: {detail}. Restore a copy of it, or name \
         another file",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// Another process has it open.
    #[error(
        "{} is open in another process: one process at a time can use it. End the other one, or \
         use a storage that several can share, such as PostgreSQL",
        path.display()
    )]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read or written: permissions, a missing folder, a full disk.
    #[error("{} cannot be used: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system or redb says.
        source: BoxError,
    },
    /// A newer program wrote the file.
    #[error(
        "{} has format {found}, this program knows {known}: install the version that wrote it, \
         or a newer one",
        path.display()
    )]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Format of the file.
        found: u64,
        /// Newest format that this program understands.
        known: u64,
    },
}

impl RedbOpenError {
    pub(super) fn io(path: &Path, source: impl Into<BoxError>) -> Self {
        Self::Io {
            path: path.into(),
            source: source.into(),
        }
    }

    pub(super) fn damaged(path: &Path, detail: &impl ToString) -> Self {
        Self::Damaged {
            path: path.into(),
            detail: detail.to_string(),
        }
    }

    pub(super) fn redb(path: &Path, source: redb::Error) -> Self {
        match source {
            redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => {
                Self::InUse { path: path.into() }
            }
            redb::Error::Io(source) if source.kind() == ErrorKind::InvalidData => {
                Self::damaged(path, &source)
            }
            source if is_corrupt(&source) => Self::damaged(path, &source),
            source => Self::io(path, source),
        }
    }
}

/// Sorts a call that has changed nothing by what the caller does about it.
pub(super) fn store_error(source: redb::Error) -> StoreError {
    match &source {
        redb::Error::Io(error) if is_full(error) => StoreError::full(source),
        damage if is_corrupt(damage) => StoreError::corrupt(source),
        _ => StoreError::unavailable(source),
    }
}

/// Whether redb refuses everything from here on, until the file is opened anew.
pub(super) const fn needs_reopening(error: &redb::Error) -> bool {
    matches!(
        error,
        redb::Error::Io(_) | redb::Error::Backend(_) | redb::Error::PreviousIo
    )
}

/// Whether there is no room: on the disk, in the quota, or in what a file may have.
fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::FileTooLarge | ErrorKind::QuotaExceeded | ErrorKind::StorageFull
    )
}

const fn is_corrupt(error: &redb::Error) -> bool {
    matches!(
        error,
        redb::Error::Corrupted(_)
            | redb::Error::TableDoesNotExist(_)
            | redb::Error::TableIsMultimap(_)
            | redb::Error::TableTypeMismatch { .. }
            | redb::Error::TypeDefinitionChanged { .. }
            | redb::Error::UpgradeRequired(_)
    )
}

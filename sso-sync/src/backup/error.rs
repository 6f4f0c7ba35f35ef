//! Why a backup cannot be written or read.

use std::io;

use crate::admin::Stretching;

/// Why a backup cannot be written or read.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The passphrase is another one, or the file was changed or damaged at this chunk.
    #[error(
        "the backup does not open at its part {chunk}: the passphrase is another one, or the file is damaged"
    )]
    Closed {
        /// Which part; the first is 0.
        chunk: u64,
    },
    /// The key cannot be made.
    #[error("the passphrase cannot be stretched ({0})")]
    Cryptography(Stretching),
    /// The file cannot be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// What is sealed makes no sense.
    #[error("the backup opens, and what is in it makes no sense: a newer program made it")]
    Malformed,
    /// A newer program wrote it.
    #[error("the backup was made by a newer version of this program")]
    Newer,
    /// It is something else.
    #[error("this is not a backup of a domain")]
    NotABackup,
    /// The file says that the passphrase was stretched too little, or wants more than is done.
    #[error(
        "the backup wants its passphrase stretched with {found}, which is less than is safe or more than is done: \
         it was not written by this program"
    )]
    Stretching {
        /// What it wants.
        found: Stretching,
    },
    /// Something is missing at the end.
    #[error("the backup ends too early: it was not written or copied as a whole")]
    Truncated,
}

//! Why the database cannot be used, and what a failed statement means to the caller.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use sso_core::{BoxError, StoreError};
use tokio_postgres::error::{DbError, Severity, SqlState};

/// Why [`PostgresSettings`](super::PostgresSettings) or [`PostgresStore::open`] gave up.
///
/// No text quotes a password.
///
/// [`PostgresStore::open`]: super::PostgresStore::open
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum PostgresOpenError {
    /// The address of the database cannot be read.
    #[error("the address of the database cannot be read: {detail}")]
    Address {
        /// What is wrong, and what mends it.
        detail: String,
    },
    /// The certificates that the server is checked against cannot be used.
    #[error("{} holds no certificates to check the server against: {source}", path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: BoxError,
    },
    /// A newer program wrote the tables.
    #[error(
        "the tables in schema {schema} have version {found}, this program knows {known}: install \
         the version that made them, or a newer one"
    )]
    NewerSchema {
        /// Name of the schema.
        schema: String,
        /// Version of the tables.
        found: i64,
        /// Newest version that this program understands.
        known: i64,
    },
    /// The server is too old.
    #[error("{server} runs PostgreSQL {found}: version 14 or later is needed")]
    OldServer {
        /// Host and port.
        server: String,
        /// The version, as the server says it.
        found: String,
    },
    /// The file with the password cannot be read.
    #[error("the password cannot be read from {}: {source}", path.display())]
    PasswordFile {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The variable with the password is not set.
    #[error("the environment variable {variable} with the password of the database is not set")]
    PasswordVariable {
        /// Its name.
        variable: String,
    },
    /// The server answers, and refuses: a wrong password, a missing database or permission.
    #[error("{server} refuses: {source}")]
    Refused {
        /// Host and port.
        server: String,
        /// What the server says.
        source: Box<DbError>,
    },
    /// A name that PostgreSQL or we do not take for a schema.
    #[error(
        "{name:?} cannot be the name of a schema: use 1 to 63 of a-z, 0-9 and _, not a digit first"
    )]
    SchemaName {
        /// The name.
        name: String,
    },
    /// There is no server, or no encrypted connection to it.
    #[error("{server} cannot be reached: {}", reasons(source.as_ref()))]
    Unreachable {
        /// Host and port.
        server: String,
        /// What came between.
        source: BoxError,
    },
}

impl PostgresOpenError {
    pub(super) fn address(detail: impl Into<String>) -> Self {
        Self::Address {
            detail: detail.into(),
        }
    }

    /// Tells a server that refuses from one that is not there.
    pub(super) fn of(server: &str, failure: Failure) -> Self {
        let server = server.to_owned();
        let source: BoxError = match failure {
            Failure::Answer(source) | Failure::Unconnected(source) => match source.as_db_error() {
                Some(refusal) => {
                    let source = Box::new(refusal.clone());
                    return Self::Refused { server, source };
                }
                None => source.into(),
            },
            Failure::Late => LATE.into(),
            Failure::Unsent(source) => source,
        };
        Self::Unreachable { server, source }
    }
}

/// Why a statement has no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server refused, or the connection was lost.
    Answer(tokio_postgres::Error),
    /// The server took too long.
    Late,
    /// No connection was made.
    Unconnected(tokio_postgres::Error),
    /// The statement was never sent.
    Unsent(BoxError),
}

impl Failure {
    /// What it means for a statement that changes nothing.
    pub(super) fn of_a_read(self) -> StoreError {
        match self {
            Self::Answer(source) if is_damage(&source) => StoreError::corrupt(Described(source)),
            Self::Answer(source) => StoreError::unavailable(Described(source)),
            Self::Late => StoreError::unavailable(LATE),
            Self::Unconnected(source) => StoreError::unavailable(Described(source)),
            Self::Unsent(source) => StoreError::Unavailable(source),
        }
    }

    /// What it means for a statement that is a transaction of its own.
    pub(super) fn of_a_write(self) -> StoreError {
        match self {
            Self::Answer(source) => of_a_write(source),
            Self::Late => StoreError::unknown(LATE),
            Self::Unconnected(source) => StoreError::unavailable(Described(source)),
            Self::Unsent(source) => StoreError::Unavailable(source),
        }
    }

    /// Whether nothing has happened and the same statement may succeed at once: its transaction
    /// and another one were in each other's way.
    pub(super) fn is_collision(&self) -> bool {
        let Self::Answer(source) = self else {
            return false;
        };
        source.code().is_some_and(|code| {
            [
                &SqlState::T_R_SERIALIZATION_FAILURE,
                &SqlState::T_R_DEADLOCK_DETECTED,
                &SqlState::UNIQUE_VIOLATION,
            ]
            .contains(&code)
        })
    }
}

/// An error of the server means that the transaction was rolled back, unless the connection is
/// lost as well: what ends a connection may strike after the commit and before its confirmation.
fn of_a_write(source: tokio_postgres::Error) -> StoreError {
    let code = match source.code() {
        Some(code) if !is_lost(&source) => code,
        _ => return StoreError::unknown(Described(source)),
    };
    if [&SqlState::DISK_FULL, &SqlState::OUT_OF_MEMORY].contains(&code) {
        StoreError::full(Described(source))
    } else if *code == SqlState::UNIQUE_VIOLATION {
        StoreError::Conflict
    } else if is_damage(&source) {
        StoreError::corrupt(Described(source))
    } else {
        StoreError::unavailable(Described(source))
    }
}

/// Whether the connection is of no more use. The class of connection exceptions is how a pooler
/// says that it has lost the server.
pub(super) fn is_lost(source: &tokio_postgres::Error) -> bool {
    source
        .as_db_error()
        .is_none_or(|refusal| is_fatal(refusal) || refusal.code().code().starts_with("08"))
}

fn is_fatal(refusal: &DbError) -> bool {
    match refusal.parsed_severity() {
        Some(severity) => matches!(severity, Severity::Fatal | Severity::Panic),
        None => matches!(refusal.severity(), "FATAL" | "PANIC"),
    }
}

fn is_damage(source: &tokio_postgres::Error) -> bool {
    source
        .code()
        .is_some_and(|code| [&SqlState::DATA_CORRUPTED, &SqlState::INDEX_CORRUPTED].contains(&code))
}

/// An error of the driver that says all it knows: by itself it says no more than "db error".
#[derive(Debug, thiserror::Error)]
#[error("{}", reasons(.0))]
struct Described(tokio_postgres::Error);

/// An error and what caused it, in one line.
fn reasons(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

const LATE: &str = "the server did not answer in time";

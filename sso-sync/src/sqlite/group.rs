//! Changes that are committed together: one wait for the disk for all of them.

use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use sso_core::StoreError;
use tokio::sync::oneshot;

use super::error::{Failure, store_error};

/// Something that is done in a transaction, and answered when that is committed.
pub(super) trait Change: Send {
    /// Does it and keeps the answer. May be called again after a rollback.
    fn make(&mut self, connection: &Connection) -> Made;

    /// Gives the answer that was kept, or `failed` instead.
    fn answer(self: Box<Self>, failed: Option<StoreError>);
}

/// What making a change did to the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    /// All of the change is in it, or the change was refused and nothing of it is.
    Clean,
    /// The change failed half-way: nothing of this transaction may be committed.
    Spoilt,
}

/// A change by a closure, with somebody who waits for it.
pub(super) struct Changing<J, N, T> {
    job: J,
    tell: N,
    kept: Option<Result<T, Failure>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<J, N, T> Changing<J, N, T> {
    pub(super) const fn new(
        job: J,
        tell: N,
        reply: oneshot::Sender<Result<T, StoreError>>,
    ) -> Self {
        Self {
            job,
            tell,
            kept: None,
            reply,
        }
    }
}

impl<J, N, T> Change for Changing<J, N, T>
where
    J: FnMut(&Connection) -> Result<T, Failure> + Send,
    N: FnOnce(&T) + Send,
    T: Send,
{
    fn make(&mut self, connection: &Connection) -> Made {
        let before = connection.total_changes();
        let kept = self.kept.insert((self.job)(connection));
        // Some failures make SQLite roll back by itself.
        let is_spoilt = connection.total_changes() != before || connection.is_autocommit();
        match kept {
            Err(_) if is_spoilt => Made::Spoilt,
            _ => Made::Clean,
        }
    }

    fn answer(self: Box<Self>, failed: Option<StoreError>) {
        let answer = match (failed, self.kept) {
            (Some(failed), _) => Err(failed),
            (None, Some(kept)) => kept.map_err(StoreError::from),
            (None, None) => Err(StoreError::unavailable("nobody made the change")),
        };
        if let Ok(value) = &answer {
            (self.tell)(value);
        }
        let _ = self.reply.send(answer);
    }
}

/// Makes `first` and what `next` has to offer, commits, and answers all of them. What fails
/// together is tried again one by one, so that nobody fails because of another.
pub(super) fn commit(
    connection: &mut Connection,
    first: Box<dyn Change>,
    next: &mut dyn FnMut() -> Option<Box<dyn Change>>,
) {
    let mut group = vec![first];
    match attempt(connection, &mut group, next) {
        Ok(()) => answer_all(group, || None),
        Err(Failed::Begin(source)) => {
            group.extend(std::iter::from_fn(next));
            answer_all(group, || Some(store_error(again(&source))));
        }
        Err(Failed::Commit(source)) if may_be_stored(&source) => {
            answer_all(group, || Some(StoreError::unknown(again(&source))));
        }
        Err(_) if group.len() > 1 => {
            for change in group {
                commit(connection, change, &mut || None);
            }
        }
        Err(Failed::Commit(source)) => answer_all(group, || Some(store_error(again(&source)))),
        Err(Failed::Spoilt) => answer_all(group, || None),
    }
}

/// Makes the last of `group` and what is waiting, in one transaction; what was made is in `group`.
fn attempt(
    connection: &mut Connection,
    group: &mut Vec<Box<dyn Change>>,
    next: &mut dyn FnMut() -> Option<Box<dyn Change>>,
) -> Result<(), Failed> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(Failed::Begin)?;
    let full = transaction.total_changes().saturating_add(MAX_ROWS);
    while let Some(change) = group.last_mut() {
        if change.make(&transaction) == Made::Spoilt {
            return Err(Failed::Spoilt);
        }
        if group.len() >= MAX_CHANGES || transaction.total_changes() >= full {
            break;
        }
        match next() {
            Some(change) => group.push(change),
            None => break,
        }
    }
    transaction.commit().map_err(Failed::Commit)
}

/// Where a transaction failed. Nothing of it is stored, except perhaps after `Commit`.
enum Failed {
    Begin(rusqlite::Error),
    Commit(rusqlite::Error),
    Spoilt,
}

/// Whether a commit that failed like this may come back after a crash: what was written counts
/// from the moment it reaches the disk.
fn may_be_stored(source: &rusqlite::Error) -> bool {
    !matches!(
        source.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DiskFull)
    )
}

fn answer_all(group: Vec<Box<dyn Change>>, failed: impl Fn() -> Option<StoreError>) {
    for change in group {
        change.answer(failed());
    }
}

/// The same failure for one more of those who wait.
fn again(source: &rusqlite::Error) -> rusqlite::Error {
    match source {
        rusqlite::Error::SqliteFailure(code, text) => {
            rusqlite::Error::SqliteFailure(*code, text.clone())
        }
        other => rusqlite::Error::ToSqlConversionFailure(other.to_string().into()),
    }
}

/// How many changes are committed together at most.
const MAX_CHANGES: usize = 512;

/// After how many rows a transaction ends, so that nobody waits long for the others.
const MAX_ROWS: u64 = 4096;

//! The thread that writes, and commits together what waits.

use std::sync::{Arc, mpsc};
use std::{io, thread};

use bytes::Bytes;
use redb::{Database, Table};
use tokio::sync::oneshot;

use super::super::{Expect, StoreError};
use super::error::{needs_reopening, store_error};
use super::file::OpenFile;
use super::format::{self, ENTRIES, FACTS, WRITES};

/// Hands writes over to the thread. The thread ends when this is dropped.
#[derive(Debug)]
pub(super) struct Writer(mpsc::Sender<Job>);

impl Writer {
    /// Starts the thread.
    pub(super) fn start(file: Arc<OpenFile>) -> io::Result<Self> {
        let (queue, jobs) = mpsc::channel();
        thread::Builder::new()
            .name("redb-writer".into())
            .spawn(move || {
                while let Some(batch) = next_batch(&jobs) {
                    write(&file, batch);
                }
            })?;
        Ok(Self(queue))
    }

    /// Hands a write over.
    pub(super) fn write(&self, job: Job) -> Result<(), StoreError> {
        self.0
            .send(job)
            .map_err(|_| StoreError::unavailable("the thread of the store has ended"))
    }
}

/// A write that waits for its turn.
#[derive(Debug)]
pub(super) struct Job {
    answer: oneshot::Sender<Result<u64, StoreError>>,
    change: Change,
    expect: Expect,
    key: String,
}

/// What is to become of an entry.
#[derive(Debug)]
pub(super) enum Change {
    /// It goes.
    Delete,
    /// It has this value.
    Put(Bytes),
}

impl Job {
    /// A write, and what will be its version.
    pub(super) fn new(
        key: &str,
        expect: Expect,
        change: Change,
    ) -> (Self, oneshot::Receiver<Result<u64, StoreError>>) {
        let (answer, answered) = oneshot::channel();
        let job = Self {
            answer,
            change,
            expect,
            key: key.into(),
        };
        (job, answered)
    }

    fn size(&self) -> usize {
        match &self.change {
            Change::Delete => 0,
            Change::Put(value) => value.len(),
        }
    }

    /// Writes into a transaction; answers whether the entry was as expected.
    fn apply(&self, entries: &mut Entries<'_>, version: u64) -> Result<bool, redb::Error> {
        let key = self.key.as_bytes();
        if !self.is_expected(entries)? {
            return Ok(false);
        }
        match &self.change {
            Change::Delete => drop(entries.remove(key)?),
            Change::Put(value) => {
                drop(entries.insert(key, format::row(version, value).as_slice())?);
            }
        }
        Ok(true)
    }

    fn is_expected(&self, entries: &Entries<'_>) -> Result<bool, redb::Error> {
        use redb::ReadableTable as _;

        let there = entries.get(self.key.as_bytes())?;
        Ok(match (&self.expect, there) {
            (Expect::Absent, there) => there.is_none(),
            (Expect::Is(_), None) => false,
            (Expect::Is(version), Some(there)) => {
                format::version_of(there.value()) == version.as_bytes()
            }
        })
    }

    fn answer(self, outcome: Result<u64, StoreError>) {
        // Nobody may be waiting any more.
        let _ = self.answer.send(outcome);
    }
}

type Entries<'a> = Table<'a, &'static [u8], &'static [u8]>;

/// The next write and those that wait behind it, as many as are worth one commit.
fn next_batch(jobs: &mpsc::Receiver<Job>) -> Option<Vec<Job>> {
    let first = jobs.recv().ok()?;
    let mut size = first.size();
    let mut batch = vec![first];
    while batch.len() < BATCH && size < BATCH_BYTES {
        let Ok(job) = jobs.try_recv() else { break };
        size += job.size();
        batch.push(job);
    }
    Some(batch)
}

/// Writes a batch, and answers everybody in it.
fn write(file: &OpenFile, batch: Vec<Job>) {
    let (opened, committed) = commit_on_open_file(file, &batch);
    match committed {
        Ok(versions) => {
            file.tell();
            for (job, version) in batch.into_iter().zip(versions) {
                job.answer(version.ok_or(StoreError::Conflict));
            }
        }
        Err(failed) => {
            let known = settle(file, opened, &failed);
            for job in batch {
                job.answer(Err(failed.answer(known)));
            }
        }
    }
}

/// Commits a batch; answers also which open file it was. If redb gave up on the file earlier, it
/// is opened anew first.
fn commit_on_open_file(file: &OpenFile, batch: &[Job]) -> (u64, Result<Versions, Failed>) {
    let usable = file.read(|_| Ok(()));
    let (opened, committed) = file.try_with_database(|database| Ok(commit(database, batch)));
    let committed = usable.and(committed).map_err(Failed::before_commit);
    (opened, committed.and_then(|committed| committed))
}

/// The version of each write; `None` if the entry was not as expected.
type Versions = Vec<Option<u64>>;

fn commit(database: &Database, batch: &[Job]) -> Result<Versions, Failed> {
    let writing = database
        .begin_write()
        .map_err(|source| Failed::before_commit(source.into()))?;
    let (writes, versions) = apply(&writing, batch).map_err(Failed::before_commit)?;
    if versions.iter().all(Option::is_none) {
        return Ok(versions);
    }
    writing.commit().map_err(|source| Failed {
        error: source.into(),
        committing: Some(writes),
    })?;
    Ok(versions)
}

/// Writes a batch into a transaction; answers also how many writes there are then.
fn apply(writing: &redb::WriteTransaction, batch: &[Job]) -> Result<(u64, Versions), redb::Error> {
    let mut entries = writing.open_table(ENTRIES)?;
    let mut facts = writing.open_table(FACTS)?;
    let mut writes = format::writes(&facts)?;
    let mut versions = Vec::with_capacity(batch.len());
    for job in batch {
        let applied = job.apply(&mut entries, writes + 1)?;
        writes += u64::from(applied);
        versions.push(applied.then_some(writes));
    }
    facts.insert(WRITES, writes)?;
    Ok((writes, versions))
}

/// A batch that was not committed, or may not have been.
struct Failed {
    error: redb::Error,
    /// How many writes there are if the commit has happened all the same; `None` before it began.
    committing: Option<u64>,
}

impl Failed {
    const fn before_commit(error: redb::Error) -> Self {
        Self {
            error,
            committing: None,
        }
    }

    /// What one of its writers is told.
    fn answer(&self, known: Known) -> StoreError {
        match known {
            Known::Nothing => StoreError::unknown(self.error.to_string()),
            Known::Unwritten => similar(&self.error),
        }
    }
}

/// What is known about a batch that failed.
#[derive(Clone, Copy)]
enum Known {
    /// Nothing: it may be there.
    Nothing,
    /// It is not there.
    Unwritten,
}

/// Opens the file anew if redb asks for it, and looks whether the batch is there.
fn settle(file: &OpenFile, opened: u64, failed: &Failed) -> Known {
    let reopened = if needs_reopening(&failed.error) || failed.committing.is_some() {
        file.reopen(opened)
    } else {
        Ok(())
    };
    let Some(writes) = failed.committing else {
        return Known::Unwritten;
    };
    let there =
        reopened.and_then(|()| file.read(|reading| format::writes(&reading.open_table(FACTS)?)));
    match there {
        Ok(there) if there < writes => Known::Unwritten,
        _ => Known::Nothing,
    }
}

/// The error once more, for another writer of the batch.
fn similar(error: &redb::Error) -> StoreError {
    let text = error.to_string();
    match error {
        redb::Error::Io(error) => store_error(redb::Error::Io(io::Error::new(error.kind(), text))),
        redb::Error::Corrupted(_) => store_error(redb::Error::Corrupted(text)),
        _ => StoreError::unavailable(text),
    }
}

/// Writes in one commit.
const BATCH: usize = 256;
/// A batch takes no further write once its values have this many bytes.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

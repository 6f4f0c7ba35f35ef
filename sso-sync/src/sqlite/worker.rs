//! Threads that own connections.

use std::sync::{Arc, Mutex, PoisonError};
use std::{fmt, io, thread};

use rusqlite::Connection;
use sso_core::StoreError;
use tokio::sync::{mpsc, oneshot};

use super::error::Failure;
use super::group::{self, Change, Changing};

/// Runs closures on connections, away from the threads of the host: each thread has a connection,
/// and all take from one queue.
///
/// Dropping it finishes what was asked and closes the connections.
pub(crate) struct Worker {
    queue: Option<mpsc::Sender<Job>>,
    threads: Vec<thread::JoinHandle<()>>,
}

enum Job {
    /// Has its own transactions, if any.
    Alone(Box<dyn FnOnce(&mut Connection) + Send>),
    /// Is committed together with others.
    Grouped(Box<dyn Change>),
}

impl Worker {
    /// Starts a thread for each connection.
    pub(crate) fn start(name: &str, connections: Vec<Connection>) -> io::Result<Self> {
        let (queue, jobs) = mpsc::channel(MAX_WAITING);
        let jobs = Arc::new(Mutex::new(jobs));
        let threads = connections
            .into_iter()
            .map(|connection| {
                let jobs = Arc::clone(&jobs);
                thread::Builder::new()
                    .name(name.into())
                    .spawn(move || work(connection, &jobs))
            })
            .collect::<io::Result<_>>()?;
        Ok(Self {
            queue: Some(queue),
            threads,
        })
    }

    /// Runs `job` and waits for its answer. A job that was handed over runs to its end even if
    /// the caller goes away.
    ///
    /// # Errors
    ///
    /// The error of the job, sorted; [`StoreError::Unavailable`] if the threads have ended.
    pub(crate) async fn run<T, E>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        E: Into<Failure> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Job::Alone(Box::new(move |connection| {
            let _ = reply.send(job(connection));
        }));
        self.send(job).await?;
        let answer = answer.await.map_err(|_| StoreError::unavailable(ENDED))?;
        answer.map_err(|error| error.into().into())
    }

    /// Makes a change and waits until it is committed, durably. Changes that wait at the same time
    /// are committed together, each as if it were alone.
    ///
    /// `job` runs in a transaction, and again if a change of another spoils that transaction.
    /// `after` runs once, on the thread, when the change is committed, even if the caller has gone
    /// away.
    ///
    /// # Errors
    ///
    /// The error of the job; [`StoreError::Unknown`] if it is not known whether the commit
    /// happened; [`StoreError::Unavailable`] if the thread has ended before.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        job: impl FnMut(&Connection) -> Result<T, Failure> + Send + 'static,
        after: impl FnOnce(&T) + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let change = Changing::new(job, after, reply);
        self.send(Job::Grouped(Box::new(change))).await?;
        answer.await.map_err(|_| StoreError::unknown(ENDED))?
    }

    async fn send(&self, job: Job) -> Result<(), StoreError> {
        let ended = || StoreError::unavailable(ENDED);
        let queue = self.queue.as_ref().ok_or_else(ended)?;
        queue.send(job).await.map_err(|_| ended())
    }
}

/// Runs jobs until there are none and nobody is left to send any.
fn work(mut connection: Connection, jobs: &Mutex<mpsc::Receiver<Job>>) {
    let mut postponed = None;
    while let Some(job) = postponed.take().or_else(|| next(jobs)) {
        match job {
            Job::Alone(job) => job(&mut connection),
            Job::Grouped(first) => group::commit(&mut connection, first, &mut || {
                if postponed.is_some() {
                    return None;
                }
                match try_next(jobs)? {
                    Job::Grouped(change) => Some(change),
                    alone @ Job::Alone(_) => {
                        postponed = Some(alone);
                        None
                    }
                }
            }),
        }
    }
}

fn next(jobs: &Mutex<mpsc::Receiver<Job>>) -> Option<Job> {
    let mut jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
    jobs.blocking_recv()
}

fn try_next(jobs: &Mutex<mpsc::Receiver<Job>>) -> Option<Job> {
    let mut jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
    jobs.try_recv().ok()
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

/// Jobs that may wait; callers beyond that wait for a place.
const MAX_WAITING: usize = 1024;

const ENDED: &str = "the thread of the store has ended";

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
    ///
    /// # Errors
    ///
    /// The error of the job; [`StoreError::Unknown`] if it is not known whether the commit
    /// happened; [`StoreError::Unavailable`] if the thread has ended before.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        job: impl FnMut(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.change_and_tell(job, |_| ()).await
    }

    /// Like [`change`](Self::change); `tell` runs once, on the thread, when the change is
    /// committed, even if the caller has gone away.
    ///
    /// # Errors
    ///
    /// As for [`change`](Self::change).
    pub(crate) async fn change_and_tell<T: Send + 'static>(
        &self,
        job: impl FnMut(&Connection) -> Result<T, Failure> + Send + 'static,
        tell: impl FnOnce(&T) + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let change = Changing::new(job, tell, reply);
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
    // Another thread that has the queue waits for a job itself.
    jobs.try_lock().ok()?.try_recv().ok()
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    #[tokio::test]
    async fn changes_that_wait_at_the_same_time_are_committed_together() {
        let (worker, _folder) = worker();
        let (told, events) = channel();
        let change = |number| insert(&worker, number, &told);
        let (blocked, ..) = tokio::join!(block(&worker, 3), change(1), change(2), change(3));
        blocked.unwrap();
        drop(told);
        let events: Vec<_> = events.iter().collect();
        let expected = ["made 1", "made 2", "made 3", "done 1", "done 2", "done 3"];
        assert_eq!(events, expected);
        assert_eq!(numbers(&worker).await, [1, 2, 3]);
    }

    #[tokio::test]
    async fn a_refused_change_hinders_nobody() {
        let (worker, _folder) = worker();
        let (told, _events) = channel();
        let refuse = worker.change::<()>(|_| Err(StoreError::Conflict.into()));
        let (blocked, first, refused, last) = tokio::join!(
            block(&worker, 3),
            insert(&worker, 1, &told),
            refuse,
            insert(&worker, 2, &told),
        );
        blocked.unwrap();
        assert!(first.is_ok() && last.is_ok(), "{first:?} {last:?}");
        assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
        assert_eq!(numbers(&worker).await, [1, 2]);
    }

    #[tokio::test]
    async fn a_change_that_fails_half_way_is_undone_alone() {
        let (worker, _folder) = worker();
        let (told, _events) = channel();
        let fail = worker.change::<()>(|connection| {
            connection.execute("INSERT INTO numbers VALUES (7)", [])?;
            Err(StoreError::Conflict.into())
        });
        let (blocked, first, failed, last) = tokio::join!(
            block(&worker, 3),
            insert(&worker, 1, &told),
            fail,
            insert(&worker, 2, &told),
        );
        blocked.unwrap();
        assert!(first.is_ok() && last.is_ok(), "{first:?} {last:?}");
        assert!(matches!(failed, Err(StoreError::Conflict)), "{failed:?}");
        assert_eq!(numbers(&worker).await, [1, 2]);
    }

    #[tokio::test]
    async fn a_job_of_its_own_keeps_its_turn() {
        let (worker, _folder) = worker();
        let (told, events) = channel();
        let alone = async {
            let told = told.clone();
            let job = move |_: &mut Connection| {
                told.send("alone".to_owned()).unwrap();
                Ok::<_, rusqlite::Error>(())
            };
            worker.run(job).await
        };
        let (blocked, ..) = tokio::join!(
            block(&worker, 3),
            insert(&worker, 1, &told),
            alone,
            insert(&worker, 2, &told),
        );
        blocked.unwrap();
        drop(told);
        let events: Vec<_> = events.iter().collect();
        assert_eq!(events, ["made 1", "done 1", "alone", "made 2", "done 2"]);
    }

    #[tokio::test]
    async fn a_change_is_made_though_its_caller_has_gone_away() {
        let (worker, _folder) = worker();
        let (told, events) = channel();
        {
            let change = insert(&worker, 1, &told);
            tokio::pin!(change);
            let (blocked, ()) = tokio::join!(block(&worker, 1), async {
                tokio::select! {
                    biased;
                    _ = &mut change => {}
                    () = std::future::ready(()) => {}
                }
            });
            blocked.unwrap();
        }
        assert_eq!(numbers(&worker).await, [1]);
        assert_eq!(events.recv().unwrap(), "made 1");
        assert_eq!(events.recv().unwrap(), "done 1");
    }

    /// Holds the thread until `waiting` jobs are in the queue.
    async fn block(worker: &Worker, waiting: usize) -> Result<(), StoreError> {
        let (go, wait) = channel();
        let job = move |_: &mut Connection| {
            wait.recv().unwrap();
            Ok::<_, rusqlite::Error>(())
        };
        let queue = worker.queue.as_ref().unwrap();
        let release = async {
            while MAX_WAITING - queue.capacity() < waiting {
                tokio::task::yield_now().await;
            }
            go.send(()).unwrap();
        };
        tokio::join!(worker.run(job), release).0
    }

    async fn insert(worker: &Worker, number: i64, told: &Sender<String>) -> Result<(), StoreError> {
        let (made, done) = (told.clone(), told.clone());
        let job = move |connection: &Connection| {
            made.send(format!("made {number}")).unwrap();
            connection.execute("INSERT INTO numbers VALUES (?1)", [number])?;
            Ok(())
        };
        let tell = move |(): &()| done.send(format!("done {number}")).unwrap();
        worker.change_and_tell(job, tell).await
    }

    async fn numbers(worker: &Worker) -> Vec<i64> {
        let all = |connection: &mut Connection| {
            let mut question = connection.prepare("SELECT number FROM numbers ORDER BY number")?;
            let numbers = question.query_map([], |row| row.get(0))?;
            numbers.collect::<rusqlite::Result<_>>()
        };
        worker.run(all).await.unwrap()
    }

    fn worker() -> (Worker, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let connection = Connection::open(folder.path().join("file")).unwrap();
        connection
            .execute_batch("CREATE TABLE numbers (number INTEGER PRIMARY KEY) STRICT")
            .unwrap();
        (Worker::start("tested", vec![connection]).unwrap(), folder)
    }
}

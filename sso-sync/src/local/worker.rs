//! A thread that owns a connection.

use std::{fmt, io, thread};

use rusqlite::Connection;
use sso_core::StoreError;
use tokio::sync::{mpsc, oneshot};

use super::error::store_error;

/// Runs closures on a connection, one after the other, away from the threads of the host.
///
/// Dropping it finishes what was asked and closes the connection.
pub(super) struct Worker {
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<thread::JoinHandle<()>>,
}

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

impl Worker {
    /// Starts the thread.
    pub(super) fn start(name: &str, mut connection: Connection) -> io::Result<Self> {
        let (queue, mut jobs) = mpsc::channel::<Job>(MAX_WAITING);
        let thread = thread::Builder::new().name(name.into()).spawn(move || {
            while let Some(job) = jobs.blocking_recv() {
                job(&mut connection);
            }
        })?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
        })
    }

    /// Runs `job` and waits for its answer. A job that was handed over runs to its end even if
    /// the caller goes away.
    ///
    /// # Errors
    ///
    /// The error of the job, sorted; [`StoreError::Unavailable`] if the thread has ended.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let ended = || StoreError::unavailable("the thread of the store has ended");
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let _ = reply.send(job(connection));
        });
        let queue = self.queue.as_ref().ok_or_else(ended)?;
        queue.send(job).await.map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?.map_err(store_error)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("thread", &self.thread)
            .finish_non_exhaustive()
    }
}

/// Jobs that may wait; callers beyond that wait for a place.
const MAX_WAITING: usize = 1024;

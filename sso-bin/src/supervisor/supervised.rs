//! A program under a supervisor: what it says of itself, and when.

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;

use super::{News, Nobody, Supervisor};
use crate::shutdown::{Signal, Signals};

/// A program that can be asked by itself.
#[async_trait]
pub trait SelfCheck: fmt::Debug + Send + Sync + 'static {
    /// Answers a request as anybody's is answered. Whether with good news does not matter: one that
    /// is stuck never does.
    async fn answers(&self) -> bool;

    /// How it is, in one line.
    async fn summary(&self) -> String;
}

/// A program under a supervisor, which it tells how it is.
#[derive(Debug)]
pub struct Supervised {
    supervisor: Arc<dyn Supervisor>,
    check: OnceLock<Arc<dyn SelfCheck>>,
    look: Notify,
    said: Mutex<String>,
}

impl Supervised {
    /// By whoever started this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self::by(super::of_process())
    }

    /// By nobody.
    #[must_use]
    pub fn by_nobody() -> Self {
        Self::by(Arc::new(Nobody))
    }

    /// By this one.
    #[must_use]
    pub fn by(supervisor: Arc<dyn Supervisor>) -> Self {
        Self {
            supervisor,
            check: OnceLock::new(),
            look: Notify::new(),
            said: Mutex::default(),
        }
    }

    /// The next wish of the operator, whoever passes it on.
    pub async fn next_wish(&self, signals: &mut Signals) -> Signal {
        tokio::select! {
            signal = signals.next() => signal,
            wish = self.supervisor.wish() => wish,
        }
    }

    /// Does `work`, the whole of what the program is for, and gives signs of life meanwhile.
    ///
    /// They come from the very task that does the work, so that there are none if it is stuck.
    pub async fn beside<T>(&self, work: impl Future<Output = T>) -> T {
        let Some(pace) = self.supervisor.pace() else {
            return work.await;
        };
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = self.beat(pace) => {}
            }
        }
    }

    /// The program answers for itself, though it waits for something before it can do its work:
    /// for what, in one line.
    pub fn waits(&self, why: &str) {
        self.supervisor.tell(&[News::Ready]);
        self.say(why);
    }

    /// The program answers for itself, and can be asked from now on.
    pub fn ready(&self, check: Arc<dyn SelfCheck>) {
        self.supervisor.tell(&[News::Ready]);
        // A program gets ready once.
        let _ = self.check.set(check);
        self.look();
    }

    /// Something may have changed: asks at once how the program is.
    pub fn look(&self) {
        self.look.notify_one();
    }

    /// Everything is read again by `reload`.
    pub async fn reload(&self, reload: impl Future<Output = ()>) {
        self.supervisor.tell(&[News::Reloading]);
        reload.await;
        self.supervisor.tell(&[News::Ready]);
        self.look();
    }

    /// The program leaves, which takes `most` at most.
    pub fn stopping(&self, most: Duration) {
        self.supervisor.tell(&[News::Stopping(most)]);
        self.look();
    }

    /// Waits for the next moment to look, and gives a sign of life if there is one.
    async fn beat(&self, pace: Duration) {
        tokio::select! {
            () = tokio::time::sleep(pace) => {}
            () = self.look.notified() => {}
        }
        let Some(check) = self.check.get() else {
            self.supervisor.tell(&[News::Alive]);
            return;
        };
        match in_time(pace, check, |check| async move { check.answers().await }).await {
            Some(true) => self.supervisor.tell(&[News::Alive]),
            _ => tracing::error!("the program does not answer itself"),
        }
        let status = in_time(
            pace / 2,
            check,
            |check| async move { check.summary().await },
        )
        .await;
        self.say(status.as_deref().unwrap_or(MUTE));
    }

    fn say(&self, status: &str) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if *said != status {
            self.supervisor.tell(&[News::Status(status)]);
            status.clone_into(&mut said);
        }
    }
}

/// Asks in a task of its own, as every request is answered; nothing if no answer comes in time.
async fn in_time<T, F>(
    patience: Duration,
    check: &Arc<dyn SelfCheck>,
    ask: impl FnOnce(Arc<dyn SelfCheck>) -> F,
) -> Option<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut asking = tokio::spawn(ask(Arc::clone(check)));
    match tokio::time::timeout(patience, &mut asking).await {
        Ok(answer) => answer.ok(),
        Err(_) => {
            asking.abort();
            None
        }
    }
}

/// What a program says that cannot tell how it is.
const MUTE: &str = "Stopped: its storage does not answer";

//! Who waits for what, and where the news comes from.
//!
//! A write tells those who wait on this handle at once, and [`tell`] tells the other
//! processes; [`listen`] hears what they tell; [`look`] asks once a
//! second, for all who wait in one statement, in case anything was not heard.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::link::Link;
use super::listen::Listener;
use super::settings::{Notifications, Resolved};
use super::tell::{News, Outbox};
use super::{listen, look, tell};
use crate::store::{DomainId, Mark};

/// The news of one handle. Dropping it ends what works for it.
#[derive(Debug)]
pub(super) struct Watch {
    board: Arc<Board>,
    outbox: Arc<Outbox>,
    link: Arc<Link>,
    listener: Option<Listener>,
    _teller: Task,
    /// Started by the first who waits.
    watchers: OnceLock<Vec<Task>>,
}

impl Watch {
    /// Without tasks that look or listen: they start when somebody waits.
    pub(super) fn new(link: &Arc<Link>, settings: &Resolved) -> Self {
        let outbox = Arc::new(Outbox::default());
        let listener = match settings.notifications {
            Notifications::Listen => Some(Listener::new(settings)),
            Notifications::Poll => None,
        };
        Self {
            board: Arc::default(),
            _teller: Task(tokio::spawn(tell::run(
                Arc::clone(link),
                Arc::clone(&outbox),
            ))),
            outbox,
            link: Arc::clone(link),
            listener,
            watchers: OnceLock::new(),
        }
    }

    /// A domain has grown by a write of this handle.
    pub(super) fn told(&self, domain: &DomainId, mark: Mark) {
        let news = News::Domain(*domain, mark);
        self.board.post(news);
        self.outbox.put(news);
    }

    /// Keys were changed by a write of this handle.
    pub(super) fn told_keys(&self) {
        self.board.post(News::Keys);
        self.outbox.put(News::Keys);
    }

    /// Begins to watch a domain.
    pub(super) fn domain(&self, domain: &DomainId) -> Growth {
        self.start();
        Growth {
            board: Arc::clone(&self.board),
            domain: *domain,
            marks: self.board.watch(domain),
        }
    }

    /// Waits for a change of keys, but not for long where none would be heard of.
    pub(super) async fn keys_changed(&self, max_wait: Duration) {
        let mut changes = self.board.keys.subscribe();
        self.start();
        let patience = if self.is_listening() {
            LISTENING
        } else {
            look::EVERY
        };
        let _ = timeout(max_wait.min(patience), changes.changed()).await;
    }

    /// Whether what other processes write is heard of at once.
    pub(super) fn is_listening(&self) -> bool {
        *self.board.listening.borrow()
    }

    fn start(&self) {
        self.watchers.get_or_init(|| {
            let (link, board) = (Arc::clone(&self.link), Arc::clone(&self.board));
            let mut tasks = vec![Task(tokio::spawn(look::run(link, board)))];
            if let Some(listener) = self.listener.clone() {
                let (link, board) = (Arc::clone(&self.link), Arc::clone(&self.board));
                tasks.push(Task(tokio::spawn(listen::run(listener, link, board))));
            }
            tasks
        });
    }
}

/// A task that ends when it is dropped.
#[derive(Debug)]
pub(super) struct Task(pub(super) JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Where news is posted for those who wait.
#[derive(Debug, Default)]
pub(super) struct Board {
    domains: Mutex<HashMap<DomainId, watch::Sender<Option<Mark>>>>,
    /// How often keys were changed.
    keys: watch::Sender<u64>,
    listening: watch::Sender<bool>,
    /// Counts the times that something may have been missed.
    gaps: watch::Sender<u64>,
}

impl Board {
    /// Wakes those whom it concerns.
    pub(super) fn post(&self, news: News) {
        match news {
            News::Domain(domain, mark) => {
                if let Some(marks) = self.domains().get(&domain) {
                    marks.send_replace(Some(mark));
                }
            }
            News::Keys => self.keys.send_modify(|changes| *changes += 1),
        }
    }

    /// From here on news is heard; what was before may have been missed.
    pub(super) fn hears(&self) {
        self.listening.send_replace(true);
        self.gaps.send_modify(|gaps| *gaps += 1);
        self.post(News::Keys);
    }

    /// From here on news is only found by asking.
    pub(super) fn hears_nothing(&self) {
        self.listening.send_replace(false);
    }

    /// Wakes when something may have been missed.
    pub(super) fn gaps(&self) -> watch::Receiver<u64> {
        self.gaps.subscribe()
    }

    /// The domains for which somebody waits.
    pub(super) fn watched(&self) -> Vec<DomainId> {
        self.domains().keys().copied().collect()
    }

    fn watch(&self, domain: &DomainId) -> watch::Receiver<Option<Mark>> {
        let mut domains = self.domains();
        domains.entry(*domain).or_default().subscribe()
    }

    fn domains(&self) -> MutexGuard<'_, HashMap<DomainId, watch::Sender<Option<Mark>>>> {
        self.domains.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The growth of a domain, from the moment on that this was made.
pub(super) struct Growth {
    board: Arc<Board>,
    domain: DomainId,
    marks: watch::Receiver<Option<Mark>>,
}

impl Growth {
    /// Waits for news of another mark.
    pub(super) async fn beyond(&mut self, seen: Mark) {
        let other = |mark: &Option<Mark>| mark.is_some_and(|mark| mark != seen);
        // The sender lives as long as somebody waits.
        let _ = self.marks.wait_for(other).await;
    }
}

impl Drop for Growth {
    /// The last who waits takes the domain off the board.
    fn drop(&mut self) {
        let mut domains = self.board.domains();
        let others = domains.get(&self.domain).map(watch::Sender::receiver_count);
        if others == Some(1) {
            domains.remove(&self.domain);
        }
    }
}

/// How long callers who wait for keys wait at most before they look again, though all is heard.
const LISTENING: Duration = Duration::from_secs(10);

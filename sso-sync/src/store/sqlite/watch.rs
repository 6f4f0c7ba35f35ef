//! Telling those who wait that something has changed.
//!
//! Writes of this handle are told at once. Those of other handles and processes are found by
//! looking at a number that SQLite keeps; one of those who wait looks for all.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::watch;

use super::SqliteStore;
use crate::store::{DomainId, DomainStore as _, Mark};

/// Those who wait.
#[derive(Debug)]
pub(super) struct Watch {
    domains: Mutex<HashMap<DomainId, watch::Sender<Mark>>>,
    keys: watch::Sender<()>,
    /// Who holds it looks for the writes of others; the number that was seen last.
    looked: tokio::sync::Mutex<i64>,
}

impl Watch {
    /// For a handle that writes by `connection`.
    pub(super) fn new(connection: &mut Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            domains: Mutex::default(),
            keys: watch::Sender::default(),
            looked: tokio::sync::Mutex::new(data_version(connection)?),
        })
    }

    /// Some key was written.
    pub(super) fn key_changed(&self) {
        self.keys.send_replace(());
    }

    /// A domain was written.
    pub(super) fn grown(&self, domain: &DomainId, mark: Mark) {
        if let Some(waiting) = self.domains().get(domain) {
            waiting.send_replace(mark);
        }
    }

    fn subscribe(&self, domain: &DomainId) -> watch::Receiver<Mark> {
        self.domains().entry(*domain).or_default().subscribe()
    }

    /// The domains that somebody waits for.
    fn awaited(&self) -> Vec<DomainId> {
        let mut domains = self.domains();
        domains.retain(|_, waiting| waiting.receiver_count() > 0);
        domains.keys().copied().collect()
    }

    fn domains(&self) -> MutexGuard<'_, HashMap<DomainId, watch::Sender<Mark>>> {
        self.domains.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SqliteStore {
    /// Waits until some key is written.
    pub(super) async fn key_change(&self) {
        let mut keys = self.shared.watch.keys.subscribe();
        tokio::select! {
            _ = keys.changed() => {}
            () = self.look_for_others() => {}
        }
    }

    /// Waits until a domain has more than `seen`.
    pub(super) async fn growth(&self, domain: &DomainId, seen: Mark) {
        let mut marks = self.shared.watch.subscribe(domain);
        if let Ok(Some(head)) = self.head(domain).await
            && head.mark() != seen
        {
            return;
        }
        let grown =
            async { while marks.changed().await.is_ok() && *marks.borrow_and_update() == seen {} };
        tokio::select! {
            () = grown => {}
            () = self.look_for_others() => {}
        }
    }

    /// Looks for writes of other handles and processes, on behalf of all who wait, as long as it
    /// is polled.
    async fn look_for_others(&self) {
        let mut looked = self.shared.watch.looked.lock().await;
        loop {
            // On the connection that writes, the number tells of the writes of others only.
            let version = self.shared.writer.run(data_version).await;
            if let Ok(version) = version
                && version != *looked
            {
                *looked = version;
                self.tell_of_others().await;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn tell_of_others(&self) {
        self.shared.watch.key_changed();
        for domain in self.shared.watch.awaited() {
            if let Ok(Some(head)) = self.head(&domain).await {
                self.shared.watch.grown(&domain, head.mark());
            }
        }
    }
}

/// A number that differs after a write by another connection.
fn data_version(connection: &mut Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA data_version", [], |row| row.get(0))
}

/// How often the writes of others are looked for.
const LOOK: Duration = Duration::from_millis(250);

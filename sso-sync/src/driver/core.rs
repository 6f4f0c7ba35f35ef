//! What all loops of a server share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use sso_core::{StoreError, UnixTime};
use tokio::sync::{Notify, Semaphore, mpsc, oneshot, watch};

use super::fetch::Wanted;
use super::known::Known;
use super::trouble::Trouble;
use super::write::Change;
use crate::link::{CallError, HubClient};
use crate::mirror::{Mirror, Reader};
use crate::node::membership::Membership;
use crate::node::{Configurations, Held, NodeSettings, NodeStatus};
use crate::seal::{KeyRing, MemberId, MemberKeys, SealError};
use crate::status::Revocation;
use crate::store::Stored;

/// What all loops of a server share.
///
/// The mirror is a turnstile: who has it works on the disk and gives it back before the network is
/// waited for. Lookups go past it.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) settings: NodeSettings,
    pub(super) me: MemberId,
    pub(super) keys: Arc<MemberKeys>,
    pub(super) client: HubClient,
    pub(super) reader: Reader,
    pub(super) mirror: tokio::sync::Mutex<Mirror>,
    pub(super) configurations: Arc<dyn Configurations>,
    pub(super) ring: RwLock<Arc<KeyRing>>,
    pub(super) known: Mutex<Known>,
    pub(super) status: watch::Sender<NodeStatus>,
    pub(super) heard: watch::Sender<Arc<Vec<Revocation>>>,
    /// A member asks a hub for two long answers at once: one of the bulk, one of somebody who waits.
    pub(super) pages: Semaphore,
    pub(super) looks: mpsc::Sender<Asker>,
    pub(super) wanted: mpsc::Sender<Wanted>,
    pub(super) changes: mpsc::Sender<Change>,
    /// There is something to write that nobody waits for.
    pub(super) more: Notify,
    pub(super) beat: Notify,
    pub(super) fill: Notify,
    /// One full sync at a time.
    pub(super) syncing: Semaphore,
    pub(super) stop: watch::Sender<bool>,
}

/// Somebody who waits until this server is level with the hub.
pub(super) type Asker = oneshot::Sender<Result<(), Trouble>>;

impl Core {
    /// Asks the hub; what is under way is given up when the server is stopped. A server that was
    /// revoked asks for nothing.
    pub(super) async fn ask<T>(
        &self,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, Trouble> {
        if self.known().membership == Membership::Revoked {
            return Err(Trouble::Revoked);
        }
        tokio::select! {
            biased;
            () = self.stopped() => Err(Trouble::Stopping),
            answer = call => Ok(answer?),
        }
    }

    /// Asks the hub for a long answer.
    pub(super) async fn ask_page<T>(
        &self,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, Trouble> {
        // The semaphore is never closed.
        let _turn = self.pages.acquire().await;
        self.ask(call).await
    }

    /// Takes in what the hub has; returns when this server is level with it.
    pub(super) async fn look(&self) -> Result<(), Trouble> {
        let (done, answer) = oneshot::channel();
        let asked = self.looks.send(done).await;
        asked.map_err(|_| Trouble::Stopping)?;
        tokio::select! {
            biased;
            () = self.stopped() => Err(Trouble::Stopping),
            answer = answer => answer.unwrap_or(Err(Trouble::Stopping)),
        }
    }

    /// Has the hub asked soon, though nobody waits for it.
    pub(super) fn nudge(&self) {
        let (done, _) = oneshot::channel();
        // If there is no room, others have asked.
        let _ = self.looks.try_send(done);
    }

    /// Returns when the server is to be stopped.
    pub(super) async fn stopped(&self) {
        // It is never closed as long as this exists.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }

    /// Whether the server is to be stopped.
    pub(super) fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }

    /// Opens a record.
    pub(super) fn open(&self, stored: &Stored) -> Result<Held, StoreError> {
        let opened = self.ring().open_record(&stored.record);
        let (body, content) = opened.map_err(|error| match error {
            SealError::NoKey { .. } | SealError::Newer => StoreError::unavailable(error),
            _ => StoreError::corrupt(error),
        })?;
        Ok(Held {
            version: body.version(),
            content,
        })
    }

    /// The domain keys as they are now.
    pub(super) fn ring(&self) -> Arc<KeyRing> {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&ring)
    }

    /// The schema in which servers write, as far as this one knows it.
    pub(super) fn schema(&self) -> u64 {
        let schema = self.known().held.policy.schema();
        schema.min(self.settings.schema)
    }

    pub(super) fn set_ring(&self, ring: KeyRing) {
        let mut held = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        *held = Arc::new(ring);
    }

    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> UnixTime {
        self.settings.clock.now()
    }
}

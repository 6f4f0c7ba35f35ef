//! Changes that wait for the hub.

use sso_core::StoreError;
use sso_core::user::Profile;

use super::core::Core;
use super::records::storage;
use super::write::{Change, Source, Want};
use crate::mirror::Queued;
use crate::node::Held;
use crate::seal::Content;
use crate::store::{Record, RecordId};

impl Core {
    /// Keeps durably what a sign-in said about a user, unless it says nothing new. It lies sealed
    /// on the disk.
    pub(super) async fn enqueue(
        &self,
        id: RecordId,
        held: Held,
        profile: Profile,
    ) -> Result<(), StoreError> {
        let Some(content) = with_profile(&held, &profile) else {
            return Ok(());
        };
        let sealed = self
            .ring()
            .seal_record_in(self.schema(), id, held.version + 1, &content);
        let body = sealed.map_err(StoreError::unavailable)?.body;
        let mirror = self.mirror.lock().await;
        mirror.enqueue(&id, body).await.map_err(storage)?;
        drop(mirror);
        self.know(|known| known.waiting += 1);
        self.more.notify_one();
        Ok(())
    }

    /// The oldest changes that wait, at most `limit`.
    pub(super) async fn queued(&self, limit: usize) -> Vec<Change> {
        if limit == 0 || self.known().waiting == 0 {
            return Vec::new();
        }
        let queued = self.mirror.lock().await.queued(limit).await;
        let queued = queued.unwrap_or_default();
        if queued.is_empty() {
            self.know(|known| known.waiting = 0);
        }
        let mut changes = Vec::new();
        for queued in queued {
            match self.change(queued) {
                Ok(change) => changes.push(change),
                // What does not open now never will: the next sign-in says the same again.
                Err(queued) => drop(self.dequeue(&queued).await),
            }
        }
        changes
    }

    fn change(&self, queued: Queued) -> Result<Change, Queued> {
        let record = Record {
            id: queued.id,
            body: queued.sealed.clone(),
        };
        match self.ring().open_record(&record) {
            Ok((_, Content::User(user))) => Ok(Change {
                id: queued.id,
                want: Want::Profile(user.profile.known),
                source: Source::Outbox(queued),
            }),
            _ => Err(queued),
        }
    }

    /// A change was committed, or changes nothing any more. Whether the disk has forgotten it.
    pub(super) async fn dequeue(&self, queued: &Queued) -> bool {
        // If it stays, it is found to change nothing the next time.
        let taken = self.mirror.lock().await.dequeue(queued).await;
        if taken.is_ok() {
            self.know(|known| known.waiting = known.waiting.saturating_sub(1));
        }
        taken.is_ok()
    }

    /// Counts what waits, at the start.
    pub(super) async fn count_waiting(&self) -> Result<(), super::Trouble> {
        let limit = crate::mirror::Mirror::MAX_QUEUED;
        let waiting = self.mirror.lock().await.queued(limit).await?.len();
        self.know(|known| known.waiting = waiting as u64);
        Ok(())
    }
}

/// The user with another profile; `None` if that changes nothing, or there is no user.
pub(super) fn with_profile(held: &Held, profile: &Profile) -> Option<Content> {
    let Content::User(user) = &held.content else {
        return None;
    };
    if user.profile.known == *profile {
        return None;
    }
    let mut user = user.clone();
    user.profile.known = profile.clone();
    Some(Content::User(user))
}

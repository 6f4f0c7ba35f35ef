//! Updates of profiles that wait for the hub.

use bytes::Bytes;
use tokio::sync::Mutex;

use super::{Mirror, MirrorError};
use crate::store::{RecordId, StoreError, Version};

/// An update that waits for the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Queued {
    /// Whose.
    pub id: RecordId,
    /// What was queued: sealed.
    pub sealed: Bytes,
    version: Version,
}

impl Mirror {
    /// Queues an update, durably, in place of an earlier one of the same id. It lies on the disk,
    /// so it comes sealed: as a record is.
    ///
    /// # Errors
    ///
    /// [`MirrorError::OutboxFull`] if [`MAX_QUEUED`](Self::MAX_QUEUED) others wait;
    /// [`MirrorError::Store`].
    pub async fn enqueue(&self, id: &RecordId, sealed: Bytes) -> Result<(), MirrorError> {
        let key = format!("{OUTBOX}{id}");
        let mut length = self.queued.0.lock().await;
        let waiting = match *length {
            Some(known) => known,
            None => self.facts.list(OUTBOX, usize::MAX).await?.len(),
        };
        *length = None;
        let is_new = self.facts.get(&key).await?.is_none();
        let limit = Self::MAX_QUEUED;
        if is_new && waiting >= limit {
            return Err(MirrorError::OutboxFull { limit });
        }
        self.facts.set(&key, sealed).await?;
        *length = Some(waiting + usize::from(is_new));
        Ok(())
    }

    /// The updates that wait, at most `limit` of them.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Store`].
    pub async fn queued(&self, limit: usize) -> Result<Vec<Queued>, MirrorError> {
        let page = self.facts.store().list(OUTBOX, None, limit).await?;
        let queued = page.entries.into_iter().map(|(key, entry)| {
            let id = key.strip_prefix(OUTBOX).and_then(record_id);
            let id = id.ok_or_else(|| StoreError::corrupt("an update belongs to nobody"))?;
            Ok(Queued {
                id,
                sealed: entry.value,
                version: entry.version,
            })
        });
        queued.collect()
    }

    /// Takes an update out that was committed. One that was queued for the same id meanwhile
    /// stays.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Store`]; the update may still be there then.
    pub async fn dequeue(&self, queued: &Queued) -> Result<(), MirrorError> {
        let key = format!("{OUTBOX}{}", queued.id);
        *self.queued.0.lock().await = None;
        let store = self.facts.store();
        match store.delete(&key, queued.version.clone()).await {
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(failed) => Err(failed.into()),
        }
    }

    /// How many updates may wait.
    pub const MAX_QUEUED: usize = 10_000;
}

/// How many updates wait; `None` if they have to be counted.
#[derive(Debug, Default)]
pub(super) struct QueueLength(Mutex<Option<usize>>);

fn record_id(hex: &str) -> Option<RecordId> {
    crate::wire::unhex(hex).map(RecordId::new)
}

const OUTBOX: &str = "outbox/";

//! What a user directory asks of a server.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sso_core::StoreError;
use sso_core::user::Profile;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::Node;
use super::core::Core;
use super::trouble::Trouble;
use super::write::{Change, Source, Want};
use crate::mirror::{Located, Lookup, MirrorError};
use crate::node::{Held, Put, Records};
use crate::seal::{Content, KeyRing};
use crate::store::{RecordId, Stored};

#[async_trait]
impl Records for Node {
    fn ring(&self) -> Arc<KeyRing> {
        self.core().ring()
    }

    async fn find(&self, id: &RecordId) -> Result<Option<Held>, StoreError> {
        let core = self.core();
        core.may_serve()?;
        let mut found = core.reader.find(id).await.map_err(storage)?;
        if found == Lookup::Absent && !core.known().was_level {
            // Much may have happened before this server started.
            core.catch_up().await?;
            found = core.reader.find(id).await.map_err(storage)?;
        }
        match found {
            Lookup::Live(stored) => core.open(&stored).map(Some),
            Lookup::Absent => Ok(None),
            Lookup::NotHere(_) => core.find_at_hub(id, None).await,
            Lookup::Unproven(of_before) => core.find_at_hub(id, of_before).await,
        }
    }

    async fn locate(&self, prefix: &[u8; 14]) -> Result<Option<RecordId>, StoreError> {
        let core = self.core();
        core.may_serve()?;
        match core.reader.locate(prefix).await.map_err(storage)? {
            Located::Id(id) => Ok(Some(id)),
            Located::Absent => Ok(None),
            Located::Unproven(of_before) => core.locate_at_hub(prefix, of_before).await,
        }
    }

    async fn catch_up(&self) -> Result<(), StoreError> {
        self.core().catch_up().await
    }

    async fn put(&self, id: RecordId, after: u64, content: Content) -> Result<Put, StoreError> {
        self.core().put(id, after, content).await
    }

    async fn update_later(&self, id: RecordId, profile: Profile) -> Result<(), StoreError> {
        let Some(held) = self.find(&id).await? else {
            return Ok(());
        };
        self.core().enqueue(id, held, profile).await
    }
}

impl Core {
    /// Commits a state of a record, if that follows the version `after`.
    pub(super) async fn put(
        &self,
        id: RecordId,
        after: u64,
        content: Content,
    ) -> Result<Put, StoreError> {
        self.may_write()?;
        self.is_there_again().await?;
        let (done, answer) = oneshot::channel();
        let change = Change {
            id,
            want: Want::State {
                after,
                content: Box::new(content),
            },
            source: Source::Put(done),
        };
        let sent = self.changes.send(change).await;
        sent.map_err(|_| Trouble::Stopping.unavailable())?;
        let answer = timeout(self.settings.patience, answer).await;
        match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Trouble::Stopping.unavailable()),
            Err(_) => Err(StoreError::unknown(SLOW)),
        }
    }

    async fn catch_up(&self) -> Result<(), StoreError> {
        self.is_there()?;
        match timeout(self.settings.patience, self.look()).await {
            Ok(looked) => looked.map_err(|trouble| trouble.unavailable()),
            Err(_) => Err(Trouble::Restless.unavailable()),
        }
    }

    /// Finds what needs the hub; what counted before, if the hub cannot be asked.
    async fn find_at_hub(
        &self,
        id: &RecordId,
        of_before: Option<Stored>,
    ) -> Result<Option<Held>, StoreError> {
        let brought = self.bring_in_time(*id, of_before.is_some()).await;
        match self.reader.find(id).await.map_err(storage)? {
            Lookup::Live(stored) => self.open(&stored).map(Some),
            Lookup::Absent => Ok(None),
            Lookup::NotHere(_) | Lookup::Unproven(_) => match of_before {
                Some(stored) => self.open(&stored).map(Some),
                None => Err(brought.err().unwrap_or(Trouble::Restless).unavailable()),
            },
        }
    }

    async fn locate_at_hub(
        &self,
        prefix: &[u8; 14],
        of_before: Option<RecordId>,
    ) -> Result<Option<RecordId>, StoreError> {
        let mut any = [0; 32];
        any.iter_mut()
            .zip(prefix)
            .for_each(|(byte, given)| *byte = *given);
        let any = RecordId::new(any);
        let brought = self.bring_in_time(any, of_before.is_some()).await;
        match self.reader.locate(prefix).await.map_err(storage)? {
            Located::Id(id) => Ok(Some(id)),
            Located::Absent => Ok(None),
            Located::Unproven(_) if of_before.is_some() => Ok(of_before),
            Located::Unproven(_) => Err(brought.err().unwrap_or(Trouble::Restless).unavailable()),
        }
    }

    /// Brings an id here, as long as a caller has patience. If there is something to go on with
    /// and the hub is away, it is not asked.
    async fn bring_in_time(&self, id: RecordId, has_other: bool) -> Result<(), Trouble> {
        if has_other && self.known().away.is_some() {
            return Ok(());
        }
        let brought = timeout(self.settings.patience, self.want(id)).await;
        brought.unwrap_or(Err(Trouble::Restless))
    }

    /// Whether the hub can be reached; if it could not, it is asked once more, and not for long.
    async fn is_there_again(&self) -> Result<(), StoreError> {
        if self.known().away.is_some() {
            // Whatever comes of it is known then.
            let _ = timeout(ONCE_MORE, self.look()).await;
        }
        self.is_there()
    }

    /// Whether the hub can be reached, as far as is known; it is asked soon if not.
    fn is_there(&self) -> Result<(), StoreError> {
        let away = self.known().away.clone();
        let Some(away) = away else { return Ok(()) };
        self.nudge();
        Err(StoreError::unavailable(format!("{AWAY}{}", away.why)))
    }
}

pub(super) fn storage(error: MirrorError) -> StoreError {
    match error {
        MirrorError::Store(error) => error,
        error => StoreError::unavailable(error),
    }
}

/// How long somebody who is to be written for the first time waits for a hub that was away.
const ONCE_MORE: Duration = Duration::from_secs(3);

const AWAY: &str = "the hub cannot be reached, so new users cannot be made here now; known users \
                    sign in as ever: ";
const SLOW: &str = "the hub takes long to answer: whether this was written shows when it does";

//! The set hash of records as they come in, worked out on another thread.

use std::mem;

use tokio::task::{JoinHandle, spawn_blocking};

use super::place::Change;
use crate::feed::{SetHash, record_digest};
use crate::store::{StoreError, Stored};

/// A set hash that is worked out while the next records are on their way.
#[derive(Debug)]
pub(super) enum Tally {
    At(SetHash),
    /// One piece of work at a time, so that no more than two pages are in memory.
    Working(JoinHandle<SetHash>),
    /// A piece of work was given up.
    Lost,
}

impl Tally {
    pub(super) fn empty() -> Self {
        Self::At(SetHash::empty())
    }

    /// Goes on from here.
    pub(super) const fn from(set: SetHash) -> Self {
        Self::At(set)
    }

    /// Counts a change in, in the background; waits for the change before.
    pub(super) async fn add(&mut self, change: Change) -> Result<(), StoreError> {
        let mut set = self.take().await?;
        *self = Self::Working(spawn_blocking(move || {
            count(&mut set, &change);
            set
        }));
        Ok(())
    }

    /// The set hash so far.
    pub(super) async fn set(&mut self) -> Result<&mut SetHash, StoreError> {
        let set = self.take().await?;
        *self = Self::At(set);
        match self {
            Self::At(set) => Ok(set),
            Self::Working(_) | Self::Lost => Err(lost()),
        }
    }

    async fn take(&mut self) -> Result<SetHash, StoreError> {
        match mem::replace(self, Self::Lost) {
            Self::At(set) => Ok(set),
            Self::Working(work) => work.await.map_err(StoreError::unavailable),
            Self::Lost => Err(lost()),
        }
    }
}

fn count(set: &mut SetHash, change: &Change) {
    let digest = |stored: &Stored| record_digest(&stored.record.body);
    for stored in &change.removed {
        set.remove(&stored.record.id, &digest(stored));
    }
    for stored in &change.added {
        set.insert(&stored.record.id, &digest(stored));
    }
}

fn lost() -> StoreError {
    StoreError::unavailable("the filling was given up in the middle of a page")
}

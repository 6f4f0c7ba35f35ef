//! Tidying up behind a hub: one bounded piece of work at a time.
//!
//! A round looks at every domain and forgets what its feed needs no more, then at what has
//! expired, then at the memory of this process. Every process of a hub may do it at the same
//! time: what one has forgotten another finds forgotten.

mod expired;
mod feeds;

use sso_core::UnixTime;

use super::Hub;
use super::quota::Usage;
use crate::store::{DomainId, Seq, StoreError};

/// Where the round of one process stands, and how much of the feeds it keeps.
#[derive(Debug, Default)]
pub struct Housekeeper {
    keeping: Keeping,
    place: Place,
    fullest: Usage,
}

/// How much of a feed is kept for servers that are behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Keeping {
    /// So many of the newest records stay, whoever has them. Default: 65,536.
    pub least: u64,
    /// A server that is further behind is not waited for: it compares everything instead.
    /// Default: 1,048,576.
    pub most: u64,
    /// It is worth while from so many records on. Default: 16,384.
    pub worth: u64,
    /// In one step at most so many are forgotten. Default: 262,144.
    pub step: u64,
}

/// What a step has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tidied {
    /// Records that had expired and are gone.
    pub removed: u64,
    /// The feed of this domain begins after this place now.
    pub compacted: Option<(DomainId, Seq)>,
    /// The round has ended; the next step begins another.
    pub is_round_over: bool,
}

/// What is looked at next, after which key.
#[derive(Clone, Debug)]
enum Place {
    Feeds(Option<String>),
    Invitations(Option<String>),
    Administrators(Option<String>),
    Memory,
}

impl Housekeeper {
    /// A round that begins, keeping as much as [`Keeping`] has by default.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps as much of the feeds as `keeping` says.
    #[must_use]
    pub const fn keeping(mut self, keeping: Keeping) -> Self {
        self.keeping = keeping;
        self
    }
}

impl Hub {
    /// Does the next piece of work: looks at one domain, or at 100 records.
    ///
    /// # Errors
    ///
    /// A [`StoreError`]. The piece is left for the next round; calling again goes on after it.
    pub async fn tidy(
        &self,
        keeper: &mut Housekeeper,
        now: UnixTime,
    ) -> Result<Tidied, StoreError> {
        let tidied = match keeper.place.clone() {
            Place::Feeds(after) => self.tidy_feed(keeper, after.as_deref()).await,
            Place::Invitations(after) => self.tidy_invitations(keeper, after.as_deref(), now).await,
            Place::Administrators(after) => {
                self.tidy_administrators(keeper, after.as_deref(), now)
                    .await
            }
            Place::Memory => Ok(self.tidy_memory(keeper, now)),
        }?;
        self.counters.count_tidied(&tidied);
        Ok(tidied)
    }

    fn tidy_memory(&self, keeper: &mut Housekeeper, now: UnixTime) -> Tidied {
        self.sessions.forget_ended(now);
        self.sources.sweep(now);
        self.members.sweep(now);
        self.strangers.sweep(now);
        self.counters.keep_fullest(keeper.fullest);
        keeper.fullest = Usage::default();
        keeper.place = Place::default();
        Tidied {
            is_round_over: true,
            ..Tidied::default()
        }
    }
}

impl Default for Keeping {
    fn default() -> Self {
        Self {
            least: 65_536,
            most: 1_048_576,
            worth: 16_384,
            step: 262_144,
        }
    }
}

impl Default for Place {
    fn default() -> Self {
        Self::Feeds(None)
    }
}

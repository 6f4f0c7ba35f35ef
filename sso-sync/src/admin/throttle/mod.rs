//! How guessing is slowed down: five tries, then ever longer waits.
//!
//! A try is counted when a sign-in *begins*: OPAQUE tells the client whether the password was
//! right before the client answers, so a guesser never needs to finish. A finished sign-in resets
//! what it was counted on.
//!
//! Everything here is plain data and decisions. The hub keeps a [`SourceTries`] for each source
//! and an [`AccountTries`] for each administrator, stores the new ones by compare-and-swap
//! *before* it answers, and asks again if another writer came first.

mod lane;
mod source;

use minicbor::{Decode, Encode};
use sso_core::UnixTime;

pub use lane::{Lane, Wait};
pub use source::{Source, SourceDigest};

use crate::admin::moment;
use crate::admin::wire::Message;

/// The tries from one source, whoever they were for.
pub type SourceTries = Lane;

/// The tries for one administrator.
///
/// Sources that this administrator has signed in from have a lane each, all strangers share one:
/// whoever guesses from elsewhere keeps the administrator waiting elsewhere only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct AccountTries {
    #[n(0)]
    strangers: Lane,
    #[n(1)]
    known: Vec<Known>,
}

impl Message for AccountTries {
    const KIND: u16 = 203;
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Known {
    #[n(0)]
    source: SourceDigest,
    #[n(1)]
    lane: Lane,
    #[cbor(n(2), with = "moment")]
    signed_in: UnixTime,
}

impl AccountTries {
    /// Counts a try from `source`.
    ///
    /// # Errors
    ///
    /// [`Wait`] if it comes too early; nothing is counted then.
    pub fn charge(&self, source: &SourceDigest, now: UnixTime) -> Result<Self, Wait> {
        let mut charged = self.clone();
        let lane = charged.lane(source, now);
        *lane = lane.charge(now)?;
        Ok(charged)
    }

    /// Takes in that the administrator has signed in from `source`: its lane starts anew, and it
    /// is known for 90 days.
    #[must_use]
    pub fn succeed(&self, source: &SourceDigest, now: UnixTime) -> Self {
        let mut reset = self.clone();
        *reset.lane(source, now) = Lane::default();
        reset.known.retain(|known| known.source != *source);
        reset.known.insert(
            0,
            Known {
                source: *source,
                lane: Lane::default(),
                signed_in: now,
            },
        );
        reset.known.truncate(MAX_KNOWN);
        reset
    }

    /// Whether forgetting the record changes nothing.
    #[must_use]
    pub fn is_idle(&self, now: UnixTime) -> bool {
        self.strangers.is_idle(now) && self.known.iter().all(|known| !known.is_remembered(now))
    }

    fn lane(&mut self, source: &SourceDigest, now: UnixTime) -> &mut Lane {
        let known = self
            .known
            .iter_mut()
            .find(|known| known.source == *source && known.is_remembered(now));
        match known {
            Some(known) => &mut known.lane,
            None => &mut self.strangers,
        }
    }
}

impl Known {
    fn is_remembered(&self, now: UnixTime) -> bool {
        now.since(self.signed_in) < REMEMBERED
    }
}

/// Counts a try on both records, or on neither.
///
/// # Errors
///
/// The longer [`Wait`] if either of them says so.
pub fn charge(
    account: &AccountTries,
    from_source: SourceTries,
    source: &SourceDigest,
    now: UnixTime,
) -> Result<(AccountTries, SourceTries), Wait> {
    match (account.charge(source, now), from_source.charge(now)) {
        (Ok(account), Ok(source)) => Ok((account, source)),
        (Err(one), Err(other)) => Err(one.max(other)),
        (Err(wait), Ok(_)) | (Ok(_), Err(wait)) => Err(wait),
    }
}

/// So many sources of an administrator are known; the one that was used longest ago goes first.
const MAX_KNOWN: usize = 8;

/// For so long a source is known.
const REMEMBERED: std::time::Duration = std::time::Duration::from_secs(90 * 24 * 3600);

#[cfg(test)]
mod tests;

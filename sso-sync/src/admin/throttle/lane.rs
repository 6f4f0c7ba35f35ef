//! One counter of tries.

use std::time::Duration;

use minicbor::{Decode, Encode};
use sso_core::UnixTime;

use crate::admin::moment;
use crate::admin::wire::Message;

/// Tries since the last success, and when the last one was.
///
/// Five tries are free. After the fifth, the next has to wait 10 s, after that one 20 s, and so on
/// up to 15 minutes: the cap is what an attacker can keep an administrator waiting. A try that
/// comes too early counts nothing and prolongs nothing. A day without a try forgets all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Lane {
    #[n(0)]
    tries: u32,
    #[cbor(n(1), with = "moment")]
    last: UnixTime,
}

impl Lane {
    /// Tries that nobody waits for.
    pub const FREE: u32 = 5;

    /// The wait after the last free try; each further try doubles it.
    pub const FIRST_WAIT: Duration = Duration::from_secs(10);

    /// The longest wait.
    pub const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

    /// After so long without a try, all of them are forgotten.
    pub const FORGOTTEN_AFTER: Duration = Duration::from_secs(24 * 3600);

    /// Counts a try.
    ///
    /// # Errors
    ///
    /// [`Wait`] if it comes too early; nothing is counted then.
    pub fn charge(self, now: UnixTime) -> Result<Self, Wait> {
        match self.wait(now) {
            Duration::ZERO => Ok(Self {
                tries: self.remembered(now).saturating_add(1),
                last: now.to_the_second(),
            }),
            wait => Err(Wait(wait)),
        }
    }

    /// Whether forgetting the record changes nothing.
    #[must_use]
    pub fn is_idle(&self, now: UnixTime) -> bool {
        self.remembered(now) == 0
    }

    /// How long until the next try may come; zero if it may come now.
    fn wait(self, now: UnixTime) -> Duration {
        // A time in the future was written by a clock that was wrong: it must not lock anybody
        // out until then. The count stays.
        if self.last.since(now) > CLOCK_SKEW {
            return Duration::ZERO;
        }
        self.last.later(wait_after(self.remembered(now))).since(now)
    }

    fn remembered(self, now: UnixTime) -> u32 {
        if now.since(self.last) < Self::FORGOTTEN_AFTER {
            self.tries
        } else {
            0
        }
    }
}

impl Message for Lane {
    const KIND: u16 = 204;
}

/// A try came too early; try again after this time, or later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("too many tries; the next may come in {} s", self.as_secs())]
pub struct Wait(Duration);

impl Wait {
    /// Whole seconds, rounded up.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0.as_secs() + (self.0.subsec_nanos() > 0) as u64
    }
}

/// The wait between try number `tries` and the next one.
fn wait_after(tries: u32) -> Duration {
    let Some(doublings) = tries.checked_sub(Lane::FREE) else {
        return Duration::ZERO;
    };
    Lane::FIRST_WAIT
        .saturating_mul(1u32.checked_shl(doublings).unwrap_or(u32::MAX))
        .min(Lane::LONGEST_WAIT)
}

/// How far the clocks of hub processes may differ.
const CLOCK_SKEW: Duration = Duration::from_secs(300);

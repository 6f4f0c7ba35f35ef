//! A clock that stands still.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::{Clock, UnixTime};

/// A [`Clock`] that moves only when told to; clones share their time.
#[derive(Clone, Debug)]
pub struct ManualClock {
    now: Arc<Mutex<UnixTime>>,
}

impl ManualClock {
    /// A clock that stands at `now`.
    #[must_use]
    pub fn at(now: UnixTime) -> Self {
        Self {
            now: Arc::new(Mutex::new(now)),
        }
    }

    /// Moves the clock on by `by`.
    pub fn advance(&self, by: Duration) {
        let mut now = self.lock();
        *now = now.later(by);
    }

    /// Sets the clock, forwards or back.
    pub fn set(&self, now: UnixTime) {
        *self.lock() = now;
    }

    fn lock(&self) -> MutexGuard<'_, UnixTime> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UnixTime {
        *self.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::NOON;

    #[test]
    fn moves_only_when_told_and_for_all_its_clones() {
        let clock = ManualClock::at(NOON);
        let clone = clock.clone();
        clock.advance(Duration::from_secs(1));
        assert_eq!(clone.now(), NOON.later(Duration::from_secs(1)));
        clone.set(NOON);
        assert_eq!(clock.now(), NOON);
    }
}

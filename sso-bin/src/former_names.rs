//! When people came to sign in by a former name of the service.

use std::time::Duration;

use sso_core::UnixTime;
use tokio::sync::watch;

/// Remembers the last time. What was before this program began nobody knows, so it begins with that:
/// a name that is still used is never taken for one that is not.
#[derive(Debug)]
pub struct FormerNames(watch::Sender<UnixTime>);

impl FormerNames {
    /// Of a program that begins at `now`.
    #[must_use]
    pub fn new(now: UnixTime) -> Self {
        Self(watch::Sender::new(now))
    }

    /// Somebody comes at `now`. To the minute: more is of no use to anybody.
    pub fn used(&self, now: UnixTime) {
        self.0.send_if_modified(|last| {
            let news = now.since(*last) >= GRAIN;
            if news {
                *last = now;
            }
            news
        });
    }

    /// The last time that somebody came, or may have come; and every change of that.
    #[must_use]
    pub fn last(&self) -> watch::Receiver<UnixTime> {
        self.0.subscribe()
    }
}

const GRAIN: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_time_is_known_to_the_minute_and_before_the_start_nothing_is() {
        let begin = UnixTime::from_secs(1_800_000_000);
        let names = FormerNames::new(begin);
        assert_eq!(*names.last().borrow(), begin);
        let earlier = Duration::from_secs(59);
        names.used(begin.later(earlier));
        assert_eq!(*names.last().borrow(), begin);
        names.used(begin.later(GRAIN));
        assert_eq!(*names.last().borrow(), begin.later(GRAIN));
    }
}

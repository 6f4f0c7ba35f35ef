//! How fast filling goes, and how long it will take.

use std::time::Duration;

use sso_core::UnixTime;

use super::Progress;

/// Measures a filling.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    began: UnixTime,
    /// How much was done before.
    before: u64,
}

impl Rate {
    /// A filling that begins now, or goes on with so many records.
    pub(crate) const fn begin(now: UnixTime, before: u64) -> Self {
        Self { began: now, before }
    }

    /// How far it has come with `done` of `of` records.
    pub(crate) fn progress(&self, done: u64, of: u64, now: UnixTime) -> Progress {
        let done = done.min(of);
        let passed = now.since(self.began).as_secs_f64();
        let rate = if passed > 0.0 {
            done.saturating_sub(self.before) as f64 / passed
        } else {
            0.0
        };
        let left = of.saturating_sub(done) as f64;
        let remaining = (rate > 0.0).then(|| Duration::try_from_secs_f64(left / rate).ok());
        Progress {
            done,
            of,
            rate: rate as u64,
            remaining: remaining.flatten(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_takes_as_long_as_what_is_done_did() {
        let rate = Rate::begin(UnixTime::from_secs(100), 0);
        let progress = rate.progress(250, 1000, UnixTime::from_secs(110));
        assert_eq!((progress.done, progress.of, progress.rate), (250, 1000, 25));
        assert_eq!(progress.remaining, Some(Duration::from_secs(30)));
    }

    #[test]
    fn what_was_done_before_an_interruption_makes_nothing_faster() {
        let rate = Rate::begin(UnixTime::from_secs(100), 500);
        let progress = rate.progress(750, 1000, UnixTime::from_secs(110));
        assert_eq!((progress.done, progress.rate), (750, 25));
        assert_eq!(progress.remaining, Some(Duration::from_secs(10)));
    }

    #[test]
    fn nothing_is_foretold_before_something_was_done() {
        let rate = Rate::begin(UnixTime::from_secs(100), 0);
        let start = rate.progress(0, 1000, UnixTime::from_secs(110));
        assert_eq!((start.rate, start.remaining), (0, None));
        let clock_went_back = rate.progress(5, 1000, UnixTime::from_secs(50));
        assert_eq!((clock_went_back.rate, clock_went_back.remaining), (0, None));
    }

    #[test]
    fn records_that_came_twice_are_not_more_than_all() {
        let rate = Rate::begin(UnixTime::from_secs(100), 0);
        let progress = rate.progress(1001, 1000, UnixTime::from_secs(110));
        assert_eq!(
            (progress.done, progress.remaining),
            (1000, Some(Duration::ZERO))
        );
    }
}

//! How long to wait between two conversations with the hub.

use std::time::Duration;

/// Pauses: short random ones while all is well, growing ones after failures.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    failures: u32,
    random: fastrand::Rng,
}

impl Pace {
    /// Pauses that are drawn from `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            failures: 0,
            random: fastrand::Rng::with_seed(seed),
        }
    }

    /// All is well: the pause before the next long poll, so that not all servers come at once.
    pub(crate) fn after_success(&mut self) -> Duration {
        self.failures = 0;
        SPREAD.mul_f64(self.random.f64())
    }

    /// How long the hub is asked to wait for news: most of [`LONG_POLL`], so that servers that
    /// began together do not stay together. Between two polls nobody hears of a change, so it is
    /// this that is random and not a pause.
    pub(crate) fn long_poll(&mut self) -> Duration {
        LONG_POLL.mul_f64(1.0 - self.random.f64() / 10.0)
    }

    /// Something failed: a second after the first failure, twice as long after each further one, a
    /// minute at most; between half of that and all of it. Never less than what the hub asks for.
    pub(crate) fn after_failure(&mut self, retry_after: Option<Duration>) -> Duration {
        let doubled = 1 << self.failures.min(MAX_DOUBLINGS);
        self.failures = self.failures.saturating_add(1);
        let pause = (SHORTEST * doubled).min(LONGEST);
        let pause = pause.mul_f64(f64::midpoint(1.0, self.random.f64()));
        pause.max(retry_after.unwrap_or_default().min(LONGEST_ASKED))
    }
}

/// How long the hub is asked to wait for news.
pub(crate) const LONG_POLL: Duration = Duration::from_secs(50);

/// Long polls are hints: so often the hub is asked in any case.
pub(crate) const LOOK_EVERY: Duration = Duration::from_mins(5);

/// After a failure the hub is not asked again before this, whoever waits for it.
pub(crate) const SHORTEST: Duration = Duration::from_secs(1);

/// The longest pause before the next long poll. It also bounds what a hub that never waits can
/// cause.
const SPREAD: Duration = Duration::from_millis(100);

const LONGEST: Duration = Duration::from_mins(1);

/// A hub that asks for more than this is asked again all the same.
const LONGEST_ASKED: Duration = Duration::from_hours(1);

const MAX_DOUBLINGS: u32 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_between_polls_are_too_short_to_miss_a_change() {
        let mut pace = Pace::new(1);
        let pauses: Vec<_> = (0..1000).map(|_| pace.after_success()).collect();
        assert!(pauses.iter().all(|it| *it <= Duration::from_millis(100)));
        assert!(pauses.iter().any(|it| *it > Duration::from_millis(80)));
        assert!(pauses.iter().any(|it| *it < Duration::from_millis(20)));
    }

    #[test]
    fn polls_are_of_different_lengths_so_that_servers_do_not_stay_together() {
        let mut pace = Pace::new(1);
        let polls: Vec<_> = (0..1000).map(|_| pace.long_poll()).collect();
        assert!(polls.iter().all(|it| *it <= LONG_POLL));
        assert!(polls.iter().all(|it| *it >= Duration::from_secs(45)));
        assert!(polls.iter().any(|it| *it < Duration::from_secs(46)));
    }

    #[test]
    fn pauses_after_failures_double_up_to_a_minute() {
        let mut pace = Pace::new(1);
        for whole in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            let whole = Duration::from_secs(whole);
            let pause = pace.after_failure(None);
            assert!(
                whole / 2 <= pause && pause <= whole,
                "{pause:?} of {whole:?}"
            );
        }
        pace.after_success();
        assert!(pace.after_failure(None) <= SHORTEST);
    }

    #[test]
    fn what_the_hub_asks_for_is_obeyed_within_reason() {
        let mut pace = Pace::new(1);
        let asked = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(pace.after_failure(asked(30)), Duration::from_secs(30));
        assert_eq!(pace.after_failure(asked(u64::MAX)), LONGEST_ASKED);
    }

    #[test]
    fn one_seed_makes_one_row_of_pauses() {
        let row = |seed| -> Vec<_> {
            let mut pace = Pace::new(seed);
            (0..9).map(|_| pace.after_success()).collect()
        };
        assert_eq!(row(3), row(3));
        assert_ne!(row(3), row(4));
    }
}

//! What every [`ReplayLog`] must do. [`replay_log_tests!`](crate::replay_log_tests) lists the cases.

use std::sync::Arc;
use std::time::Duration;

use futures_executor::block_on;

use super::{NOON, RACERS, race};
use crate::UnixTime;
use crate::saml::{ReplayKey, ReplayLog, Sighting};

/// Checks a [`ReplayLog`] against its contract: one test for each promise.
///
/// Takes an async closure that opens a fresh log: `async || (log, guard)`. See
/// [`testkit`](crate::testkit) for an example.
#[macro_export]
macro_rules! replay_log_tests {
    ($open:expr) => {
        $crate::replay_log_tests! { @cases $open;
            the_second_use_is_a_repeat,
            a_repeat_stays_a_repeat,
            one_assertion_says_nothing_about_another,
            of_concurrent_uses_one_is_first,
            an_entry_is_kept_until_it_expires,
            an_entry_that_ends_does_not_take_others_along,
        }
    };
    (@cases $open:expr; $($case:ident,)+) => {$(
        #[test]
        fn $case() {
            $crate::testkit::replay_log::run($open, $crate::testkit::replay_log::$case);
        }
    )+};
}

/// Opens a log, runs one case on it, then drops the guard.
pub fn run<L: ReplayLog, G>(
    open: impl AsyncFnOnce() -> (L, G),
    case: impl AsyncFnOnce(Arc<dyn ReplayLog>),
) {
    block_on(async {
        let (log, _guard) = open().await;
        case(Arc::new(log)).await;
    });
}

/// An assertion is new once.
pub async fn the_second_use_is_a_repeat(log: Arc<dyn ReplayLog>) {
    assert_eq!(sight(&*log, "a", NOON).await, Sighting::First);
    assert_eq!(sight(&*log, "a", NOON).await, Sighting::Repeat);
}

/// Asking again does not use a mark up.
pub async fn a_repeat_stays_a_repeat(log: Arc<dyn ReplayLog>) {
    sight(&*log, "a", NOON).await;
    for _ in 0..3 {
        assert_eq!(sight(&*log, "a", NOON).await, Sighting::Repeat);
    }
}

/// Neither another assertion of the issuer nor the same ID of another issuer is known.
pub async fn one_assertion_says_nothing_about_another(log: Arc<dyn ReplayLog>) {
    sight(&*log, "a", NOON).await;
    assert_eq!(sight(&*log, "b", NOON).await, Sighting::First);
    let elsewhere = ReplayKey::new("https://other.example", "a");
    assert_eq!(record(&*log, &elsewhere, NOON).await, Sighting::First);
}

/// Eight threads with one assertion: one signs in.
pub async fn of_concurrent_uses_one_is_first(log: Arc<dyn ReplayLog>) {
    let sightings = race(&log, async |log| sight(log, "a", NOON).await);
    let first = sightings
        .iter()
        .filter(|sighting| **sighting == Sighting::First)
        .count();
    assert_eq!(first, 1, "of {RACERS} concurrent uses");
}

/// A moment before its end a mark is still there.
pub async fn an_entry_is_kept_until_it_expires(log: Arc<dyn ReplayLog>) {
    sight(&*log, "a", NOON).await;
    let last_moment = NOON.later(VALIDITY).earlier(Duration::from_nanos(1));
    assert_eq!(sight(&*log, "a", last_moment).await, Sighting::Repeat);
}

/// Cleaning up after one mark leaves the others.
pub async fn an_entry_that_ends_does_not_take_others_along(log: Arc<dyn ReplayLog>) {
    let later = NOON.later(VALIDITY / 2);
    sight(&*log, "short", NOON).await;
    sight(&*log, "long", later).await;
    let after_short = NOON.later(VALIDITY);
    sight(&*log, "another", after_short).await;
    assert_eq!(sight(&*log, "long", after_short).await, Sighting::Repeat);
}

async fn sight(log: &dyn ReplayLog, id: &str, now: UnixTime) -> Sighting {
    record(log, &ReplayKey::new("https://idp.example", id), now).await
}

async fn record(log: &dyn ReplayLog, key: &ReplayKey, now: UnixTime) -> Sighting {
    log.record(key, now, now.later(VALIDITY))
        .await
        .expect("the log answers")
}

const VALIDITY: Duration = Duration::from_mins(5);

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::panic::catch_unwind;
    use std::sync::{Barrier, Mutex};

    use async_trait::async_trait;

    use super::*;
    use crate::StoreError;

    /// A log with one flaw.
    #[derive(Debug)]
    struct Flawed {
        flaw: Flaw,
        seen: Mutex<HashMap<Vec<u8>, UnixTime>>,
        all_looked: Barrier,
    }

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Flaw {
        ForgetsAtOnce,
        ForgetsAllAtTheFirstEnd,
        ForgetsAMinuteEarly,
        ForgetsOnRepeat,
        LooksBeforeItWrites,
        TakesTwoKeysForOne,
    }

    #[async_trait]
    impl ReplayLog for Flawed {
        async fn record(
            &self,
            key: &ReplayKey,
            now: UnixTime,
            expires: UnixTime,
        ) -> Result<Sighting, StoreError> {
            let key = match self.flaw {
                Flaw::TakesTwoKeysForOne => Vec::new(),
                _ => key.as_bytes().to_vec(),
            };
            let repeat = self.look(&key, now);
            if self.flaw == Flaw::LooksBeforeItWrites {
                self.all_looked.wait();
            }
            if !repeat && self.flaw != Flaw::ForgetsAtOnce {
                self.seen.lock().unwrap().insert(key, expires);
            }
            Ok(if repeat {
                Sighting::Repeat
            } else {
                Sighting::First
            })
        }
    }

    impl Flawed {
        fn look(&self, key: &[u8], now: UnixTime) -> bool {
            let mut seen = self.seen.lock().unwrap();
            let early = match self.flaw {
                Flaw::ForgetsAMinuteEarly => Duration::from_mins(1),
                _ => Duration::ZERO,
            };
            let ended = seen.values().any(|expires| *expires <= now);
            if self.flaw == Flaw::ForgetsAllAtTheFirstEnd && ended {
                seen.clear();
            }
            seen.retain(|_, expires| now.later(early) < *expires);
            match self.flaw {
                Flaw::ForgetsOnRepeat => seen.remove(key).is_some(),
                _ => seen.contains_key(key),
            }
        }
    }

    fn catches(flaw: Flaw, case: impl AsyncFnOnce(Arc<dyn ReplayLog>) + std::panic::UnwindSafe) {
        let open = async || {
            let all_looked = Barrier::new(RACERS);
            (
                Flawed {
                    flaw,
                    seen: Mutex::default(),
                    all_looked,
                },
                (),
            )
        };
        assert!(
            catch_unwind(|| run(open, case)).is_err(),
            "{flaw:?} was not noticed"
        );
    }

    #[test]
    fn a_log_that_looks_before_it_writes_is_caught() {
        catches(Flaw::LooksBeforeItWrites, of_concurrent_uses_one_is_first);
    }

    #[test]
    fn a_log_that_forgets_is_caught() {
        catches(Flaw::ForgetsAtOnce, the_second_use_is_a_repeat);
        catches(Flaw::ForgetsOnRepeat, a_repeat_stays_a_repeat);
        catches(Flaw::ForgetsAMinuteEarly, an_entry_is_kept_until_it_expires);
        let case = an_entry_that_ends_does_not_take_others_along;
        catches(Flaw::ForgetsAllAtTheFirstEnd, case);
    }

    #[test]
    fn a_log_that_confuses_assertions_is_caught() {
        catches(
            Flaw::TakesTwoKeysForOne,
            one_assertion_says_nothing_about_another,
        );
    }
}

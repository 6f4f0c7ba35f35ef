//! Requests over time: token buckets.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sso_core::UnixTime;

use crate::wire::{Code, Problem};

/// How many requests are answered over time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::hub) struct Limit {
    /// In the long run, in one second.
    pub(in crate::hub) per_second: f64,
    /// At once.
    pub(in crate::hub) at_once: f64,
}

/// A limit for each of many, in bounded memory: those for whom there is no room share one.
#[derive(Debug)]
pub(in crate::hub) struct Limits<K> {
    limit: Limit,
    room: usize,
    buckets: Mutex<Buckets<K>>,
}

#[derive(Debug)]
struct Buckets<K> {
    of: HashMap<Option<K>, Bucket>,
    swept: UnixTime,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    filled: UnixTime,
}

impl<K: Eq + Hash> Limits<K> {
    /// For at most `room` at once.
    pub(in crate::hub) fn new(limit: Limit, room: usize) -> Self {
        Self {
            limit,
            room,
            buckets: Mutex::new(Buckets {
                of: HashMap::new(),
                swept: UnixTime::default(),
            }),
        }
    }

    /// Counts one request.
    ///
    /// # Errors
    ///
    /// [`Code::Busy`], with the time after which the next is answered.
    pub(in crate::hub) fn count(&self, who: K, now: UnixTime) -> Result<(), Problem> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let who = Some(who);
        let mut fits = buckets.of.contains_key(&who) || buckets.of.len() < self.room;
        if !fits && now.since(buckets.swept) >= SWEEP_INTERVAL {
            buckets.sweep(self.limit, now);
            fits = buckets.of.len() < self.room;
        }
        let full = Bucket {
            tokens: self.limit.at_once,
            filled: now,
        };
        let shared = if fits { who } else { None };
        let bucket = buckets.of.entry(shared).or_insert(full);
        *bucket = bucket.at(now, self.limit);
        if bucket.tokens < 1.0 {
            return Err(busy((1.0 - bucket.tokens) / self.limit.per_second));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }
}

impl<K: Eq + Hash> Limits<K> {
    /// Forgets those who could begin anew just as well.
    pub(in crate::hub) fn sweep(&self, now: UnixTime) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.sweep(self.limit, now);
    }
}

impl<K: Eq + Hash> Buckets<K> {
    /// Forgets those who could begin anew just as well.
    fn sweep(&mut self, limit: Limit, now: UnixTime) {
        self.swept = now;
        self.of
            .retain(|_, bucket| bucket.at(now, limit).tokens < limit.at_once);
    }
}

impl Bucket {
    /// The bucket with what has flown in since.
    fn at(self, now: UnixTime, limit: Limit) -> Self {
        let flown_in = now.since(self.filled).as_secs_f64() * limit.per_second;
        Self {
            tokens: (self.tokens + flown_in).min(limit.at_once),
            filled: self.filled.max(now),
        }
    }
}

/// Sweeping costs time for everybody there is: strangers do not make it happen more often.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// An answer that asks for patience.
fn busy(seconds: f64) -> Problem {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped"
    )]
    let seconds = seconds.ceil().clamp(1.0, 60.0) as u64;
    Problem::new(Code::Busy).retry_after(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_at_once_and_so_many_over_time() {
        let limits = Limits::new(LIMIT, 10);
        assert!(limits.count(1, NOON).is_ok());
        assert!(limits.count(1, NOON).is_ok());
        let refused = limits.count(1, NOON).unwrap_err();
        assert_eq!((refused.code, refused.retry_after), (Code::Busy, 2));
        let almost = NOON.later(Duration::from_millis(1_999));
        assert!(limits.count(1, almost).is_err());
        assert!(limits.count(1, NOON.later(Duration::from_secs(2))).is_ok());
    }

    #[test]
    fn one_does_not_use_up_what_another_has() {
        let limits = Limits::new(LIMIT, 10);
        while limits.count(1, NOON).is_ok() {}
        assert!(limits.count(2, NOON).is_ok());
    }

    #[test]
    fn those_for_whom_there_is_no_room_share() {
        let limits = Limits::new(LIMIT, 2);
        assert!(limits.count(1, NOON).is_ok());
        assert!(limits.count(2, NOON).is_ok());
        let shared = (3..100).filter(|who| limits.count(*who, NOON).is_ok());
        assert_eq!(shared.count(), 2);
        assert!(limits.count(1, NOON).is_ok());
        assert!(limits.buckets.lock().unwrap().of.len() <= 3);
    }

    #[test]
    fn there_is_room_again_for_who_comes_later() {
        let limits = Limits::new(LIMIT, 2);
        for who in 0..100 {
            let _ = limits.count(who, NOON);
        }
        let later = NOON.later(Duration::from_secs(60));
        assert!(limits.count(200, later).is_ok());
        assert_eq!(limits.buckets.lock().unwrap().of.len(), 1);
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_away() {
        let limits = Limits::new(LIMIT, 2);
        while limits.count(1, NOON).is_ok() {}
        assert!(
            limits
                .count(1, NOON.earlier(Duration::from_secs(60)))
                .is_err()
        );
        assert!(limits.count(1, NOON).is_err());
    }

    const LIMIT: Limit = Limit {
        per_second: 0.5,
        at_once: 2.0,
    };
    const NOON: UnixTime = UnixTime::from_secs(1_800_000_000);
}

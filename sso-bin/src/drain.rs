//! How a server leaves: first it says so, then it finishes, then it ends. The chapter
//! `docs/move_to_a_new_server.md` is for administrators.
//!
//! A load balancer that asks `/readyz` sends nobody here any more, while everybody who comes all
//! the same is still served. A sign-in that was begun here ends at any server, so that nothing has
//! to be waited for but the requests that are under way.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sso_core::UnixTime;
use tokio::sync::{Notify, watch};

/// How far a server is with leaving. Names and meanings never change; new ones may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "the steps of leaving")]
pub enum DrainPhase {
    /// It has ended, or will in a moment.
    Ended,
    /// No connection is accepted any more; the requests under way are finished.
    Finishing,
    /// Nobody is served any more; changes that wait for the hub are handed to it.
    HandingOver,
    /// `/readyz` answers 503, and everybody is served.
    Leaving,
    /// It does not leave.
    Serving,
}

/// How a server leaves, at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever runs a server")]
pub struct DrainReport {
    /// How far it is.
    pub phase: DrainPhase,
    /// Seconds until this phase ends at the latest.
    pub left: u64,
    /// How often somebody who asked `/readyz` was told that it leaves.
    pub told: u64,
    /// Requests that are being answered.
    pub under_way: u64,
    /// Changes of this server that wait for the hub; nothing without a domain.
    pub waiting: u64,
}

/// Counts what a server is doing, and knows whether it is to leave.
#[derive(Debug)]
pub struct Drain {
    asked: AtomicU64,
    last_asked: AtomicU64,
    order: watch::Sender<Option<Duration>>,
    phase: watch::Sender<(DrainPhase, UnixTime)>,
    seen_to_end: Notify,
    signed_in: AtomicU64,
    stopping: AtomicBool,
    told: AtomicU64,
    under_way: AtomicU64,
}

impl Drain {
    /// Of a server that serves.
    #[must_use]
    pub fn new() -> Self {
        Self {
            asked: AtomicU64::new(0),
            last_asked: AtomicU64::new(0),
            order: watch::Sender::new(None),
            phase: watch::Sender::new((DrainPhase::Serving, UnixTime::default())),
            seen_to_end: Notify::new(),
            signed_in: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            told: AtomicU64::new(0),
            under_way: AtomicU64::new(0),
        }
    }

    /// Asks the server to leave, and to serve for `notice` meanwhile. Later orders change nothing.
    pub fn order(&self, notice: Duration) {
        self.order.send_if_modified(|order| match order {
            Some(_) => false,
            None => {
                *order = Some(notice);
                true
            }
        });
    }

    /// As soon as somebody has asked the server to leave: for how long it is to serve meanwhile.
    pub async fn ordered(&self) -> Duration {
        let mut order = self.order.subscribe();
        match order.wait_for(Option::is_some).await {
            Ok(order) => order.unwrap_or_default(),
            Err(_) => std::future::pending().await,
        }
    }

    /// Whether the server leaves.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// It is in `phase` from now on, until `until` at the latest.
    pub fn enter(&self, phase: DrainPhase, until: UnixTime) {
        self.stopping
            .store(phase != DrainPhase::Serving, Ordering::Relaxed);
        self.phase.send_replace((phase, until));
    }

    /// How it leaves at `now`, of `waiting` changes for the hub.
    #[must_use]
    pub fn report(&self, now: UnixTime, waiting: u64) -> DrainReport {
        let (phase, until) = *self.phase.borrow();
        if phase == DrainPhase::Ended {
            self.seen_to_end.notify_one();
        }
        DrainReport {
            phase,
            left: until.since(now).as_secs(),
            told: self.told.load(Ordering::Relaxed),
            under_way: self.under_way.load(Ordering::Relaxed),
            waiting,
        }
    }

    /// Waits until whoever ordered it has read that it has ended; at most a moment, and not at all
    /// if nobody did.
    pub async fn seen_to_end(&self) {
        if self.order.borrow().is_some() {
            let _ = tokio::time::timeout(FAREWELL, self.seen_to_end.notified()).await;
        }
    }

    /// Somebody asks at `now` whether to send browsers here.
    pub(crate) fn asked(&self, now: UnixTime) {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.last_asked.store(now.as_secs(), Ordering::Relaxed);
        if self.is_stopping() {
            self.told.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Somebody has signed in.
    pub(crate) fn signed_in(&self) {
        self.signed_in.fetch_add(1, Ordering::Relaxed);
    }

    /// How many people have signed in here since the program began.
    #[must_use]
    pub fn sign_ins(&self) -> u64 {
        self.signed_in.load(Ordering::Relaxed)
    }

    /// When somebody asked `/readyz` last, and how often since the program began.
    #[must_use]
    pub fn probes(&self) -> Option<(UnixTime, u64)> {
        let asked = self.asked.load(Ordering::Relaxed);
        let last = UnixTime::from_secs(self.last_asked.load(Ordering::Relaxed));
        (asked > 0).then_some((last, asked))
    }

    /// Counts a request from now on until what is returned is dropped.
    pub(crate) fn begin(&self) -> UnderWay<'_> {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(self)
    }
}

impl Default for Drain {
    fn default() -> Self {
        Self::new()
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct UnderWay<'a>(&'a Drain);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// For a command on this machine to ask once more.
const FAREWELL: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_order_counts() {
        let drain = Drain::new();
        drain.order(Duration::from_secs(3));
        drain.order(Duration::from_secs(9));
        assert_eq!(drain.ordered().await, Duration::from_secs(3));
    }

    #[test]
    fn who_asks_is_told_only_while_it_leaves() {
        let (drain, now) = (Drain::new(), UnixTime::from_secs(100));
        drain.asked(now);
        assert_eq!(drain.report(now, 0).told, 0);
        drain.enter(DrainPhase::Leaving, UnixTime::from_secs(107));
        drain.asked(now);
        let report = drain.report(now, 2);
        assert_eq!((report.told, report.left, report.waiting), (1, 7, 2));
        assert_eq!(drain.probes(), Some((now, 2)));
        assert_eq!(drain.report(UnixTime::from_secs(108), 0).left, 0);
    }

    #[test]
    fn a_request_counts_until_it_is_answered() {
        let drain = Drain::new();
        let (one, two) = (drain.begin(), drain.begin());
        drop(one);
        assert_eq!(drain.report(UnixTime::default(), 0).under_way, 1);
        drop(two);
        assert_eq!(drain.report(UnixTime::default(), 0).under_way, 0);
    }

    #[test]
    fn the_form_of_a_report_is_stable() {
        let report = Drain::new().report(UnixTime::default(), 0);
        insta::assert_snapshot!(serde_json::to_string(&report).unwrap(), @r#"{"phase":"serving","left":0,"told":0,"under_way":0,"waiting":0}"#);
    }
}

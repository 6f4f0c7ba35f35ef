//! Sign-outs that reach the other servers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use sso_core::session::{Revocation, Session, SessionStore};
use sso_core::{Clock, StoreError, UnixTime};
use tokio::sync::Notify;

use crate::Digest;
use crate::status::{Revocation as Told, ServerStatus};

/// A [`SessionStore`] that also keeps what other servers told.
#[async_trait]
pub trait DurableRevocations: SessionStore {
    /// Keeps all of `told` as if it had been revoked here; it outlives a restart once this is
    /// `Ok`. A second one of the same never weakens the first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it cannot be kept; it may be tried again.
    async fn keep(&self, told: &[Told], now: UnixTime) -> Result<(), StoreError>;
}

/// A [`SessionStore`] that tells other servers what was revoked here, and hears of theirs.
///
/// A revocation counts here at once, and durably if `local` is durable. The node tells the newest
/// ones in each of its beats ([`told`](Self::told)) until they end, and hands over what others tell
/// ([`hear`](Self::hear)), so a revocation reaches the other servers within a beat of each while the hub
/// can be reached. What is heard counts at once. It outlives a restart if there is a place for it
/// ([`durable`](Self::durable)); else it is heard again, which needs the hub.
#[derive(Debug)]
pub struct SharedRevocations {
    local: Arc<dyn SessionStore>,
    durable: Option<Arc<dyn DurableRevocations>>,
    clock: Arc<dyn Clock>,
    ledger: Mutex<Ledger>,
    news: Notify,
}

impl SharedRevocations {
    /// Keeps its own revocations in `local`, and those of other servers there too.
    #[must_use]
    pub fn durable(local: Arc<dyn DurableRevocations>, clock: Arc<dyn Clock>) -> Self {
        let store: Arc<dyn SessionStore> = Arc::clone(&local) as Arc<dyn SessionStore>;
        Self {
            durable: Some(local),
            ..Self::new(store, clock)
        }
    }

    /// Keeps its own revocations in `local`, and those of other servers in memory.
    #[must_use]
    pub fn new(local: Arc<dyn SessionStore>, clock: Arc<dyn Clock>) -> Self {
        Self {
            local,
            durable: None,
            clock,
            ledger: Mutex::default(),
            news: Notify::new(),
        }
    }

    /// What the next beat tells: the newest that have not ended, at most
    /// [`ServerStatus::MAX_REVOCATIONS`]. Whoever keeps it over a restart gives it to
    /// [`restore`](Self::restore) then.
    #[must_use]
    pub fn told(&self) -> Vec<Told> {
        let now = self.clock.now();
        let mut ledger = self.ledger();
        ledger.own.retain(|told| until(told) > now);
        ledger.own.clone()
    }

    /// Goes on telling what was told before a restart; what was revoked since is newer.
    pub fn restore(&self, told: &[Told]) {
        let mut ledger = self.ledger();
        let newer = std::mem::take(&mut ledger.own);
        let all = told.iter().chain(&newer);
        all.for_each(|told| ledger.tell(*told));
    }

    /// Takes in what another server told. Times that no honest server tells are cut.
    pub fn hear(&self, told: &[Told]) {
        let now = self.clock.now();
        let mut ledger = self.ledger();
        told.iter().for_each(|told| ledger.hear(told, now));
    }

    /// Keeps what was heard and is not kept yet; what cannot be kept now is kept next time.
    pub(super) async fn keep_heard(&self) {
        let new = std::mem::take(&mut self.ledger().unkept);
        let Some(durable) = self.durable.as_ref().filter(|_| !new.is_empty()) else {
            return;
        };
        if durable.keep(&new, self.clock.now()).await.is_err() {
            self.ledger().keep_later(&new);
        }
    }

    /// What the clock says by which sign-outs end.
    pub(super) fn now(&self) -> UnixTime {
        self.clock.now()
    }

    /// Waits until something is revoked here that was not told yet.
    pub(super) async fn changed(&self) {
        self.news.notified().await;
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SessionStore for SharedRevocations {
    async fn revoke(
        &self,
        revocation: &Revocation,
        now: UnixTime,
        until: UnixTime,
    ) -> Result<(), StoreError> {
        self.local.revoke(revocation, now, until).await?;
        self.ledger().tell(Told {
            digest: Digest::new(revocation.digest()),
            until: seconds_rounded_up(until),
            at: milliseconds_rounded_up(now),
        });
        self.news.notify_one();
        Ok(())
    }

    async fn is_revoked(&self, session: &Session) -> Result<bool, StoreError> {
        if self.ledger().has_ended(session) {
            return Ok(true);
        }
        self.local.is_revoked(session).await
    }
}

/// What is told and what was heard.
#[derive(Debug, Default)]
struct Ledger {
    /// Our own; the newest last.
    own: Vec<Told>,
    /// Those of others: when each was revoked, and until when that matters.
    heard: HashMap<Digest, (UnixTime, UnixTime)>,
    /// What of it is not kept yet.
    unkept: Vec<Told>,
}

impl Ledger {
    /// Puts one at the end; a second one of the same never weakens the first.
    fn tell(&mut self, mut told: Told) {
        if let Some(place) = self.own.iter().position(|it| it.digest == told.digest) {
            let before = self.own.remove(place);
            told.at = told.at.max(before.at);
            told.until = told.until.max(before.until);
        }
        self.own.push(told);
        let surplus = self.own.len().saturating_sub(ServerStatus::MAX_REVOCATIONS);
        self.own.drain(..surplus);
    }

    fn hear(&mut self, told: &Told, now: UnixTime) {
        let at = at(told).min(now.later(LARGEST_SKEW));
        let until = until(told).min(now.later(LONGEST_SESSION));
        if until <= now {
            return;
        }
        let before = self.heard.get(&told.digest).copied();
        let after = before.map_or((at, until), |it| (it.0.max(at), it.1.max(until)));
        if before == Some(after) {
            return;
        }
        self.heard.insert(told.digest, after);
        self.keep_later(&[Told {
            digest: told.digest,
            until: seconds_rounded_up(after.1),
            at: milliseconds_rounded_up(after.0),
        }]);
        if self.heard.len() > MOST_HEARD {
            self.make_room(now);
        }
    }

    fn keep_later(&mut self, told: &[Told]) {
        self.unkept.extend_from_slice(told);
        let surplus = self.unkept.len().saturating_sub(MOST_HEARD);
        self.unkept.drain(..surplus);
    }

    /// Drops what has ended, and if that is not enough what ends first.
    fn make_room(&mut self, now: UnixTime) {
        self.heard.retain(|_, (_, until)| *until > now);
        let mut ends: Vec<_> = self.heard.values().map(|(_, until)| *until).collect();
        let surplus = ends.len().saturating_sub(MOST_HEARD - SPARE);
        if self.heard.len() <= MOST_HEARD || surplus == 0 {
            return;
        }
        let (_, last, _) = ends.select_nth_unstable(surplus - 1);
        let last = *last;
        let mut left = surplus;
        self.heard.retain(|_, (_, until)| {
            let goes = *until <= last && left > 0;
            left -= usize::from(goes);
            !goes
        });
    }

    fn has_ended(&self, session: &Session) -> bool {
        if self.heard.is_empty() {
            return false;
        }
        session.revocable_by().iter().any(|revocation| {
            let heard = self.heard.get(&Digest::new(revocation.digest()));
            heard.is_some_and(|(at, _)| session.started <= *at)
        })
    }
}

const fn at(told: &Told) -> UnixTime {
    UnixTime::from_epoch(Duration::from_millis(told.at))
}

const fn until(told: &Told) -> UnixTime {
    UnixTime::from_secs(told.until)
}

/// Rounded so that nothing is told to end earlier than it does.
fn seconds_rounded_up(moment: UnixTime) -> u64 {
    let moment = moment.since_epoch();
    moment.as_secs() + u64::from(moment.subsec_nanos() > 0)
}

/// Rounded so that a session of the same moment is ended.
fn milliseconds_rounded_up(moment: UnixTime) -> u64 {
    let nanoseconds = moment.since_epoch().as_nanos();
    u64::try_from(nanoseconds.div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

/// No session lasts longer, so nobody needs to remember longer.
pub(super) const LONGEST_SESSION: Duration = Duration::from_hours(24);

/// How far the clocks of servers may be apart.
const LARGEST_SKEW: Duration = Duration::from_mins(5);

/// Bounds the memory for what is heard: some 5 MiB.
const MOST_HEARD: usize = 50_000;

/// How much room is made at once.
const SPARE: usize = 1_000;

#[cfg(test)]
mod tests {
    use futures_executor::block_on;
    use proptest::prelude::*;
    use sso_core::memory::MemorySessionStore;
    use sso_core::testkit::ManualClock;

    use super::*;

    sso_core::session_store_tests!(async || (store(&clock()), ()));

    #[test]
    fn what_is_revoked_at_one_server_has_ended_at_another() {
        let clock = clock();
        let [here, there] = [store(&clock), store(&clock)];
        let revocation = Revocation::User(sso_core::user::UserId::random());
        let until = NOON.later(LONGEST_SESSION);
        block_on(here.revoke(&revocation, NOON, until)).unwrap();
        there.hear(&here.told());
        let heard = there.ledger().heard.clone();
        let digest = Digest::new(revocation.digest());
        assert_eq!(heard, HashMap::from([(digest, (NOON, until))]));
        assert_eq!(there.told(), []);
    }

    #[test]
    fn what_has_ended_is_neither_told_nor_heard() {
        let clock = clock();
        let store = store(&clock);
        store.restore(&[told(1, 0, SECOND)]);
        assert_eq!(store.told().len(), 1);
        clock.set(NOON.later(Duration::from_secs(1)));
        assert_eq!(store.told(), []);
        store.hear(&[told(1, 0, SECOND)]);
        assert!(store.ledger().heard.is_empty());
    }

    #[test]
    fn the_newest_are_told() {
        let store = store(&clock());
        let many: Vec<_> = (0..=500).map(|name| told(name, 0, 60)).collect();
        store.restore(&many);
        assert_eq!(store.told(), many[1..]);
        // What is read late is older than what was revoked meanwhile.
        store.restore(&[told(0, 0, 60), told(1, 0, 30)]);
        assert_eq!(store.told(), many[1..]);
    }

    #[test]
    fn absurd_times_of_others_are_cut() {
        let store = store(&clock());
        let mut absurd = told(1, 0, 0);
        (absurd.at, absurd.until) = (u64::MAX, u64::MAX);
        store.hear(&[absurd]);
        let heard: Vec<_> = store.ledger().heard.values().copied().collect();
        let cut = (NOON.later(LARGEST_SKEW), NOON.later(LONGEST_SESSION));
        assert_eq!(heard, [cut]);
    }

    #[test]
    fn what_was_heard_is_kept_once_and_again_only_if_it_is_stronger() {
        let store = store(&clock());
        let unkept = |store: &SharedRevocations| std::mem::take(&mut store.ledger().unkept);
        store.hear(&[told(1, 5, 60)]);
        assert_eq!(unkept(&store), [told(1, 5, 60)]);
        store.hear(&[told(1, 5, 60), told(1, 6, 30)]);
        assert_eq!(unkept(&store), []);
        store.hear(&[told(1, 4, 30)]);
        assert_eq!(unkept(&store), [told(1, 4, 60)]);
    }

    #[test]
    fn what_is_heard_takes_bounded_room_and_what_ends_first_goes() {
        let store = store(&clock());
        let many = (0..=MOST_HEARD as u64).map(|name| told(name, 0, 60 + name % 3600));
        store.hear(&many.collect::<Vec<_>>());
        let ledger = store.ledger();
        assert_eq!(ledger.heard.len(), MOST_HEARD - SPARE);
        assert!(ledger.heard.contains_key(&told(3599, 0, 0).digest));
        assert!(!ledger.heard.contains_key(&told(0, 0, 0).digest));
    }

    proptest! {
        #[test]
        fn hearing_is_the_same_in_every_order_and_any_number_of_times(
            heard in proptest::collection::vec((0_u64..4, 0_u64..100, 1_u64..100), 0..20),
        ) {
            let told: Vec<_> = heard.iter().map(|&(name, at, until)| told(name, at, until)).collect();
            let back: Vec<_> = told.iter().rev().chain(&told).copied().collect();
            let [one, other] = [told, back].map(|told| {
                let store = store(&clock());
                store.hear(&told);
                store.ledger().heard.clone()
            });
            prop_assert_eq!(one, other);
        }
    }

    fn store(clock: &Arc<ManualClock>) -> SharedRevocations {
        let clock: Arc<dyn Clock> = Arc::clone(clock) as Arc<dyn Clock>;
        SharedRevocations::new(Arc::new(MemorySessionStore::default()), clock)
    }

    fn clock() -> Arc<ManualClock> {
        Arc::new(ManualClock::at(NOON))
    }

    /// Revoked `at` milliseconds before noon, until `until` seconds after it.
    fn told(name: u64, at: u64, until: u64) -> Told {
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&name.to_be_bytes());
        Told {
            digest: Digest::new(digest),
            until: NOON.as_secs() + until,
            at: NOON.as_secs() * 1000 - at,
        }
    }

    const SECOND: u64 = 1;
    const NOON: UnixTime = UnixTime::from_secs(1_800_014_400);
}

//! Sessions that are the same at every server.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use sso_core::UnixTime;
use sso_core::seal::{SealingKey, SealingKeySource, SealingKeys};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::SharedRevocations;
use super::revocations::LONGEST_SESSION;
use crate::chain::Outlived;
use crate::driver::Node;
use crate::mirror::MirrorError;
use crate::node::{NodeStatus, Records as _};
use crate::seal::{KeyRing, Older, SealError};
use crate::status::Revocation;

/// The keys of a domain for the cookies of browsers: who signed in at one server is signed in at
/// all. Clones are the same; [`keep_sessions`] renews them.
///
/// With a new epoch people sign in again: an epoch begins because a server was revoked, and that
/// one holds the keys of before. Those go on for some seconds, until every server has the new ones,
/// and open sign-ins that wait for the identity provider for a quarter of an hour.
///
/// If the epoch began because a server left as planned, nobody notices: the keys of before open
/// sessions for as long as the longest lasts, and seal none.
#[derive(Clone, Debug)]
pub struct SharedSessionKeys(Arc<RwLock<Keys>>);

#[derive(Debug)]
struct Keys {
    of_domain: SealingKeys,
    /// Of before this server belonged to the domain.
    former: Vec<SealingKey>,
}

impl SharedSessionKeys {
    /// The keys of the newest epoch of `ring`.
    ///
    /// # Errors
    ///
    /// [`SealError::Refused`] if the cryptographic library refuses.
    pub fn new(ring: &KeyRing) -> Result<Self, SealError> {
        let keys = Keys {
            of_domain: ring.session_keys(Older::OpensRequests, &[])?,
            former: Vec::new(),
        };
        Ok(Self(Arc::new(RwLock::new(keys))))
    }

    /// Goes over to the keys of the newest epoch of `ring`; `older` is what those of before are
    /// still good for, and `outlived` are epochs whose sessions go on.
    ///
    /// # Errors
    ///
    /// [`SealError::Refused`] if the cryptographic library refuses; the keys of before go on then.
    pub fn renew(&self, ring: &KeyRing, older: Older, outlived: &[u64]) -> Result<(), SealError> {
        let keys = ring.session_keys(older, outlived)?;
        self.change(|it| it.of_domain = keys);
        Ok(())
    }

    /// Opens sessions that this server began with keys of its own, before it belonged to the
    /// domain, in place of earlier such keys; with none such sessions end. A new epoch leaves them:
    /// no other server ever held these keys.
    pub fn open_former(&self, keys: Vec<SealingKey>) {
        self.change(|it| it.former = keys);
    }

    fn change(&self, change: impl FnOnce(&mut Keys)) {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }
}

impl SealingKeySource for SharedSessionKeys {
    fn current(&self) -> SealingKeys {
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let former = keys.former.iter().cloned();
        former.fold(keys.of_domain.clone(), SealingKeys::with_older)
    }
}

/// Keeps sign-outs and session keys in step with the other servers, for as long as it runs. What
/// this server told goes on being told after a restart. A host
/// gives it a task of its own, and ends that when it stops the node.
pub async fn keep_sessions(node: &Node, revocations: &SharedRevocations, keys: &SharedSessionKeys) {
    let (mut heard, mut status) = (node.heard_revocations(), node.status());
    let mut kept = Kept::default();
    let mut changeover = Changeover::long_ago(status.borrow_and_update().epoch);
    let mut afterlife = Afterlife::default();
    loop {
        let epoch = status.borrow_and_update().epoch;
        changeover.see(epoch);
        let outlived = afterlife.of(&status.borrow().outlived, revocations.now());
        // Keys that cannot be derived now are derived at the next news; those of before go on.
        let _ = keys.renew(&node.ring(), changeover.older(), &outlived);
        revocations.hear(&heard.borrow_and_update());
        revocations.keep_heard().await;
        kept.follow(node, revocations).await;
        node.tell_revocations(revocations.told());
        let goes_on = tokio::select! {
            changed = heard.changed() => changed.is_ok(),
            has_changed = has_other_epoch(&mut status, epoch) => has_changed,
            () = revocations.changed() => true,
            () = changeover.goes_on() => true,
            () = sleep(LOOKS_AGAIN), if !outlived.is_empty() => true,
            () = kept.try_again() => true,
        };
        if !goes_on {
            return;
        }
    }
}

/// Keeps what this server told, for its next start or its goodbye: a host that stops the node does
/// so when nobody signs out any more.
///
/// # Errors
///
/// A [`MirrorError`] if it cannot be kept.
pub async fn keep_told(node: &Node, revocations: &SharedRevocations) -> Result<(), MirrorError> {
    revocations.restore(&node.kept_revocations().await?);
    node.keep_revocations(&revocations.told()).await
}

/// What this server tells, as it is on its disk. Its own sign-outs count here without it: they are
/// in the session store.
#[derive(Debug, Default)]
struct Kept {
    /// What is there; `None` until it could be read.
    told: Option<Vec<Revocation>>,
    has_failed: bool,
}

impl Kept {
    /// Tells again what was told before the start, and keeps what is told now. Before it could be
    /// read nothing is put in its place.
    async fn follow(&mut self, node: &Node, revocations: &SharedRevocations) {
        let read = self.read(node, revocations).await;
        let done = match read {
            Ok(()) => self.write(node, revocations.told()).await,
            failed => failed,
        };
        self.has_failed = done.is_err();
    }

    async fn read(
        &mut self,
        node: &Node,
        revocations: &SharedRevocations,
    ) -> Result<(), MirrorError> {
        if self.told.is_none() {
            let kept = node.kept_revocations().await?;
            revocations.restore(&kept);
            self.told = Some(kept);
        }
        Ok(())
    }

    async fn write(&mut self, node: &Node, told: Vec<Revocation>) -> Result<(), MirrorError> {
        if self.told.as_ref() != Some(&told) {
            node.keep_revocations(&told).await?;
            self.told = Some(told);
        }
        Ok(())
    }

    /// Returns when the disk may work again.
    async fn try_again(&self) {
        match self.has_failed {
            true => sleep(TRY_AGAIN).await,
            false => std::future::pending().await,
        }
    }
}

/// How far a server has gone over from the keys of one epoch to those of the next.
///
/// Servers hear of an epoch one after the other. Nobody seals with its key before all can open it,
/// and what was sealed last with the key of before still opens when the last one goes over.
#[derive(Debug)]
struct Changeover {
    epoch: u64,
    began: Instant,
    /// How much was over when this server began to look.
    past: Duration,
}

impl Changeover {
    /// At the start nobody knows when the epoch began; it may be that sign-ins wait.
    fn long_ago(epoch: u64) -> Self {
        Self {
            epoch,
            began: Instant::now(),
            past: OPENS,
        }
    }

    fn see(&mut self, epoch: u64) {
        if epoch != self.epoch {
            *self = Self {
                epoch,
                began: Instant::now(),
                past: Duration::ZERO,
            };
        }
    }

    fn older(&self) -> Older {
        match self.past + self.began.elapsed() {
            past if past < SEALS => Older::Seals,
            past if past < OPENS => Older::Opens,
            past if past < OPENS_REQUESTS => Older::OpensRequests,
            _ => Older::Refused,
        }
    }

    /// Returns when the key of before is good for less.
    async fn goes_on(&self) {
        let past = self.past + self.began.elapsed();
        let next = [SEALS, OPENS, OPENS_REQUESTS]
            .into_iter()
            .find(|it| past < *it);
        match next {
            Some(next) => sleep(next - past).await,
            None => std::future::pending().await,
        }
    }
}

/// How long sessions of older epochs go on.
#[derive(Debug, Default)]
struct Afterlife(BTreeMap<u64, UnixTime>);

impl Afterlife {
    /// The epochs of `outlived` whose sessions have not all ended.
    ///
    /// No clock of an administrator lengthens that: an epoch ended at the latest when this server
    /// first heard of it.
    fn of(&mut self, outlived: &[Outlived], now: UnixTime) -> Vec<u64> {
        self.0
            .retain(|epoch, _| outlived.iter().any(|it| it.epoch == *epoch));
        let goes_on = |it: &&Outlived| {
            let ended = UnixTime::from_secs(it.time).min(now);
            let ended = *self.0.entry(it.epoch).or_insert(ended);
            now < ended.later(LONGEST_SESSION)
        };
        let goes_on = outlived.iter().filter(goes_on);
        goes_on.map(|it| it.epoch).collect()
    }
}

/// After so long a disk that failed is asked again.
const TRY_AGAIN: Duration = Duration::from_secs(5);

/// How long servers go on with the key of before: until every one that is there has heard.
const SEALS: Duration = Duration::from_secs(3);
/// The same again, for the last one that heard.
const OPENS: Duration = Duration::from_secs(6);
/// As long as a sign-in may wait for the identity provider.
const OPENS_REQUESTS: Duration = Duration::from_mins(15);

/// How often a server looks whether sessions of older epochs have all ended.
const LOOKS_AGAIN: Duration = Duration::from_mins(10);

/// Waits for another epoch; false if there will be no news any more.
async fn has_other_epoch(status: &mut watch::Receiver<NodeStatus>, epoch: u64) -> bool {
    status.wait_for(|it| it.epoch != epoch).await.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_of_an_outlived_epoch_go_on_for_as_long_as_the_longest_lasts() {
        let mut afterlife = Afterlife::default();
        let outlived = [ended(2, NOON), ended(1, NOON.earlier(LONGEST_SESSION))];
        assert_eq!(afterlife.of(&outlived, NOON), [2]);
        let last = NOON.later(LONGEST_SESSION);
        assert_eq!(afterlife.of(&outlived, last.earlier(SECOND)), [2]);
        assert!(afterlife.of(&outlived, last).is_empty());
    }

    #[test]
    fn an_administrator_whose_clock_is_ahead_lengthens_no_session() {
        let mut afterlife = Afterlife::default();
        let outlived = [ended(1, NOON.later(10 * LONGEST_SESSION))];
        assert_eq!(afterlife.of(&outlived, NOON), [1]);
        assert!(
            afterlife
                .of(&outlived, NOON.later(LONGEST_SESSION))
                .is_empty()
        );
    }

    #[test]
    fn a_revocation_ends_what_retirements_left() {
        let mut afterlife = Afterlife::default();
        assert_eq!(afterlife.of(&[ended(1, NOON)], NOON), [1]);
        assert!(afterlife.of(&[], NOON).is_empty());
    }

    const fn ended(epoch: u64, at: UnixTime) -> Outlived {
        let time = at.as_secs();
        Outlived { epoch, time }
    }

    const NOON: UnixTime = UnixTime::from_secs(1_800_000_000);
    const SECOND: Duration = Duration::from_secs(1);
}

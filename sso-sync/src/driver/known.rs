//! What a server knows about itself, and how it becomes its status.

use std::time::Duration;

use sso_core::{StoreError, UnixTime};

use super::core::Core;
use super::fork::Settled;
use super::trouble::Trouble;
use crate::Digest;
use crate::chain::{Deletion, Ending, FeedMark, Outlived, Policy};
use crate::mirror::Mirror;
use crate::node::hearing::Hearing;
use crate::node::membership::Membership;
use crate::node::offer::Offers;
use crate::node::phase::Situation;
use crate::node::{Alarm, Away, NodeStatus, Progress};
use crate::status::{CertificateStatus, Revocation};
use crate::store::Seq;
use crate::wire::{ChainMark, HubInfo};

/// What a server knows about itself.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) membership: Membership,
    pub(super) revoked_since: Option<UnixTime>,
    pub(super) alarm: Option<Alarm>,
    pub(super) away: Option<Away>,
    pub(super) was_level: bool,
    pub(super) filling: Option<Progress>,
    pub(super) lag: u64,
    pub(super) offers: Offers,
    pub(super) hearing: Hearing,
    pub(super) farewells: Farewells,
    pub(super) waiting: u64,
    pub(super) to_reseal: Option<u64>,
    pub(super) cannot_reseed: Option<String>,
    /// What came of going over to the history of the hub.
    pub(super) settled: Option<Settled>,
    pub(super) certificate: Option<CertificateStatus>,
    pub(super) former_sign_in: Option<u64>,
    pub(super) answers: Option<u64>,
    pub(super) revocations: Vec<Revocation>,
    /// What the hub was known to have last.
    pub(super) acknowledged: Seq,
    /// What the hub last said about itself.
    pub(super) hub: Option<HubInfo>,
    /// The newest epoch whose keys are open.
    pub(super) opened: u64,
    pub(super) held: Copied,
}

/// The sign-outs that servers told when they left as planned.
#[derive(Clone, Debug, Default)]
pub(super) struct Farewells {
    /// The epoch of the chain, and the newest one whose keys were open.
    pub(super) epochs: (u64, u64),
    pub(super) revocations: Vec<Revocation>,
}

/// What was last seen of the mirror.
#[derive(Clone, Debug)]
pub(super) struct Copied {
    pub(super) policy: Policy,
    head: FeedMark,
    chain: ChainMark,
    live: u64,
    users: u64,
    commitment: Digest,
    is_complete: bool,
    is_taking_over: bool,
    deletion: Deletion,
    ending: Option<Ending>,
    outlived: Vec<Outlived>,
}

impl Known {
    pub(super) fn new(mirror: &Mirror, membership: Membership) -> Self {
        Self {
            membership,
            revoked_since: None,
            alarm: None,
            away: None,
            was_level: false,
            filling: None,
            lag: 0,
            offers: Offers::default(),
            hearing: Hearing::default(),
            farewells: Farewells::default(),
            waiting: 0,
            to_reseal: None,
            cannot_reseed: None,
            settled: None,
            certificate: None,
            former_sign_in: None,
            answers: None,
            revocations: Vec::new(),
            acknowledged: Seq::START,
            hub: None,
            opened: 0,
            held: Copied::of(mirror),
        }
    }

    /// As others see it.
    pub(super) fn status(&self, program: &str) -> NodeStatus {
        let situation = Situation {
            membership: &self.membership,
            revoked_until: self.revoked_until(),
            alarm: self.alarm.as_ref(),
            away: self.away.as_ref(),
            was_level: self.was_level,
            filling: self.filling(),
            lag: self.lag,
            program,
        };
        NodeStatus {
            phase: situation.phase(),
            head: self.held.head,
            chain: self.held.chain,
            revision: self.offers.in_force,
            refused: self.offers.refused.clone(),
            live: self.held.live,
            users: self.held.users,
            commitment: self.held.commitment,
            is_complete: self.held.is_complete,
            is_taking_over: self.held.is_taking_over,
            alarm: self.alarm.clone(),
            deletion: self.held.deletion,
            ending: self.held.ending.clone(),
            away: self.away.clone(),
            lag: self.lag,
            waiting: self.waiting,
            epoch: self.opened,
            outlived: self.held.outlived.clone(),
            to_reseal: self.to_reseal,
            cannot_reseed: self.cannot_reseed.clone(),
            policy: self.held.policy.clone(),
            hub: self.hub.clone(),
        }
    }

    /// The end of the feed as far as it is held.
    pub(super) const fn end(&self) -> Seq {
        self.held.head.seq
    }

    /// How many places lie before `held`, if the hub has as much as was known.
    pub(super) const fn lag_to(&self, held: u64) -> u64 {
        let end = self.held.head.seq.number().saturating_add(self.lag);
        end.saturating_sub(held)
    }

    fn filling(&self) -> Option<Progress> {
        if self.held.is_complete {
            return None;
        }
        let mut progress = self.filling.unwrap_or_default();
        progress.of = progress.of.max(self.held.live);
        Some(progress)
    }

    fn revoked_until(&self) -> UnixTime {
        self.revoked_since.unwrap_or_default().later(REVOKED_GRACE)
    }
}

impl Copied {
    fn of(mirror: &Mirror) -> Self {
        let (chain, head) = (mirror.chain(), mirror.follower().head());
        let (position, hash) = chain.head();
        let signposts = mirror.follower().set().signposts();
        Self {
            policy: chain.policy().clone(),
            head: head.mark,
            chain: ChainMark { position, hash },
            live: head.live,
            users: head.live.saturating_sub(signposts.unwrap_or_default()),
            commitment: head.commitment,
            is_complete: mirror.is_complete(),
            is_taking_over: mirror.has_forsaken(),
            deletion: chain.deletion(),
            ending: chain.ending().cloned(),
            outlived: chain.outlived(),
        }
    }
}

impl Core {
    /// Takes note of what has changed in the mirror, and tells.
    pub(super) fn note(&self, mirror: &Mirror) {
        self.know(|known| known.held = Copied::of(mirror));
    }

    /// Changes what is known, and tells.
    pub(super) fn know(&self, change: impl FnOnce(&mut Known)) {
        let mut known = self.known();
        change(&mut known);
        let status = known.status(self.settings.program());
        drop(known);
        let mut is_news = false;
        self.status.send_if_modified(|told| {
            is_news = is_worth_a_beat(told, &status);
            let changed = *told != status;
            *told = status;
            changed
        });
        if is_news {
            self.beat.notify_one();
        }
    }

    /// Raises an alarm: nothing is written until it is settled.
    pub(super) fn alarm(&self, alarm: Alarm) -> Trouble {
        self.know(|known| {
            let is_fork = known.alarm.as_ref().is_some_and(Alarm::is_fork);
            if !is_fork {
                known.alarm = Some(alarm.clone());
            }
        });
        Trouble::Alarm(alarm)
    }

    /// Whether this server may write now.
    pub(super) fn may_write(&self) -> Result<(), StoreError> {
        let known = self.known();
        if let Some(alarm) = &known.alarm {
            return Err(Trouble::Alarm(alarm.clone()).unavailable());
        }
        match &known.membership {
            Membership::Good => Ok(()),
            Membership::Deleted => Err(StoreError::unavailable(DELETED)),
            Membership::Frozen(frozen) => Err(StoreError::unavailable(frozen.to_string())),
            Membership::Revoked => Err(Trouble::Revoked.unavailable()),
            Membership::Updated => Err(StoreError::unavailable(UPDATED)),
        }
    }

    /// Whether users sign in here still.
    pub(super) fn may_serve(&self) -> Result<(), StoreError> {
        let known = self.known();
        let is_revoked = known.membership == Membership::Revoked;
        if is_revoked && self.now() > known.revoked_until() {
            return Err(Trouble::Revoked.unavailable());
        }
        Ok(())
    }
}

/// Whether the other servers are to hear of it at once.
fn is_worth_a_beat(told: &NodeStatus, now: &NodeStatus) -> bool {
    told.phase.word() != now.phase.word()
        || told.chain != now.chain
        || told.revision != now.revision
        || told.refused != now.refused
        || told.alarm != now.alarm
}

/// So long known users go on signing in at a server that was revoked: time to bring in another
/// one, should it have been revoked by mistake.
pub(super) const REVOKED_GRACE: Duration = Duration::from_hours(24);

const DELETED: &str = "the SSO domain was deleted: nothing is written any more; users go on \
                       signing in, and until the hub removes it the deletion can be cancelled";
const UPDATED: &str = "this server runs another version than the authority chain says: it writes \
                       once it has stated that at the hub";

//! Under what members sign their requests.

mod window;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::hmac;
use sso_core::UnixTime;
use window::Window;

use crate::admin::hub::Session as SignedIn;
use crate::seal::{MemberId, SealError, random};
use crate::store::DomainId;
use crate::wire::{Code, SessionId};

/// The sessions of one process.
///
/// Opening one costs no memory, whoever asks: the hub recognises its own sessions by a keyed
/// digest in them, under a key that ends with the process. Only the first request that a member
/// has really signed is remembered, with the window of counters.
pub(super) struct Sessions {
    key: hmac::Key,
    last: AtomicU64,
    table: Mutex<Table>,
}

/// How a session came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// An administrator signed in: the session is not of this module's making.
    Login,
    /// Somebody asked for it.
    Request,
}

/// A session that this process opened, for a member that has still to show that it is the one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opened {
    domain: DomainId,
    member: MemberId,
    session: SessionId,
    /// When it began, in nanoseconds since 1970.
    moment: u64,
    pub(super) origin: Origin,
}

#[derive(Default)]
struct Table {
    domains: HashMap<DomainId, HashMap<MemberId, OfMember>>,
    members: usize,
}

#[derive(Default)]
struct OfMember {
    /// Sessions up to this moment have ended.
    ended: u64,
    windows: Vec<Open>,
}

#[derive(Clone, Copy)]
struct Open {
    moment: u64,
    session: SessionId,
    window: Window,
}

impl Sessions {
    /// No sessions, and a new key.
    ///
    /// # Errors
    ///
    /// [`SealError::Refused`] if there is no randomness.
    pub(super) fn new() -> Result<Self, SealError> {
        let secret: [u8; 32] = random()?;
        Ok(Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &secret),
            last: AtomicU64::new(0),
            table: Mutex::default(),
        })
    }

    /// A new session for whoever has the keys of this member.
    pub(super) fn open(&self, domain: DomainId, member: MemberId, now: UnixTime) -> SessionId {
        let moment = self.next_moment(now).to_be_bytes();
        let mut bytes = [0; 32];
        let (first, rest) = bytes.split_at_mut(moment.len());
        first.copy_from_slice(&moment);
        rest.copy_from_slice(&self.digest(domain, member, &moment));
        SessionId::new(bytes)
    }

    /// Recognises a session of this process for this member, not older than a day.
    ///
    /// # Errors
    ///
    /// [`Code::UnknownSession`].
    pub(super) fn recognise(
        &self,
        session: SessionId,
        domain: DomainId,
        member: MemberId,
        now: UnixTime,
    ) -> Result<Opened, Code> {
        let (moment, digest) = session.as_bytes().split_first_chunk().ok_or(UNKNOWN)?;
        let expected = self.digest(domain, member, moment);
        aws_lc_rs::constant_time::verify_slices_are_equal(&expected, digest)
            .map_err(|_| UNKNOWN)?;
        let moment = u64::from_be_bytes(*moment);
        let began = UnixTime::from_epoch(Duration::from_nanos(moment));
        let opened = Opened {
            domain,
            member,
            session,
            moment,
            origin: Origin::Request,
        };
        opened.check_age(began, now)
    }

    /// Takes a session that an administrator's sign-in began.
    ///
    /// # Errors
    ///
    /// [`Code::UnknownSession`] after a day.
    pub(super) fn signed_in(
        session: SessionId,
        domain: DomainId,
        member: MemberId,
        began: UnixTime,
        now: UnixTime,
    ) -> Result<Opened, Code> {
        let opened = Opened {
            domain,
            member,
            session,
            moment: nanoseconds(began),
            origin: Origin::Login,
        };
        opened.check_age(began, now)
    }

    /// Takes the counter of a request whose signature holds.
    ///
    /// # Errors
    ///
    /// [`Code::ReplayedRequest`] if it was taken or is too old, [`Code::UnknownSession`] if the
    /// session has ended, [`Code::Busy`] if there is no room.
    pub(super) fn take(&self, opened: &Opened, counter: u64, now: UnixTime) -> Result<(), Code> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let of_member = table.of_member(opened, now)?;
        let window = of_member.window(opened)?;
        if window.take(counter) {
            Ok(())
        } else {
            Err(Code::ReplayedRequest)
        }
    }

    /// Forgets sessions that are over.
    pub(super) fn forget_ended(&self, now: UnixTime) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.sweep(now);
    }

    /// How many members have sessions.
    #[cfg(test)]
    pub(super) fn members(&self) -> usize {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.members
    }

    /// A moment that no other session of this process has.
    fn next_moment(&self, now: UnixTime) -> u64 {
        let now = nanoseconds(now);
        let next = |last: u64| now.max(last.saturating_add(1));
        let last = self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
                Some(next(last))
            });
        next(last.unwrap_or_default())
    }

    fn digest(&self, domain: DomainId, member: MemberId, moment: &[u8; 8]) -> [u8; 24] {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(domain.as_bytes());
        context.update(member.as_bytes());
        context.update(moment);
        let tag = context.sign();
        let (digest, _) = tag.as_ref().as_chunks();
        digest.first().copied().unwrap_or([0; 24])
    }
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sessions(…)")
    }
}

impl Opened {
    /// Whether a password was given within the last minutes.
    pub(super) fn is_fresh(&self, now: UnixTime) -> bool {
        let began = UnixTime::from_epoch(Duration::from_nanos(self.moment));
        self.origin == Origin::Login && now.since(began) < SignedIn::FRESH
    }

    fn check_age(self, began: UnixTime, now: UnixTime) -> Result<Self, Code> {
        if now.since(began) >= LIFE {
            return Err(UNKNOWN);
        }
        Ok(self)
    }
}

fn nanoseconds(moment: UnixTime) -> u64 {
    u64::try_from(moment.since_epoch().as_nanos()).unwrap_or(u64::MAX)
}

impl Table {
    fn of_member(&mut self, opened: &Opened, now: UnixTime) -> Result<&mut OfMember, Code> {
        let known = self
            .domains
            .get(&opened.domain)
            .is_some_and(|members| members.contains_key(&opened.member));
        if !known {
            self.make_room(opened.domain, now)?;
            self.members += 1;
        }
        let members = self.domains.entry(opened.domain).or_default();
        Ok(members.entry(opened.member).or_default())
    }

    /// Room for one more member of a domain, if need be by forgetting sessions that are over.
    fn make_room(&mut self, domain: DomainId, now: UnixTime) -> Result<(), Code> {
        if self.is_full(domain) {
            self.sweep(now);
        }
        if self.is_full(domain) {
            return Err(Code::Busy);
        }
        Ok(())
    }

    fn is_full(&self, domain: DomainId) -> bool {
        let of_domain = self.domains.get(&domain).map_or(0, HashMap::len);
        self.members >= MAX_MEMBERS || of_domain >= MAX_MEMBERS_OF_A_DOMAIN
    }

    fn sweep(&mut self, now: UnixTime) {
        let oldest = now.earlier(LIFE).since_epoch().as_nanos();
        let lives = |moment: u64| u128::from(moment) > oldest;
        self.domains.retain(|_, members| {
            members.retain(|_, it| {
                lives(it.ended) || it.windows.iter().any(|open| lives(open.moment))
            });
            !members.is_empty()
        });
        self.members = self.domains.values().map(HashMap::len).sum();
    }
}

impl OfMember {
    /// The window of a session. A new one may end the oldest: for good, so that nothing of it can
    /// be sent again.
    fn window(&mut self, opened: &Opened) -> Result<&mut Window, Code> {
        if opened.moment <= self.ended {
            return Err(UNKNOWN);
        }
        if !self.windows.iter().any(|it| it.session == opened.session) {
            self.windows.push(Open {
                moment: opened.moment,
                session: opened.session,
                window: Window::default(),
            });
            self.windows.sort_unstable_by_key(|it| it.moment);
        }
        if self.windows.len() > MAX_SESSIONS_OF_A_MEMBER {
            self.ended = self.windows.first().map_or(0, |oldest| oldest.moment);
            self.windows.retain(|it| it.moment > self.ended);
        }
        let mut windows = self.windows.iter_mut();
        let window = windows.find(|it| it.session == opened.session);
        window.map(|it| &mut it.window).ok_or(UNKNOWN)
    }
}

/// How long a session lasts.
pub(super) const LIFE: Duration = Duration::from_hours(24);

/// A server keeps one; a restarted one leaves its old one behind.
pub(super) const MAX_SESSIONS_OF_A_MEMBER: usize = 8;

/// 500 members and some tokens.
const MAX_MEMBERS_OF_A_DOMAIN: usize = 1_000;

/// About 20 MB if all have as many sessions as they may.
const MAX_MEMBERS: usize = 100_000;

const UNKNOWN: Code = Code::UnknownSession;

#[cfg(test)]
mod tests;

//! Storage in this process: for tests, for a first look, and as stated defaults.
//!
//! All of it ends with the process, and two processes know nothing of each other. The replay log and
//! the session store are good enough for a single process whose restarts are rare: what they forget
//! then are assertions of the last minutes and revocations of the last hours. The user directory is
//! not: a user secret that is lost is lost for good.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::saml::{ReplayKey, ReplayLog, Sighting};
use crate::session::{Revocation, Session, SessionStore};
use crate::user::{AccountKey, Created, Profile, User, UserDirectory, UserId, UserSecret};
use crate::{StoreError, UnixTime};

/// A [`ReplayLog`] in this process only.
///
/// Holds up to 100,000 assertions (about 15 MB). When it is full it refuses
/// further sign-ins with [`StoreError::Full`]; forgetting one would let it be used again.
#[derive(Debug, Default)]
pub struct MemoryReplayLog {
    used: Mutex<Expiring<ReplayKey, ()>>,
}

#[async_trait]
impl ReplayLog for MemoryReplayLog {
    async fn record(
        &self,
        key: &ReplayKey,
        now: UnixTime,
        expires: UnixTime,
    ) -> Result<Sighting, StoreError> {
        let mut used = lock(&self.used);
        used.forget_expired(now);
        if used.find(key).is_some() {
            return Ok(Sighting::Repeat);
        }
        used.insert(*key, (), expires)?;
        Ok(Sighting::First)
    }
}

/// A [`SessionStore`] in this process only.
///
/// Holds up to 100,000 revocations (about 15 MB) and refuses more with [`StoreError::Full`].
#[derive(Debug, Default)]
pub struct MemorySessionStore {
    revoked: Mutex<Expiring<[u8; 32], UnixTime>>,
}

#[async_trait]
impl SessionStore for MemorySessionStore {
    async fn revoke(
        &self,
        revocation: &Revocation,
        now: UnixTime,
        until: UnixTime,
    ) -> Result<(), StoreError> {
        let mut revoked = lock(&self.revoked);
        revoked.forget_expired(now);
        let digest = revocation.digest();
        let (at, until) = match revoked.find(&digest) {
            Some((earlier, expires)) => (now.max(*earlier), until.max(expires)),
            None => (now, until),
        };
        revoked.insert(digest, at, until)
    }

    async fn is_revoked(&self, session: &Session) -> Result<bool, StoreError> {
        let revoked = lock(&self.revoked);
        let mut digests = session
            .revocable_by()
            .into_iter()
            .map(|revocation| revocation.digest());
        Ok(digests.any(|digest| {
            revoked
                .find(&digest)
                .is_some_and(|(at, _)| session.started <= *at)
        }))
    }
}

/// A [`UserDirectory`] in this process only, without a limit: for tests and demonstrations.
#[derive(Debug, Default)]
pub struct MemoryUserDirectory {
    users: Mutex<HashMap<UserId, (User, UserSecret)>>,
}

#[async_trait]
impl UserDirectory for MemoryUserDirectory {
    async fn find(&self, account: &AccountKey) -> Result<Option<User>, StoreError> {
        Ok(user_of(&lock(&self.users), account))
    }

    async fn by_id(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        Ok(lock(&self.users).get(id).map(|(user, _)| user.clone()))
    }

    async fn create(&self, account: &AccountKey, profile: &Profile) -> Result<Created, StoreError> {
        let mut users = lock(&self.users);
        if let Some(user) = user_of(&users, account) {
            return Ok(Created::Existing(user));
        }
        let user = User::new(UserId::random(), account.clone(), profile.clone());
        users.insert(user.id.clone(), (user.clone(), UserSecret::random()));
        Ok(Created::New(user))
    }

    async fn update(&self, id: &UserId, profile: &Profile) -> Result<(), StoreError> {
        if let Some((user, _)) = lock(&self.users).get_mut(id) {
            user.profile = profile.clone();
        }
        Ok(())
    }

    async fn secret(&self, id: &UserId) -> Result<Option<UserSecret>, StoreError> {
        Ok(lock(&self.users).get(id).map(|(_, secret)| secret.clone()))
    }
}

fn user_of(users: &HashMap<UserId, (User, UserSecret)>, account: &AccountKey) -> Option<User> {
    users
        .values()
        .map(|(user, _)| user)
        .find(|user| user.account == *account)
        .cloned()
}

/// A bounded map whose entries end; the order of their ends makes forgetting them cheap.
#[derive(Debug)]
struct Expiring<K, V> {
    entries: HashMap<K, (V, UnixTime)>,
    by_end: BTreeSet<(UnixTime, K)>,
    capacity: usize,
}

impl<K: Copy + Eq + Hash + Ord, V> Expiring<K, V> {
    fn find(&self, key: &K) -> Option<(&V, UnixTime)> {
        self.entries
            .get(key)
            .map(|(value, expires)| (value, *expires))
    }

    fn insert(&mut self, key: K, value: V, expires: UnixTime) -> Result<(), StoreError> {
        if self.entries.len() >= self.capacity && !self.entries.contains_key(&key) {
            return Err(StoreError::full(format!(
                "{} entries are kept already",
                self.capacity
            )));
        }
        if let Some((_, replaced)) = self.entries.insert(key, (value, expires)) {
            self.by_end.remove(&(replaced, key));
        }
        self.by_end.insert((expires, key));
        Ok(())
    }

    fn forget_expired(&mut self, now: UnixTime) {
        while let Some(&(expires, key)) = self.by_end.first()
            && expires <= now
        {
            self.by_end.pop_first();
            self.entries.remove(&key);
        }
    }
}

impl<K: Ord, V> Default for Expiring<K, V> {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            by_end: BTreeSet::new(),
            capacity: CAPACITY,
        }
    }
}

/// A panic elsewhere leaves whole entries behind: each change is a single insertion.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const CAPACITY: usize = 100_000;

#[cfg(all(test, feature = "testkit"))]
mod tests {
    use std::time::Duration;

    use futures_executor::block_on;

    use super::*;

    mod replay_log {
        crate::replay_log_tests!(async || (super::MemoryReplayLog::default(), ()));
    }

    mod session_store {
        crate::session_store_tests!(async || (super::MemorySessionStore::default(), ()));
    }

    mod user_directory {
        crate::user_directory_tests!(async || (super::MemoryUserDirectory::default(), ()));
    }

    #[test]
    fn dos_10_a_full_log_refuses_and_forgets_nothing_that_is_valid() {
        let log = MemoryReplayLog {
            used: Mutex::new(Expiring {
                capacity: 2,
                ..Expiring::default()
            }),
        };
        let minute = Duration::from_mins(1);
        let record = |id, now: UnixTime| {
            block_on(log.record(&ReplayKey::new("idp", id), now, now.later(minute)))
        };
        assert!(matches!(record("a", NOON), Ok(Sighting::First)));
        assert!(matches!(record("b", NOON), Ok(Sighting::First)));
        assert!(matches!(record("c", NOON), Err(StoreError::Full(_))));
        assert!(matches!(record("a", NOON), Ok(Sighting::Repeat)));
        assert!(matches!(
            record("c", NOON.later(minute)),
            Ok(Sighting::First)
        ));
    }

    const NOON: UnixTime = UnixTime::from_secs(1_800_014_400);
}

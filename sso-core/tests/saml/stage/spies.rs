//! Stores that tell what they were asked to keep.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use sso_core::memory::{MemoryReplayLog, MemorySessionStore};
use sso_core::saml::{ReplayKey, ReplayLog, Sighting};
use sso_core::session::{Revocation, Session, SessionStore};
use sso_core::{StoreError, UnixTime};

/// How often something was written.
#[derive(Clone, Debug, Default)]
pub(super) struct Writes(Arc<Mutex<usize>>);

impl Writes {
    pub(super) fn count(&self) -> usize {
        *self.0.lock().unwrap()
    }

    pub(super) fn reset(&self) {
        *self.0.lock().unwrap() = 0;
    }

    fn add(&self) {
        *self.0.lock().unwrap() += 1;
    }
}

#[derive(Debug)]
pub(super) struct WatchedLog(pub(super) Writes, pub(super) MemoryReplayLog);

#[async_trait]
impl ReplayLog for WatchedLog {
    async fn record(
        &self,
        key: &ReplayKey,
        now: UnixTime,
        expires: UnixTime,
    ) -> Result<Sighting, StoreError> {
        self.0.add();
        self.1.record(key, now, expires).await
    }
}

#[derive(Debug)]
pub(super) struct WatchedSessions(pub(super) Writes, pub(super) MemorySessionStore);

#[async_trait]
impl SessionStore for WatchedSessions {
    async fn revoke(
        &self,
        revocation: &Revocation,
        now: UnixTime,
        until: UnixTime,
    ) -> Result<(), StoreError> {
        self.0.add();
        self.1.revoke(revocation, now, until).await
    }

    async fn is_revoked(&self, session: &Session) -> Result<bool, StoreError> {
        self.1.is_revoked(session).await
    }
}

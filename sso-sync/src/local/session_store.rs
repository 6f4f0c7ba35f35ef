//! Ended sessions.

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Connection, params};
use sso_core::session::{Revocation, Session, SessionStore};
use sso_core::{StoreError, UnixTime};

use super::LocalStore;
use super::time::{expired_before, nanos};
use crate::embed::DurableRevocations;
use crate::status::Revocation as Told;

#[async_trait]
impl SessionStore for LocalStore {
    async fn revoke(
        &self,
        revocation: &Revocation,
        now: UnixTime,
        until: UnixTime,
    ) -> Result<(), StoreError> {
        if let Some(beside) = &self.beside {
            return beside.store.revoke(revocation, now, until).await;
        }
        let digest = revocation.digest();
        self.writer
            .change(move |connection| Ok(revoke(connection, &digest, now, until)?))
            .await
    }

    async fn is_revoked(&self, session: &Session) -> Result<bool, StoreError> {
        if let Some(beside) = &self.beside
            && beside.store.is_revoked(session).await?
        {
            return Ok(true);
        }
        let digests: Vec<_> = session
            .revocable_by()
            .iter()
            .map(Revocation::digest)
            .collect();
        let started = session.started;
        self.reader
            .run(move |connection| is_revoked(connection, &digests, started))
            .await
    }
}

#[async_trait]
impl DurableRevocations for LocalStore {
    async fn keep(&self, told: &[Told], now: UnixTime) -> Result<(), StoreError> {
        if let Some(beside) = &self.beside {
            return beside.store.keep(told, now).await;
        }
        let told = told.to_vec();
        self.writer
            .change(move |connection| {
                for told in &told {
                    let at = UnixTime::from_epoch(Duration::from_millis(told.at));
                    let (digest, until) = (told.digest.as_bytes(), UnixTime::from_secs(told.until));
                    add(connection, digest, at, until)?;
                }
                Ok(prune(connection, now)?)
            })
            .await
    }
}

fn revoke(
    connection: &Connection,
    digest: &[u8; 32],
    now: UnixTime,
    until: UnixTime,
) -> rusqlite::Result<()> {
    prune(connection, now)?;
    add(connection, digest, now, until)
}

fn prune(connection: &Connection, now: UnixTime) -> rusqlite::Result<()> {
    let mut prune = connection.prepare_cached(PRUNE)?;
    prune.execute([expired_before(now)]).map(drop)
}

fn add(
    connection: &Connection,
    digest: &[u8; 32],
    at: UnixTime,
    until: UnixTime,
) -> rusqlite::Result<()> {
    let mut add = connection.prepare_cached(ADD)?;
    add.execute(params![digest, nanos(at), nanos(until)])
        .map(drop)
}

fn is_revoked(
    connection: &Connection,
    digests: &[[u8; 32]],
    started: UnixTime,
) -> rusqlite::Result<bool> {
    let mut find = connection.prepare_cached(FIND)?;
    for digest in digests {
        if find.exists(params![digest, nanos(started)])? {
            return Ok(true);
        }
    }
    Ok(false)
}

const ADD: &str = "INSERT INTO revocations (digest, revoked, until) VALUES (?1, ?2, ?3)
    ON CONFLICT (digest) DO UPDATE SET
        revoked = max(revoked, excluded.revoked), until = max(until, excluded.until)";

const FIND: &str = "SELECT 1 FROM revocations WHERE digest = ?1 AND revoked >= ?2";

/// Every new entry makes room for itself, so the table shrinks without a task of its own.
const PRUNE: &str = "DELETE FROM revocations WHERE seq IN
    (SELECT seq FROM revocations WHERE until <= ?1 ORDER BY until LIMIT 64)";

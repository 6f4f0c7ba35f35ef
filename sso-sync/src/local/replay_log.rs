//! Used assertions.

use async_trait::async_trait;
use rusqlite::{Connection, params};
use sso_core::saml::{ReplayKey, ReplayLog, Sighting};
use sso_core::{StoreError, UnixTime};

use super::LocalStore;
use super::time::{expired_before, nanos};

#[async_trait]
impl ReplayLog for LocalStore {
    async fn record(
        &self,
        key: &ReplayKey,
        now: UnixTime,
        expires: UnixTime,
    ) -> Result<Sighting, StoreError> {
        let key = *key;
        self.writer
            .change(move |connection| Ok(record(connection, &key, now, expires)?))
            .await
    }
}

fn record(
    connection: &Connection,
    key: &ReplayKey,
    now: UnixTime,
    expires: UnixTime,
) -> rusqlite::Result<Sighting> {
    connection
        .prepare_cached(PRUNE)?
        .execute([expired_before(now)])?;
    let added = connection
        .prepare_cached(ADD)?
        .execute(params![key.as_bytes(), nanos(expires)])?;
    Ok(if added == 1 {
        Sighting::First
    } else {
        Sighting::Repeat
    })
}

/// An expired mark that is still there counts: "repeat" is the safe answer.
const ADD: &str = "INSERT INTO replay_marks (key, expires) VALUES (?1, ?2) ON CONFLICT DO NOTHING";

/// Every new mark makes room for itself, so the table shrinks without a task of its own.
const PRUNE: &str = "DELETE FROM replay_marks WHERE seq IN
    (SELECT seq FROM replay_marks WHERE expires <= ?1 ORDER BY expires LIMIT 64)";

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
        if let Some(beside) = &self.beside {
            let is_used = move |connection: &mut Connection| is_used(connection, &key);
            return match self.reader.run(is_used).await? {
                true => Ok(Sighting::Repeat),
                false => beside.store.record(&key, now, expires).await,
            };
        }
        self.writer
            .change(move |connection| Ok(record(connection, &key, now, expires)?))
            .await
    }
}

fn is_used(connection: &Connection, key: &ReplayKey) -> rusqlite::Result<bool> {
    let mut find = connection.prepare_cached(FIND)?;
    find.exists([key.as_bytes()])
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

const FIND: &str = "SELECT 1 FROM replay_marks WHERE key = ?1";

/// An expired mark that is still there counts: "repeat" is the safe answer.
const ADD: &str = "INSERT INTO replay_marks (key, expires) VALUES (?1, ?2) ON CONFLICT DO NOTHING";

/// Every new mark makes room for itself, so the table shrinks without a task of its own.
const PRUNE: &str = "DELETE FROM replay_marks WHERE seq IN
    (SELECT seq FROM replay_marks WHERE expires <= ?1 ORDER BY expires LIMIT 64)";

//! What a server of its own takes along when it joins a domain.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, Row};
use sso_core::StoreError;
use sso_core::user::{User, UserSecret};

use super::user_directory::UserRow;
use super::{DataKey, LocalStore, OpenError};
use crate::sqlite::connect;

/// A user of a store, with the secret.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LocalUser {
    /// Where the user stands in the store: ascending, in the order in which users came.
    pub place: u64,
    /// The user.
    pub user: User,
    /// The user's secret.
    pub secret: UserSecret,
}

impl LocalStore {
    /// How many users there are.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] if the file cannot be read.
    pub async fn user_count(&self) -> Result<u64, StoreError> {
        let count = |connection: &mut Connection| {
            connection.query_row("SELECT count(*) FROM users", [], |row| row.get(0))
        };
        let count: i64 = self.reader.run(count).await?;
        u64::try_from(count).map_err(StoreError::corrupt)
    }

    /// The users behind a place, at most `limit` of them, ascending; 0 is before the first.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] if the file cannot be read, or a secret does not unseal.
    pub async fn users_after(
        &self,
        place: u64,
        limit: usize,
    ) -> Result<Vec<LocalUser>, StoreError> {
        let place = i64::try_from(place).map_err(StoreError::corrupt)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let page = move |connection: &mut Connection| {
            let mut select = connection.prepare_cached(PAGE)?;
            let rows = select.query_map([place, limit], WholeRow::read)?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        let rows = self.reader.run(page).await?;
        rows.into_iter().map(|row| self.open_row(row)).collect()
    }

    /// Makes a store at `path` without users, that remembers what this one does of used assertions
    /// and ended sessions.
    ///
    /// # Errors
    ///
    /// An [`OpenError`]; something of it may be there then, and calling again goes on.
    pub async fn without_users(&self, path: &Path, data_key: &DataKey) -> Result<(), OpenError> {
        let made = Self::open(path, data_key)?;
        let from = self.path.to_string_lossy().into_owned();
        let copied = made.writer.run(move |to| copy(to, &from)).await;
        copied.map_err(|error| OpenError::store(path, error))
    }

    /// Makes sure that nobody has the file at `path` open, as a running server has.
    ///
    /// # Errors
    ///
    /// [`OpenError::InUse`] if somebody has.
    pub fn expect_unused(path: &Path) -> Result<(), OpenError> {
        let failed = |source| OpenError::sqlite(path, source);
        let connection = connect(path)?;
        let alone = || {
            connection.busy_timeout(Duration::ZERO)?;
            // To leave the log, a connection has to be the only one.
            connection.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
            connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))
        };
        match alone() {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                Err(OpenError::InUse { path: path.into() })
            }
            done => done.map_err(failed),
        }
    }

    fn open_row(&self, row: WholeRow) -> Result<LocalUser, StoreError> {
        let place = u64::try_from(row.place).map_err(StoreError::corrupt)?;
        let user = row.user.into_user()?;
        let digest = user.account.digest();
        let secret = self.sealer.open_secret(&user.id, &digest, &row.secret);
        let secret = secret.ok_or_else(|| StoreError::corrupt(SEALED_SHUT))?;
        Ok(LocalUser {
            place,
            user,
            secret,
        })
    }
}

/// A row of the table, unparsed.
struct WholeRow {
    place: i64,
    user: UserRow,
    secret: Vec<u8>,
}

impl WholeRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            place: row.get("seq")?,
            user: UserRow::read(row)?,
            secret: row.get("secret")?,
        })
    }
}

fn copy(to: &Connection, from: &str) -> rusqlite::Result<()> {
    to.execute("ATTACH DATABASE ?1 AS before", [from])?;
    let copied = to.execute_batch(COPY);
    to.execute("DETACH DATABASE before", [])?;
    copied
}

const PAGE: &str = "SELECT id, account, profile, seq, secret FROM users WHERE seq > ?1
    ORDER BY seq LIMIT ?2";
const COPY: &str = "
    BEGIN;
    INSERT OR IGNORE INTO replay_marks (key, expires)
        SELECT key, expires FROM before.replay_marks;
    INSERT OR IGNORE INTO revocations (digest, revoked, until)
        SELECT digest, revoked, until FROM before.revocations;
    COMMIT;";
const SEALED_SHUT: &str = "the secret of a user does not unseal";

#[cfg(test)]
mod tests {
    use sso_core::UnixTime;
    use sso_core::saml::{ReplayKey, ReplayLog as _, Sighting};
    use sso_core::user::{AccountKey, Profile, UserDirectory as _};

    use super::*;

    #[tokio::test]
    async fn every_user_is_read_once_with_the_secret_page_by_page() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder.path().join("old"));
        let mut made = Vec::new();
        for number in 0..5 {
            let account = AccountKey::new("idp", "persistent", number.to_string());
            let created = store.create(&account, &Profile::default()).await.unwrap();
            made.push(created.into_user());
        }
        assert_eq!(store.user_count().await.unwrap(), 5);
        let (mut read, mut place) = (Vec::new(), 0);
        loop {
            let page = store.users_after(place, 2).await.unwrap();
            let Some(last) = page.last() else { break };
            place = last.place;
            read.extend(page);
        }
        let users: Vec<_> = read.iter().map(|it| it.user.clone()).collect();
        assert_eq!(users, made);
        for it in read {
            assert_eq!(store.secret(&it.user.id).await.unwrap(), Some(it.secret));
        }
    }

    #[tokio::test]
    async fn a_file_without_the_users_knows_the_used_assertions() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder.path().join("old"));
        let account = AccountKey::new("idp", "persistent", "alice");
        store.create(&account, &Profile::default()).await.unwrap();
        let mark = ReplayKey::new("idp", "1");
        let seen = store.record(&mark, NOON, LATER).await.unwrap();
        assert_eq!(seen, Sighting::First);
        let path = folder.path().join("new");
        for _ in 0..2 {
            store.without_users(&path, &KEY).await.unwrap();
        }
        let anew = open(&path);
        assert_eq!(anew.user_count().await.unwrap(), 0);
        let seen = anew.record(&mark, NOON, LATER).await.unwrap();
        assert_eq!(seen, Sighting::Repeat);
        assert_eq!(store.user_count().await.unwrap(), 1);
    }

    #[test]
    fn a_file_that_a_server_has_open_is_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old");
        let store = open(&path);
        let used = LocalStore::expect_unused(&path);
        assert!(matches!(used, Err(OpenError::InUse { .. })), "{used:?}");
        drop(store);
        LocalStore::expect_unused(&path).unwrap();
        drop(open(&path));
    }

    fn open(path: &Path) -> LocalStore {
        LocalStore::open(path, &KEY).unwrap()
    }

    const KEY: DataKey = DataKey::from_bytes([7; 32]);
    const NOON: UnixTime = UnixTime::from_secs(1_700_000_000);
    const LATER: UnixTime = UnixTime::from_secs(1_700_000_300);
}

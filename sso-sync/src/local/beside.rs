//! A file that a newer program wrote: it is read, and what has to be remembered goes into a file
//! beside it, until a program that knows the schema takes it in.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OptionalExtension as _};

use super::{DataKey, LocalStore, OpenError, schema};
use crate::sqlite::{check_for_damage_in, remove, remove_side_files, with_end};

/// Why a store changes no user: a newer program wrote its file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error(
    "version {} wrote the users of this server, in schema {found}; version {program} knows schema \
     {known}, and reads them only. Users who are known here go on signing in; new users and changes \
     of users wait: whom a provider takes out of a group stays in it here",
    newer.as_deref().unwrap_or("(a newer one)")
)]
pub struct Frozen {
    /// Schema of the file.
    pub found: i64,
    /// The newest schema that this program knows.
    pub known: i64,
    /// The version of the program that wrote it, if it left its name.
    pub newer: Option<String>,
    /// The version of this program.
    pub program: String,
}

impl Frozen {
    /// What makes the server write again: a sentence with the command.
    #[must_use]
    pub fn remedy(&self) -> String {
        let newer = self.newer.as_deref();
        let version =
            newer.map_or_else(|| "the newer version".into(), |it| format!("version {it}"));
        format!(
            "install {version} again, then: systemctl restart sso-connect; nothing is lost meanwhile"
        )
    }
}

/// What such a store remembers elsewhere: used assertions and ended sessions.
#[derive(Debug)]
pub(super) struct Beside {
    pub(super) frozen: Frozen,
    pub(super) store: Box<LocalStore>,
}

impl Beside {
    /// Lets `connection` read only, and opens the file beside the one at `path`, or makes it.
    pub(super) fn open(
        connection: &Connection,
        path: &Path,
        data_key: &DataKey,
        program: &str,
        found: i64,
    ) -> Result<Self, OpenError> {
        let failed = |source| OpenError::sqlite(path, source);
        connection
            .pragma_update(None, "query_only", true)
            .map_err(failed)?;
        let frozen = Frozen {
            found,
            known: schema::KNOWN,
            newer: written_by(connection).map_err(failed)?,
            program: program.into(),
        };
        let store = LocalStore::open_by(&beside(path), data_key, program)?;
        let store = Box::new(store);
        Ok(Self { frozen, store })
    }
}

/// Takes in what a program had to remember beside the file, and removes it, unless such a program still
/// has it: then it is taken in once more at the next opening.
pub(super) fn take_in(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let from = beside(path);
    if !from
        .try_exists()
        .map_err(|source| OpenError::io(&from, source))?
    {
        return Ok(());
    }
    let failed = |source| OpenError::sqlite(&from, source);
    let attached = connection.execute(ATTACH, [from.to_string_lossy()]);
    attached.map_err(failed)?;
    let taken = take_attached(connection, path, &from);
    connection.execute(DETACH, []).map_err(failed)?;
    match taken? {
        true => remove_all(&from).map_err(|source| OpenError::io(&from, source)),
        false => Ok(()),
    }
}

/// Leaves the name of the program that writes the file.
pub(super) fn sign(connection: &Connection, program: &str) -> rusqlite::Result<()> {
    match program.is_empty() || written_by(connection)?.as_deref() == Some(program) {
        true => Ok(()),
        false => connection.execute(SIGN, [program.as_bytes()]).map(drop),
    }
}

fn written_by(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let name: Option<Vec<u8>> = connection
        .query_row(WRITTEN_BY, [], |row| row.get(0))
        .optional()?;
    Ok(name.and_then(|it| String::from_utf8(it).ok()))
}

/// Whether nobody else has the file that was taken in.
fn take_attached(connection: &Connection, path: &Path, from: &Path) -> Result<bool, OpenError> {
    let failed = |source| OpenError::sqlite(from, source);
    let tables: i64 = connection
        .query_row(TABLES, [], |row| row.get(0))
        .map_err(failed)?;
    // Before the copy: what somebody adds after it must not be removed.
    let is_alone = have_alone(connection).map_err(failed)?;
    // Whoever made it ended before there was a table in it.
    if tables > 0 {
        check_for_damage_in(connection, ATTACHED, from)?;
        copy(connection).map_err(|source| OpenError::sqlite(path, source))?;
    }
    Ok(is_alone)
}

/// Keeps others away from the attached file until it is detached; not if somebody else has it open,
/// which its log tells.
fn have_alone(connection: &Connection) -> rusqlite::Result<bool> {
    let set = |name, value| {
        connection.query_row(&format!("PRAGMA {ATTACHED}.{name} = {value}"), [], |row| {
            row.get::<_, String>(0)
        })
    };
    set("locking_mode", "EXCLUSIVE")?;
    match set("journal_mode", "DELETE") {
        Ok(mode) if mode == "delete" => Ok(true),
        Err(error) if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) => Err(error),
        _ => set("locking_mode", "NORMAL").map(|_| false),
    }
}

fn copy(to: &Connection) -> rusqlite::Result<()> {
    let copied = to.execute_batch(COPY);
    if copied.is_err() && !to.is_autocommit() {
        to.execute_batch("ROLLBACK")?;
    }
    copied
}

fn remove_all(path: &Path) -> io::Result<()> {
    remove_side_files(path)?;
    remove(path)
}

fn beside(path: &Path) -> PathBuf {
    with_end(path, ".beside")
}

const ATTACHED: &str = "beside";
const ATTACH: &str = "ATTACH DATABASE ?1 AS beside";
const DETACH: &str = "DETACH DATABASE beside";
const TABLES: &str = "SELECT count(*) FROM beside.sqlite_schema";

const WRITTEN_BY: &str = "SELECT value FROM facts WHERE name = 'written by'";
const SIGN: &str = "INSERT INTO facts (name, value) VALUES ('written by', ?1)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value";

/// The stronger of two counts: nobody is signed in again by it, and no assertion used twice.
const COPY: &str = "
    BEGIN IMMEDIATE;
    INSERT OR IGNORE INTO replay_marks (key, expires)
        SELECT key, expires FROM beside.replay_marks;
    INSERT INTO revocations (digest, revoked, until)
        SELECT digest, revoked, until FROM beside.revocations WHERE true
        ON CONFLICT (digest) DO UPDATE SET
            revoked = max(revoked, excluded.revoked), until = max(until, excluded.until);
    COMMIT;";

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use sso_core::saml::{ReplayKey, ReplayLog as _, Sighting};
    use sso_core::session::{Revocation, SessionStore as _};
    use sso_core::user::{AccountKey, Created, Profile, UserDirectory as _, UserId};
    use sso_core::{StoreError, UnixTime};

    use super::*;
    use crate::embed::DurableRevocations as _;

    #[tokio::test]
    async fn whom_a_newer_program_wrote_is_read_and_nobody_is_added_or_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sso.sqlite3");
        let alice = {
            let store = open(&path, "1.0.0");
            create(&store, "alice").await.unwrap().into_user()
        };
        raise(&path, READABLE);
        let before = rows(&path);
        let store = open(&path, "1.0.0");
        let frozen = store.frozen().unwrap();
        assert_eq!((frozen.found, frozen.known), (2, 1));
        assert_eq!(
            store.find(&account("alice")).await.unwrap(),
            Some(alice.clone())
        );
        assert!(store.secret(&alice.id).await.unwrap().is_some());
        let there = create(&store, "alice").await.unwrap();
        assert!(matches!(there, Created::Existing(_)));
        let refused = create(&store, "bob").await.unwrap_err();
        assert_eq!(because(&refused), store.frozen());
        store.update(&alice.id, &Profile::default()).await.unwrap();
        let refused = store.take_in(&[]).await.unwrap_err();
        assert_eq!(because(&refused), store.frozen());
        drop(store);
        assert_eq!(rows(&path), before);
    }

    #[tokio::test]
    async fn used_assertions_and_sign_outs_are_remembered_and_taken_in_by_the_newer_program() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sso.sqlite3");
        mark(&open(&path, "1.0.0"), "before", Sighting::First).await;
        raise(&path, READABLE);
        for _ in 0..2 {
            let store = open(&path, "1.0.0");
            mark(&store, "before", Sighting::Repeat).await;
        }
        let store = open(&path, "1.0.0");
        mark(&store, "now", Sighting::First).await;
        mark(&store, "now", Sighting::Repeat).await;
        let ended = Revocation::User(UserId::random());
        let until = NOON.later(Duration::from_hours(1));
        store.revoke(&ended, NOON, until).await.unwrap();
        let told = crate::status::Revocation {
            digest: crate::Digest::new([3; 32]),
            until: until.as_secs(),
            at: 1000 * NOON.as_secs(),
        };
        store.keep(&[told], NOON).await.unwrap();
        drop(store);

        lower(&path);
        let store = open(&path, "2.0.0");
        assert_eq!(store.frozen(), None);
        assert!(!beside(&path).exists());
        mark(&store, "now", Sighting::Repeat).await;
        let count = |connection: &mut Connection| {
            let ask = "SELECT count(*) FROM revocations";
            connection.query_row(ask, [], |row| row.get::<_, i64>(0))
        };
        assert_eq!(store.reader.run(count).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn what_an_older_program_still_writes_beside_is_kept_until_it_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sso.sqlite3");
        drop(open(&path, "1.0.0"));
        raise(&path, READABLE);
        let older = open(&path, "1.0.0");
        mark(&older, "early", Sighting::First).await;
        lower(&path);
        mark(&open(&path, "2.0.0"), "early", Sighting::Repeat).await;
        assert!(beside(&path).exists());
        mark(&older, "late", Sighting::First).await;
        drop(older);
        mark(&open(&path, "2.0.0"), "late", Sighting::Repeat).await;
        assert!(!beside(&path).exists());
    }

    #[test]
    fn a_file_beside_that_was_never_finished_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sso.sqlite3");
        drop(open(&path, "2.0.0"));
        fs::write(beside(&path), "").unwrap();
        drop(open(&path, "2.0.0"));
        assert!(!beside(&path).exists());
        fs::write(beside(&path), "").unwrap();
        drop(crate::sqlite::connect(&beside(&path)).unwrap());
        drop(open(&path, "2.0.0"));
        assert!(!beside(&path).exists());
    }

    #[test]
    fn a_damaged_file_beside_is_refused_by_its_own_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sso.sqlite3");
        drop(open(&path, "2.0.0"));
        fs::write(beside(&path), "no database ".repeat(1000)).unwrap();
        let refused = LocalStore::open_by(&path, &KEY, "2.0.0").unwrap_err();
        let damaged =
            matches!(&refused, OpenError::Damaged { path: it, .. } if *it == beside(&path));
        assert!(damaged, "{refused}");
        assert!(beside(&path).exists());
    }

    #[test]
    fn a_file_that_may_not_be_read_is_refused_and_the_message_names_both_schemas() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sso.sqlite3");
        drop(open(&path, "1.0.0"));
        raise(&path, 2);
        let refused = LocalStore::open_by(&path, &KEY, "1.0.0").unwrap_err();
        assert!(
            matches!(refused, OpenError::NewerSchema { .. }),
            "{refused}"
        );
        assert!(!beside(&path).exists());
    }

    #[test]
    fn a_frozen_store_names_both_versions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sso.sqlite3");
        drop(open(&path, "2.0.0"));
        raise(&path, READABLE);
        let store = open(&path, "1.0.0");
        let frozen = store.frozen().unwrap();
        let words = frozen.to_string();
        assert!(words.contains("version 2.0.0 wrote") && words.contains("version 1.0.0 knows"));
        assert!(frozen.remedy().contains("install version 2.0.0 again"));
    }

    fn open(path: &Path, program: &str) -> LocalStore {
        LocalStore::open_by(path, &KEY, program).unwrap()
    }

    /// What a newer program does to the file.
    fn raise(path: &Path, user_version: i64) {
        let connection = Connection::open(path).unwrap();
        connection
            .execute_batch("ALTER TABLE users ADD COLUMN next INTEGER DEFAULT 7")
            .unwrap();
        connection
            .pragma_update(None, "user_version", user_version)
            .unwrap();
    }

    /// Lets this program be one that knows the file.
    fn lower(path: &Path) {
        let connection = Connection::open(path).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
    }

    fn rows(path: &Path) -> Vec<(String, i64)> {
        let connection = Connection::open(path).unwrap();
        let mut select = connection
            .prepare("SELECT profile, next FROM users")
            .unwrap();
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// What a store that is frozen answers for a reason.
    fn because(refused: &StoreError) -> Option<&Frozen> {
        match refused {
            StoreError::Unavailable(source) => source.downcast_ref(),
            _ => None,
        }
    }

    async fn create(store: &LocalStore, name: &str) -> Result<Created, StoreError> {
        store.create(&account(name), &Profile::default()).await
    }

    async fn mark(store: &LocalStore, name: &str, expected: Sighting) {
        let end = NOON.later(Duration::from_mins(5));
        let seen = store.record(&ReplayKey::new("idp", name), NOON, end).await;
        assert_eq!(seen.unwrap(), expected, "{name}");
    }

    fn account(name: &str) -> AccountKey {
        AccountKey::new("idp", "persistent", name)
    }

    /// Schema 2, read by programs from schema 1 on.
    const READABLE: i64 = 2 + (1 << 10);
    const KEY: DataKey = DataKey::from_bytes([7; 32]);
    const NOON: UnixTime = UnixTime::from_secs(1_800_000_000);
}

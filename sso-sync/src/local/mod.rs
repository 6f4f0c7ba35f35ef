//! The store of one machine: a SQLite file.
//!
//! One thread writes, one reads; each owns its connection, so no task of the host ever blocks on
//! the disk. An answer is given only after the change would survive a power failure.

mod arrival;
mod beside;
mod data_key;
mod departure;
mod replay_log;
mod schema;
mod session_store;
mod time;
mod user_directory;

use std::fmt;
use std::path::{Path, PathBuf};

use sso_core::StoreError;

use crate::sqlite::{Access, Worker, check_for_damage, connect, create_private};

pub use crate::sqlite::OpenError;
#[cfg(feature = "dangerous-test-builds")]
pub use crate::sqlite::dangerously_add_a_schema;
pub use arrival::TakenIn;
pub use beside::Frozen;
pub use data_key::DataKey;
pub use departure::LocalUser;

use beside::Beside;
use data_key::Sealer;

/// Users, replay marks and revocations in one SQLite file.
///
/// Implements [`ReplayLog`](sso_core::saml::ReplayLog),
/// [`SessionStore`](sso_core::session::SessionStore) and
/// [`UserDirectory`](sso_core::user::UserDirectory). Needs no async runtime. Several processes may
/// open one file; they wait up to five seconds for each other.
pub struct LocalStore {
    beside: Option<Beside>,
    path: PathBuf,
    reader: Worker,
    sealer: Sealer,
    writer: Worker,
}

impl LocalStore {
    /// Opens the file at `path`, or makes it, readable by its owner alone.
    ///
    /// Reads the whole file once to look for damage.
    ///
    /// # Errors
    ///
    /// An [`OpenError`]; nothing has been changed then.
    pub fn open(path: &Path, data_key: &DataKey) -> Result<Self, OpenError> {
        Self::open_by(path, data_key, "")
    }

    /// The same by a program of this version, which leaves its name in the file, so that an older one
    /// can say who wrote it. No version leaves none.
    ///
    /// A file that a newer program wrote is read only, if that program lets this one read it: see
    /// [`frozen`](Self::frozen).
    ///
    /// # Errors
    ///
    /// An [`OpenError`]; nothing has been changed then.
    pub fn open_by(path: &Path, data_key: &DataKey, program: &str) -> Result<Self, OpenError> {
        let sealer = Sealer::new(data_key);
        create_private(path).map_err(|source| OpenError::io(path, source))?;
        let mut writer = connect(path)?;
        check_for_damage(&writer, path)?;
        let beside = match schema::prepare(&mut writer, &sealer, path)? {
            Access::Full => {
                beside::take_in(&writer, path)?;
                let signed = beside::sign(&writer, program);
                signed.map_err(|source| OpenError::sqlite(path, source))?;
                None
            }
            Access::Reading { found } => {
                Some(Beside::open(&writer, path, data_key, program, found)?)
            }
        };
        let reader = connect(path)?;
        let start = |name, connection| {
            Worker::start(name, vec![connection]).map_err(|source| OpenError::io(path, source))
        };
        Ok(Self {
            beside,
            path: path.into(),
            reader: start("store-reader", reader)?,
            sealer,
            writer: start("store-writer", writer)?,
        })
    }

    /// Why no user is added or changed; `None` if they are. Used assertions and ended sessions are
    /// remembered all the same, in a file beside this one, which the newer program takes in.
    #[must_use]
    pub fn frozen(&self) -> Option<&Frozen> {
        self.beside.as_ref().map(|it| &it.frozen)
    }

    /// Asks the file a small question, as a readiness probe does.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] if the file cannot be read.
    pub async fn health(&self) -> Result<(), StoreError> {
        self.reader
            .run(|connection| connection.query_row("SELECT 1 FROM facts LIMIT 1", [], |_| Ok(())))
            .await
    }
}

impl fmt::Debug for LocalStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalStore")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{Seek as _, SeekFrom, Write as _};
    use std::time::Duration;

    use rusqlite::Connection;
    use sso_core::UnixTime;
    use sso_core::saml::{ReplayKey, ReplayLog as _, Sighting};
    use sso_core::user::{AccountKey, Created, Profile, UserDirectory as _};

    use super::*;

    #[tokio::test]
    async fn what_was_stored_is_there_after_reopening() {
        let dir = tempfile::tempdir().unwrap();
        let (user, secret) = {
            let store = open(dir.path()).unwrap();
            let user = store
                .create(&alice(), &profile())
                .await
                .unwrap()
                .into_user();
            assert_eq!(mark(&store, "a").await.unwrap(), Sighting::First);
            let secret = store.secret(&user.id).await.unwrap().unwrap();
            (user, secret)
        };

        let store = open(dir.path()).unwrap();
        assert_eq!(store.find(&alice()).await.unwrap(), Some(user.clone()));
        assert_eq!(store.by_id(&user.id).await.unwrap(), Some(user.clone()));
        assert_eq!(store.secret(&user.id).await.unwrap(), Some(secret));
        assert_eq!(mark(&store, "a").await.unwrap(), Sighting::Repeat);
    }

    #[tokio::test]
    async fn two_handles_of_one_file_agree() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = (open(dir.path()).unwrap(), open(dir.path()).unwrap());

        assert_eq!(mark(&one, "a").await.unwrap(), Sighting::First);
        assert_eq!(mark(&other, "a").await.unwrap(), Sighting::Repeat);
        let made = one.create(&alice(), &profile()).await.unwrap().into_user();
        assert_eq!(
            other.create(&alice(), &Profile::default()).await.unwrap(),
            Created::Existing(made)
        );
    }

    #[tokio::test]
    async fn a_full_disk_is_said_to_be_full_and_breaks_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path()).unwrap();
        let user = store
            .create(&alice(), &profile())
            .await
            .unwrap()
            .into_user();
        store
            .writer
            .run(|connection| limit_pages(connection, 1))
            .await
            .unwrap();

        let mut large = profile();
        large.groups = vec!["g".repeat(100_000)];
        let full = store.update(&user.id, &large).await.unwrap_err();
        assert!(matches!(full, StoreError::Full(_)), "{full:?}");

        store
            .writer
            .run(|connection| limit_pages(connection, 1_000_000))
            .await
            .unwrap();
        store.update(&user.id, &large).await.unwrap();
        assert_eq!(store.by_id(&user.id).await.unwrap().unwrap().profile, large);
    }

    #[tokio::test]
    async fn no_secret_stands_in_the_files() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path()).unwrap();
        let user = store
            .create(&alice(), &profile())
            .await
            .unwrap()
            .into_user();
        let secret = store.secret(&user.id).await.unwrap().unwrap();
        for entry in fs::read_dir(dir.path()).unwrap() {
            let bytes = fs::read(entry.unwrap().path()).unwrap();
            assert!(!bytes.windows(32).any(|window| window == secret.expose()));
        }
    }

    #[tokio::test]
    async fn expired_marks_make_room_for_new_ones() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path()).unwrap();
        for number in 0..200 {
            mark(&store, &number.to_string()).await.unwrap();
        }
        let later = NOON.later(Duration::from_hours(48));
        for number in 0..10 {
            let key = ReplayKey::new("later", &number.to_string());
            store
                .record(&key, later, later.later(Duration::from_secs(5)))
                .await
                .unwrap();
        }
        let count = |connection: &mut Connection| {
            connection.query_row("SELECT count(*) FROM replay_marks", [], |row| {
                row.get::<_, i64>(0)
            })
        };
        assert_eq!(store.reader.run(count).await.unwrap(), 10);
    }

    #[test]
    fn a_damaged_file_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        drop(open(dir.path()).unwrap());
        let path = dir.path().join("sso.sqlite3");

        let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.seek(SeekFrom::Start(4096)).unwrap();
        file.write_all(&[0xA5; 8192]).unwrap();
        drop(file);

        let damaged = open(dir.path()).unwrap_err();
        assert!(matches!(damaged, OpenError::Damaged { .. }), "{damaged:?}");
        assert!(
            damaged.to_string().contains("sso.sqlite3 is damaged"),
            "{damaged}"
        );
    }

    #[test]
    fn a_file_that_is_no_database_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("sso.sqlite3"), "no database ".repeat(1000)).unwrap();
        assert!(matches!(open(dir.path()), Err(OpenError::Damaged { .. })));
    }

    #[test]
    fn a_newer_schema_is_refused_and_names_both_versions() {
        let dir = tempfile::tempdir().unwrap();
        drop(open(dir.path()).unwrap());
        Connection::open(dir.path().join("sso.sqlite3"))
            .and_then(|connection| connection.pragma_update(None, "user_version", 7))
            .unwrap();
        let newer = open(dir.path()).unwrap_err().to_string();
        assert!(
            newer.contains("has schema 7, this program knows 1"),
            "{newer}"
        );
    }

    #[test]
    fn another_data_key_is_refused_before_any_secret_is_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        drop(open(dir.path()).unwrap());
        let other = DataKey::from_bytes([8; 32]);
        let refused = LocalStore::open(&dir.path().join("sso.sqlite3"), &other);
        assert!(matches!(refused, Err(OpenError::WrongKey { .. })));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn every_file_is_readable_by_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;

        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path()).unwrap();
        mark(&store, "a").await.unwrap();
        for entry in fs::read_dir(dir.path()).unwrap() {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{:?}", entry.file_name());
        }
    }

    #[tokio::test]
    async fn a_healthy_file_says_so() {
        let dir = tempfile::tempdir().unwrap();
        open(dir.path()).unwrap().health().await.unwrap();
    }

    fn open(dir: &Path) -> Result<LocalStore, OpenError> {
        LocalStore::open(&dir.join("sso.sqlite3"), &DataKey::from_bytes([7; 32]))
    }

    async fn mark(store: &LocalStore, id: &str) -> Result<Sighting, StoreError> {
        let end = NOON.later(Duration::from_hours(1));
        store
            .record(&ReplayKey::new("https://idp.example.com", id), NOON, end)
            .await
    }

    fn limit_pages(connection: &Connection, pages: i64) -> rusqlite::Result<()> {
        connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
    }

    fn alice() -> AccountKey {
        let mut account = AccountKey::new("https://idp.example.com", "persistent", "alice");
        account.sp_name_qualifier = "https://sso.example.com".into();
        account
    }

    fn profile() -> Profile {
        let mut profile = Profile::default();
        profile.first = Some("Alice".into());
        profile.groups = vec!["staff".into(), "ステッフ".into()];
        profile
            .attributes
            .insert("Telephone".into(), vec!["1".into(), "2".into()]);
        profile
    }

    const NOON: UnixTime = UnixTime::from_secs(1_700_000_000);
}

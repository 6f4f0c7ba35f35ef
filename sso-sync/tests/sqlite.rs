//! The store in a SQLite file keeps the promises of both levels.
//!
//! A release that raises the schema adds a file of its own to `data/sqlite/`, which
//! `SSO_SYNC_WRITES_KNOWN=tests/data/sqlite/vN.sqlite3 cargo test -p sso-sync --features testkit
//! --test sqlite known` writes.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "test helpers")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use sso_sync::store::sqlite::SqliteStore;
use sso_sync::testkit::{Place, domain, kv};
use tempfile::TempDir;

/// A file in a folder of its own.
#[derive(Debug)]
struct File {
    path: PathBuf,
    disk: Disk,
    /// Removed last.
    _folder: Option<TempDir>,
}

impl File {
    fn within(folder: TempDir, disk: Disk) -> Self {
        Self {
            path: folder.path().join("domains.sqlite3"),
            disk,
            _folder: Some(folder),
        }
    }

    fn copy_of(file: &Path) -> Self {
        let place = Self::within(tempfile::tempdir().unwrap(), Disk::Large);
        std::fs::copy(file, &place.path).unwrap();
        place
    }
}

impl Place for File {
    type Store = SqliteStore;

    async fn fresh() -> Self {
        Self::within(tempfile::tempdir().unwrap(), Disk::Large)
    }

    async fn open(&self) -> SqliteStore {
        let store = SqliteStore::open(&self.path).unwrap();
        self.disk.hold(&store).await;
        store
    }

    fn name(&self) -> Option<String> {
        Some(self.path.to_str().unwrap().to_owned())
    }

    async fn named(name: &str) -> Self {
        Self {
            path: name.into(),
            disk: Disk::Large,
            _folder: None,
        }
    }

    async fn small(bytes: u64) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::small(folder.path(), bytes);
        eprintln!("the small disk is {disk:?}");
        Some(Self::within(folder, disk))
    }

    async fn enlarge(&self) {
        self.disk.enlarge().await;
    }

    async fn earlier() -> Vec<Self> {
        vec![Self::copy_of(Path::new(FIRST_VERSION))]
    }
}

/// What a file stands on.
#[derive(Debug)]
enum Disk {
    Large,
    /// The handles of a file that may not grow, where no disk can be mounted.
    Limit(u64, Mutex<Vec<SqliteStore>>),
    /// A file system in memory, mounted here.
    Mounted(PathBuf),
}

impl Disk {
    /// A small file system if this process may mount one, otherwise a limit.
    fn small(folder: &Path, bytes: u64) -> Self {
        let size = format!("size={bytes}");
        let folder = folder.to_owned();
        match mount(&["-t", "tmpfs", "-o", &size, "tmpfs"], &folder) {
            true => Self::Mounted(folder),
            false => Self::Limit(bytes, Mutex::default()),
        }
    }

    async fn hold(&self, store: &SqliteStore) {
        if let Self::Limit(bytes, stores) = self {
            store.limit(*bytes).await.unwrap();
            stores.lock().unwrap().push(store.clone());
        }
    }

    async fn enlarge(&self) {
        match self {
            Self::Large => {}
            Self::Limit(_, stores) => {
                let stores = std::mem::take(&mut *stores.lock().unwrap());
                for store in stores {
                    store.limit(LARGE).await.unwrap();
                }
            }
            Self::Mounted(folder) => {
                let size = format!("remount,size={LARGE}");
                assert!(mount(&["-o", &size], folder), "the disk grows");
            }
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Self::Mounted(folder) = self {
            let unmounted = Command::new("umount").arg(folder).status().unwrap();
            assert!(unmounted.success(), "the disk is unmounted");
        }
    }
}

/// Whether it succeeded.
fn mount(arguments: &[&str], folder: &Path) -> bool {
    let output = Command::new("mount").args(arguments).arg(folder).output();
    output.is_ok_and(|output| output.status.success())
}

/// And writes it to where it is asked for.
#[tokio::test]
async fn a_file_with_the_known_content_is_like_one_of_earlier_versions() {
    let place = File::fresh().await;
    let store = place.open().await;
    kv::write_known(&store).await;
    domain::write_known(&store).await;
    let copy = place.path.with_file_name("known.sqlite3");
    store.backup(&copy).await.unwrap();
    if let Some(wanted) = std::env::var_os("SSO_SYNC_WRITES_KNOWN") {
        std::fs::copy(&copy, wanted).unwrap();
    }

    kv::files_of_earlier_versions_are_read(File::copy_of(&copy)).await;
    domain::files_of_earlier_versions_are_read(File::copy_of(&copy)).await;
}

mod level_1 {
    sso_sync::kv_store_tests!(super::File);
}

mod level_2 {
    sso_sync::domain_store_tests!(super::File);
}

/// A file that the first version of the store wrote.
const FIRST_VERSION: &str = "tests/data/sqlite/v1.sqlite3";

/// A disk on which everything fits, in bytes.
const LARGE: u64 = 256 * 1024 * 1024;

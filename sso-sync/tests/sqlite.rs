//! The store in a SQLite file keeps the promises of both levels.
//!
//! A release that raises the schema adds a file of its own to `data/sqlite/`, which
//! `SSO_SYNC_WRITES_KNOWN=tests/data/sqlite/vN.sqlite3 cargo test -p sso-sync --features testkit
//! --test sqlite known` writes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use sso_sync::store::sqlite::SqliteStore;
use sso_sync::testkit::{Folder, InFolder, Place as _, domain, kv};

/// One file in a folder.
struct Sqlite;

impl InFolder for Sqlite {
    type Store = SqliteStore;

    async fn open(folder: &Path) -> SqliteStore {
        SqliteStore::open(&file(folder)).unwrap()
    }

    const EARLIER: &'static [fn(&Path)] = &[lay_version_1];
}

fn lay_version_1(folder: &Path) {
    fs::copy("tests/data/sqlite/v1.sqlite3", file(folder)).unwrap();
}

fn file(folder: &Path) -> PathBuf {
    folder.join("domains.sqlite3")
}

/// And written to where it is asked for.
#[tokio::test]
async fn the_known_content_is_read_as_that_of_earlier_versions() {
    let (one, other) = (with_known_content().await, with_known_content().await);
    if let Some(wanted) = std::env::var_os("SSO_SYNC_WRITES_KNOWN") {
        one.open().await.backup(wanted.as_ref()).await.unwrap();
    }
    kv::files_of_earlier_versions_are_read(one).await;
    domain::files_of_earlier_versions_are_read(other).await;
}

async fn with_known_content() -> Folder<Sqlite> {
    let place = Folder::fresh().await;
    let store = place.open().await;
    kv::write_known(&store).await;
    domain::write_known(&store).await;
    place
}

mod level_1 {
    sso_sync::kv_store_tests!(super::Folder<super::Sqlite>);
}

mod level_2 {
    sso_sync::domain_store_tests!(super::Folder<super::Sqlite>);
}

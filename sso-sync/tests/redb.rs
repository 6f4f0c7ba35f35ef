//! The store on redb keeps the promises of a store.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use sso_sync::store::RedbStore;
use sso_sync::testkit::{OnKvAt, Place};
use tempfile::TempDir;

/// A folder with the file in it; with `small`, on a disk of its own.
#[derive(Debug)]
struct Redb {
    folder: PathBuf,
    /// Removed when it is dropped.
    _made: Option<TempDir>,
    disk: Option<SmallDisk>,
}

impl Redb {
    /// A place with this file, which `write_known` filled; compressed, since most of it is zeros.
    async fn with(file: &[u8]) -> Self {
        let place = Self::fresh().await;
        let file = miniz_oxide::inflate::decompress_to_vec_zlib(file).unwrap();
        std::fs::write(place.file(), file).unwrap();
        place
    }

    fn file(&self) -> PathBuf {
        self.folder.join("store.redb")
    }
}

impl Place for Redb {
    type Store = RedbStore;

    async fn fresh() -> Self {
        let made = tempfile::tempdir().unwrap();
        Self {
            folder: made.path().into(),
            _made: Some(made),
            disk: None,
        }
    }

    async fn open(&self) -> RedbStore {
        RedbStore::open(self.file()).expect("the file opens")
    }

    fn name(&self) -> Option<String> {
        self.folder.to_str().map(str::to_owned)
    }

    async fn named(name: &str) -> Self {
        Self {
            folder: name.into(),
            _made: None,
            disk: None,
        }
    }

    async fn small(bytes: u64) -> Option<Self> {
        let place = Self::fresh().await;
        let disk = SmallDisk::mount(&place.folder, bytes + EMPTY_FILE)?;
        Some(Self {
            disk: Some(disk),
            ..place
        })
    }

    async fn enlarge(&self) {
        self.disk.as_ref().expect("a small disk").enlarge();
    }

    async fn earlier() -> Vec<Self> {
        let version_1 = include_bytes!("data/redb/v1.redb.zlib");
        vec![Self::with(version_1).await]
    }
}

/// A disk in memory; unmounted when it is dropped.
#[derive(Debug)]
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` for who may not mount.
    fn mount(folder: &Path, bytes: u64) -> Option<Self> {
        let options = format!("size={bytes},mode=0700");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(folder)
            .status()
            .unwrap();
        mounted.success().then(|| Self(folder.into()))
    }

    fn enlarge(&self) {
        let enlarged = Command::new("mount")
            .args(["-o", "remount,size=256m"])
            .arg(&self.0)
            .status()
            .unwrap();
        assert!(enlarged.success(), "the disk is enlarged");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a store may still be open.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

mod level_1 {
    sso_sync::kv_store_tests!(super::Redb);
}

mod level_2 {
    sso_sync::domain_store_tests!(super::OnKvAt<super::Redb>);
}

/// What a file takes that has no entries yet, in bytes.
const EMPTY_FILE: u64 = 256 * 1024;

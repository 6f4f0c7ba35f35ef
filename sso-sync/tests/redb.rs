//! The store on redb keeps the promises of a store.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use sso_sync::store::RedbStore;
use sso_sync::testkit::{Folder, InFolder, OnKvAt};

/// One file in a folder.
struct Redb;

impl InFolder for Redb {
    type Store = RedbStore;

    async fn open(folder: &Path) -> RedbStore {
        RedbStore::open(file(folder)).unwrap()
    }

    const EARLIER: &'static [fn(&Path)] = &[lay_version_1];

    const EMPTY: u64 = 256 * 1024;
}

/// Most of the file is zeros, so it is kept compressed.
fn lay_version_1(folder: &Path) {
    let compressed = include_bytes!("data/redb/v1.redb.zlib");
    let content = miniz_oxide::inflate::decompress_to_vec_zlib(compressed).unwrap();
    fs::write(file(folder), content).unwrap();
}

fn file(folder: &Path) -> PathBuf {
    folder.join("store.redb")
}

mod level_1 {
    sso_sync::kv_store_tests!(super::Folder<super::Redb>);
}

mod level_2 {
    sso_sync::domain_store_tests!(super::OnKvAt<super::Folder<super::Redb>>);
}

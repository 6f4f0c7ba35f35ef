//! The local store keeps the promises of the traits it implements.
#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use sso_sync::local::{DataKey, LocalStore};

mod replay_log {
    sso_core::replay_log_tests!(async || super::open());
}

mod session_store {
    sso_core::session_store_tests!(async || super::open());
}

mod user_directory {
    sso_core::user_directory_tests!(async || super::open());
}

fn open() -> (LocalStore, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let key = DataKey::from_bytes([7; DataKey::LENGTH]);
    (
        LocalStore::open(&dir.path().join("sso.sqlite3"), &key).unwrap(),
        dir,
    )
}

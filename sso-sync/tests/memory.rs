//! The store in memory keeps the promises of a store.

use sso_sync::store::MemoryStore;
use sso_sync::testkit::{OnKvAt, Place};

#[derive(Debug)]
struct Memory(MemoryStore);

impl Place for Memory {
    type Store = MemoryStore;

    async fn fresh() -> Self {
        Self(MemoryStore::new())
    }

    async fn open(&self) -> MemoryStore {
        self.0.clone()
    }
}

mod level_1 {
    sso_sync::kv_store_tests!(
        super::Memory,
        lacks {
            kill: "what is in memory ends with the process",
            disk_full: "there is no disk",
            earlier_files: "there are no files",
        }
    );
}

mod level_2 {
    use super::{Memory, OnKvAt};

    sso_sync::domain_store_tests!(
        OnKvAt<Memory>,
        lacks {
            kill: "what is in memory ends with the process",
            disk_full: "there is no disk",
        }
    );
}

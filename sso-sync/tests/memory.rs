//! The store in memory keeps the promises of a store.

use sso_sync::store::{MemoryStore, OnKv};
use sso_sync::testkit::Place;

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

#[derive(Debug)]
struct DomainsInMemory(Memory);

impl Place for DomainsInMemory {
    type Store = OnKv<MemoryStore>;

    async fn fresh() -> Self {
        Self(Memory::fresh().await)
    }

    async fn open(&self) -> OnKv<MemoryStore> {
        OnKv::new(self.0.open().await)
    }
}

mod level_2 {
    sso_sync::domain_store_tests!(
        super::DomainsInMemory,
        lacks {
            kill: "what is in memory ends with the process",
            disk_full: "there is no disk",
            earlier_files: "there are no files",
        }
    );
}

//! The store in a bucket keeps the promises of a store.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use object_store::memory::InMemory;
use sso_sync::store::BucketStore;
use sso_sync::testkit::Place;

mod answers;
mod earlier;
#[cfg(feature = "system-tests")]
mod faults;
mod flawed;
mod probe;
#[cfg(feature = "system-tests")]
#[path = "../servers/proxy.rs"]
mod proxy;
#[cfg(feature = "system-tests")]
mod s3;
mod s3s;
#[cfg(feature = "system-tests")]
#[path = "../servers/unique.rs"]
mod unique;

/// A bucket of this process.
#[derive(Debug)]
struct InThisProcess(Arc<InMemory>);

impl Place for InThisProcess {
    type Store = BucketStore;

    async fn fresh() -> Self {
        Self(Arc::default())
    }

    async fn open(&self) -> BucketStore {
        BucketStore::over(Arc::<InMemory>::clone(&self.0), PREFIX)
    }

    async fn earlier() -> Vec<Self> {
        let place = Self::fresh().await;
        earlier::put(&*place.0, PREFIX).await;
        vec![place]
    }
}

mod level_1_in_this_process {
    sso_sync::kv_store_tests!(
        super::InThisProcess,
        lacks {
            kill: "what is in memory ends with the process",
            disk_full: "there is no disk",
        }
    );
}

mod level_2_in_this_process {
    sso_sync::domain_store_tests!(
        sso_sync::testkit::OnKvAt<super::InThisProcess>,
        lacks {
            kill: "what is in memory ends with the process",
            disk_full: "there is no disk",
        }
    );
}

const PREFIX: &str = "some/prefix";

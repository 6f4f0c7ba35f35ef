//! The conformance kit for storage: proves that a backend of your own is right.
//!
//! Say where your backend keeps its data and how it is opened ([`Place`]); one line then makes a
//! test of every sentence of the contract of [`KvStore`](crate::store::KvStore):
//!
//! ```
//! use sso_sync::store::MemoryStore;
//! use sso_sync::testkit::Place;
//!
//! #[derive(Debug)]
//! struct Memory(MemoryStore);
//!
//! impl Place for Memory {
//!     type Store = MemoryStore;
//!
//!     async fn fresh() -> Self {
//!         Self(MemoryStore::new())
//!     }
//!
//!     async fn open(&self) -> MemoryStore {
//!         self.0.clone()
//!     }
//! }
//!
//! # mod tests { use super::Memory;
//! sso_sync::kv_store_tests!(Memory, lacks {
//!     kill: "what is in memory ends with the process",
//!     disk_full: "there is no disk",
//!     earlier_files: "there are no files",
//! });
//! # }
//! # fn main() {}
//! ```
//!
//! The kit brings its own runtime. What a backend cannot promise it declares under `lacks`, with
//! the reason: a test named `declared_absent` then stands where the cases of that group would be.
//!
//! The cases are public functions as well, for those who want to run one by hand. Within a major
//! version none is renamed or removed and no [`Place`] stops compiling; new ones are announced in
//! the changelog.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

pub mod domain;
mod folder;
mod groups;
mod kill;
pub mod kv;
mod lost_replies;
mod on_kv;
mod place;
mod race;
mod seed;

pub use folder::{Folder, InFolder};
pub use lost_replies::{Loss, LostReplies};
pub use on_kv::OnKvAt;
pub use place::Place;

use std::time::Duration;

/// Makes a place, runs one case in it on a runtime of its own, then removes the place.
pub fn run<P: Place>(case: impl AsyncFnOnce(P)) {
    runtime().block_on(async { case(P::fresh().await).await });
}

/// Like [`run`], in a place whose disk is [`SMALL`].
pub fn run_on_a_small_disk<P: Place>(case: impl AsyncFnOnce(P)) {
    runtime().block_on(async {
        let place = P::small(SMALL).await;
        case(place.expect("Place::small makes a place, or `disk_full` is declared lacking")).await;
    });
}

/// Like [`run`], in each of the places that earlier versions wrote.
pub fn run_on_earlier_files<P: Place>(case: impl AsyncFn(P)) {
    runtime().block_on(async {
        let places = P::earlier().await;
        assert!(
            !places.is_empty(),
            "Place::earlier knows a place, or `earlier_files` is declared lacking"
        );
        for place in places {
            eprintln!("reading {place:?}");
            case(place).await;
        }
    });
}

/// Shows what a backend declares that it cannot promise.
pub fn declared_absent(group: &str, reason: &str) {
    assert!(!reason.trim().is_empty(), "{group} is lacking for a reason");
    eprintln!("{group} is declared absent: {reason}");
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .expect("a runtime starts")
}

/// Waits for what must happen, so that a store that hangs fails its case.
async fn in_time<T>(what: &str, happens: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, happens).await {
        Ok(happened) => happened,
        Err(_) => panic!("{what}: not within {DEADLINE:?}"),
    }
}

/// The disk that a case fills, in bytes.
pub const SMALL: u64 = 4 * 1024 * 1024;

/// The largest value that the kit really writes, in bytes: backends that take more are checked up
/// to here.
pub const LARGEST_WRITE: usize = 8 * 1024 * 1024;

const ANSWERS: &str = "the store answers";

const DEADLINE: Duration = Duration::from_mins(1);

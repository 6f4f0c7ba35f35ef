//! The conformance kit for storage: proves that a backend of your own is right.
//! [`sealer_tests!`](crate::sealer_tests) does the same for a [`Sealer`](crate::keeper::Sealer).
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
//! That store is of level 1, so [`OnKvAt`] makes a place of level 2 of its place, and the same kind
//! of line checks everything that a hub relies on; a
//! [`DomainStore`](crate::store::DomainStore) of your own has a place of its own:
//!
//! ```
//! # use sso_sync::store::MemoryStore;
//! # use sso_sync::testkit::{OnKvAt, Place};
//! # #[derive(Debug)]
//! # struct Memory(MemoryStore);
//! # impl Place for Memory {
//! #     type Store = MemoryStore;
//! #     async fn fresh() -> Self { Self(MemoryStore::new()) }
//! #     async fn open(&self) -> MemoryStore { self.0.clone() }
//! # }
//! # mod tests { use super::{Memory, OnKvAt};
//! sso_sync::domain_store_tests!(OnKvAt<Memory>, lacks {
//!     kill: "what is in memory ends with the process",
//!     disk_full: "there is no disk",
//! });
//! # }
//! # fn main() {}
//! ```
//!
//! The kit brings its own runtime. What a backend cannot promise it declares under `lacks`, with
//! the reason: a test such as `kill_is_declared_absent` then stands where the cases of that group
//! would be, and prints the reason. The groups that may be lacking, and what a place needs for
//! them:
//!
//! | Group | What it does | The place has |
//! |---|---|---|
//! | `kill` | kills processes that write, and looks at what they leave | [`Place::name`], [`Place::named`] |
//! | `disk_full` | fills a disk of [`SMALL`] bytes, then makes room | [`Place::small`], [`Place::enlarge`] |
//! | `earlier_files` | opens what earlier versions wrote | [`Place::earlier`], made of what [`kv::write_known`] or [`domain::write_known`] wrote |
//!
//! A backend whose data are in a folder gets all of that from [`Folder`]. What is left to chance
//! comes from a seed that is printed; the environment variable `SSO_TESTKIT_SEED` sets it.
//!
//! The cases are public functions as well, for those who want to run one by hand, and
//! [`LostReplies`] is a store, [`LyingHub`] a hub (over the wire, [`LyingLink`]), [`FaultyLink`] a
//! network and [`MemoryPlace`] a disk that fails when it is told to, to try one's own code with.
//! Within a major version no case is renamed or removed and no [`Place`] stops compiling; new ones
//! are announced in the changelog.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

pub mod domain;
mod faulty_link;
mod folder;
mod groups;
mod kill;
pub mod kv;
mod lost_replies;
mod lying_hub;
mod lying_link;
mod memory_place;
mod on_kv;
mod place;
mod race;
mod records;
pub mod sealer;
mod seed;
pub mod tap;

pub use faulty_link::{Fault, Faults, FaultyLink};
pub use folder::{Folder, InFolder};
pub use lost_replies::{Loss, LostReplies};
pub use lying_hub::{Lie, LyingHub};
pub use lying_link::LyingLink;
pub use memory_place::{DiskFault, MemoryPlace};
pub use on_kv::OnKvAt;
pub use place::Place;
pub use records::{Hub, MemoryRecords};

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

//! Where a backend under test keeps its data.

use std::fmt;

/// A place for one test: a temporary folder, a database of a server that the test started, a
/// prefix in a bucket. What it made is removed when it is dropped.
#[expect(async_fn_in_trait, reason = "the kit awaits it on one thread")]
pub trait Place: fmt::Debug + Sized + 'static {
    /// The backend, or what it needs to be one: for `kv_store_tests!` a
    /// [`KvStore`](crate::store::KvStore), for `domain_store_tests!` a
    /// [`DomainStore`](crate::store::DomainStore), for `sealer_tests!` a
    /// [`Sealer`](crate::keeper::Sealer).
    type Store: Send + Sync + 'static;

    /// A place without content that no other test uses.
    async fn fresh() -> Self;

    /// Opens what is there. Called several times for one place, also while earlier handles are in
    /// use: handles of one place compete as two processes would.
    async fn open(&self) -> Self::Store;

    /// A name by which [`named`](Self::named) finds the place from another process. Default: none,
    /// for places that lack `kill`.
    fn name(&self) -> Option<String> {
        None
    }

    /// The place that [`name`](Self::name) means, to be opened by a process that is going to be
    /// killed. Dropping it removes nothing.
    #[must_use]
    async fn named(name: &str) -> Self {
        panic!("{name}: a place with a name can be found by it")
    }

    /// Makes a place whose disk takes about `bytes` more and then is full, or fills it up for
    /// good. Default: `None`, for places that lack `disk_full`.
    #[must_use]
    async fn small(bytes: u64) -> Option<Self> {
        let _ = bytes;
        None
    }

    /// Makes room on the disk of a place that [`small`](Self::small) made.
    async fn enlarge(&self) {}

    /// Places with what earlier versions of the backend wrote about the content that the kit
    /// knows. Default: none, for places that lack `earlier_files`.
    #[must_use]
    async fn earlier() -> Vec<Self> {
        Vec::new()
    }
}

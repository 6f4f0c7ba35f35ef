//! Writes whose request or answer is lost on the way to a server.

use std::sync::Arc;

use bytes::Bytes;
use object_store::ObjectStore;
use sso_sync::store::{BucketStore, Expect, KvStore as _, Retry, StoreError, Version};
use sso_sync::testkit::Place as _;
use tokio::task::JoinHandle;

use crate::proxy::{Loss, Proxy};
use crate::s3::{Bucket, raw, server};

/// One store behind a network that loses things, and one that always gets through.
struct Network {
    bucket: Bucket,
    direct: BucketStore,
    proxy: Proxy,
    store: Arc<BucketStore>,
}

impl Network {
    async fn new() -> Self {
        let bucket = Bucket::fresh().await;
        let direct = bucket.open().await;
        let proxy = Proxy::to(server("SSO_TEST_S3")).await;
        let store = BucketStore::s3(&bucket.settings(proxy.address())).unwrap();
        Self {
            bucket,
            direct,
            proxy,
            store: Arc::new(store),
        }
    }

    fn put(&self, expect: Expect) -> JoinHandle<Result<Version, StoreError>> {
        let store = Arc::clone(&self.store);
        tokio::spawn(async move { store.put("key", OURS, expect).await })
    }

    /// Waits until the value has arrived.
    async fn arrives(&self, value: &Bytes) -> Version {
        loop {
            if let Some(entry) = self.direct.get("key").await.unwrap()
                && entry.value == value
            {
                return entry.version;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Waits until the proxy holds bytes back, then breaks the connection.
    async fn cut_once_something_is_lost(&self) {
        self.proxy.has_lost(1).await;
        self.proxy.cut();
    }
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_recognised_as_ours() {
    let network = Network::new().await;
    network.proxy.lose(Loss::Answers);
    let put = network.put(Expect::Absent);
    let arrived = network.arrives(&OURS).await;
    network.cut_once_something_is_lost().await;
    assert_eq!(put.await.unwrap().unwrap(), arrived);

    let expect = Expect::Is(arrived);
    network.direct.put("key", THEIRS, expect).await.unwrap();
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_has_happened_even_if_others_came_after_it() {
    let network = Network::new().await;
    network.proxy.lose(Loss::Answers);
    let put = network.put(Expect::Absent);
    let arrived = network.arrives(&OURS).await;
    let expect = Expect::Is(arrived);
    network.direct.put("key", THEIRS, expect).await.unwrap();
    network.cut_once_something_is_lost().await;

    let ours = put.await.unwrap().unwrap();
    let stale = network.store.put("key", OURS, Expect::Is(ours)).await;
    assert!(matches!(stale, Err(StoreError::Conflict)), "{stale:?}");
}

#[tokio::test]
async fn a_delete_whose_answer_was_lost_has_happened() {
    let network = Network::new().await;
    let version = network.direct.put("key", OURS, Expect::Absent).await;
    network.proxy.lose(Loss::Answers);
    let store = Arc::clone(&network.store);
    let delete = tokio::spawn(async move { store.delete("key", version.unwrap()).await });
    while network.direct.get("key").await.unwrap().is_some() {
        tokio::task::yield_now().await;
    }
    network.cut_once_something_is_lost().await;
    delete.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_write_that_never_arrived_is_unknown() {
    let network = Network::new().await;
    network.proxy.lose(Loss::Requests);
    let put = network.put(Expect::Absent);
    network.cut_once_something_is_lost().await;
    let lost = put.await.unwrap();
    assert!(matches!(lost, Err(StoreError::Unknown(_))), "{lost:?}");
    assert_eq!(network.direct.get("key").await.unwrap(), None);
}

#[tokio::test]
async fn a_write_that_can_never_arrive_any_more_is_a_conflict() {
    let network = Network::new().await;
    network.proxy.lose(Loss::Requests);
    let put = network.put(Expect::Absent);
    network.proxy.has_lost(1).await;
    let theirs = network.direct.put("key", THEIRS, Expect::Absent).await;
    network.proxy.cut();
    let lost = put.await.unwrap();
    assert!(matches!(lost, Err(StoreError::Conflict)), "{lost:?}");
    let there = network.direct.get("key").await.unwrap().unwrap();
    assert_eq!(there.version, theirs.unwrap());
}

#[tokio::test]
async fn trying_again_finds_the_truth() {
    for loss in [Loss::Answers, Loss::Requests] {
        let network = Network::new().await;
        network.proxy.lose(loss);
        let store = Arc::clone(&network.store);
        let put = tokio::spawn(async move {
            let retry = Retry::default();
            retry.put(&*store, "key", OURS, Expect::Absent).await
        });
        network.cut_once_something_is_lost().await;
        let version = put.await.unwrap().unwrap();
        assert_eq!(network.arrives(&OURS).await, version, "lost: {loss:?}");
    }
}

/// The client of the crate repeats a `PUT` by itself if the connection breaks, and is told then
/// that its condition is not met.
#[tokio::test]
async fn a_client_that_repeats_its_own_write_does_not_conflict_with_itself() {
    let network = Network::new().await;
    let repeating: Arc<dyn ObjectStore> = Arc::new(raw(network.proxy.address()));
    let store = BucketStore::over(repeating, &network.bucket.name().unwrap());

    network.proxy.lose(Loss::Answers);
    let put = tokio::spawn(async move { store.put("key", OURS, Expect::Absent).await });
    let arrived = network.arrives(&OURS).await;
    network.cut_once_something_is_lost().await;
    assert_eq!(put.await.unwrap().unwrap(), arrived);
}

#[tokio::test]
async fn without_a_connection_nothing_was_written() {
    let network = Network::new().await;
    let nobody_listens = network.proxy.address();
    drop(network.proxy);
    let store = BucketStore::s3(&network.bucket.settings(nobody_listens)).unwrap();
    let refused = store.put("key", OURS, Expect::Absent).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
}

const OURS: Bytes = Bytes::from_static(b"ours");
const THEIRS: Bytes = Bytes::from_static(b"theirs");

//! Requests and answers that are lost, and a server that dies.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sso_sync::store::{EtcdStore, Expect, KvStore, Retry, StoreError, Version};
use sso_sync::testkit::Place as _;
use tokio::task::JoinHandle;

use crate::place::{Etcd, shared};
use crate::proxy::{Loss, Proxy};
use crate::server::{Options, Server};

/// One store behind a network that loses things, and one that always gets through.
struct Network {
    direct: EtcdStore,
    proxy: Proxy,
    store: Arc<EtcdStore>,
}

impl Network {
    async fn new() -> Self {
        let place = Etcd::fresh().await;
        let direct = place.open().await;
        let server = shared().trim_start_matches("http://").parse().unwrap();
        let proxy = Proxy::to(server).await;
        let settings = place.settings(&format!("http://{}", proxy.address()));
        let store = EtcdStore::connect(&settings.timeout(TIMEOUT))
            .await
            .unwrap();
        Self {
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
    async fn arrives(&self) -> Version {
        loop {
            if let Some(entry) = self.direct.get("key").await.unwrap() {
                assert_eq!(entry.value, OURS);
                return entry.version;
            }
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_unknown_and_there() {
    let network = Network::new().await;
    network.proxy.lose(Loss::Answers);
    let put = network.put(Expect::Absent);
    let arrived = network.arrives().await;
    network.proxy.cut();
    let lost = put.await.unwrap();
    assert!(matches!(lost, Err(StoreError::Unknown(_))), "{lost:?}");

    let there = Retry::default().read(|| network.store.get("key")).await;
    assert_eq!(there.unwrap().unwrap().version, arrived);
}

#[tokio::test]
async fn a_write_that_never_arrived_is_unknown_and_not_there() {
    let network = Network::new().await;
    network.proxy.lose(Loss::Requests);
    let put = network.put(Expect::Absent);
    network.proxy.has_lost(OURS.len()).await;
    network.proxy.cut();
    let lost = put.await.unwrap();
    assert!(matches!(lost, Err(StoreError::Unknown(_))), "{lost:?}");
    assert_eq!(network.direct.get("key").await.unwrap(), None);
}

#[tokio::test]
async fn a_write_that_is_not_answered_in_time_is_unknown() {
    let network = Network::new().await;
    network.proxy.lose(Loss::Answers);
    let put = network.put(Expect::Absent);
    network.arrives().await;
    let silence = put.await.unwrap();
    assert!(
        matches!(silence, Err(StoreError::Unknown(_))),
        "{silence:?}"
    );
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
        network.proxy.has_lost(1).await;
        network.proxy.cut();
        let version = put.await.unwrap().unwrap();
        assert_eq!(network.arrives().await, version, "lost: {loss:?}");
    }
}

#[tokio::test]
async fn a_refused_write_is_a_conflict_however_the_network_was() {
    let network = Network::new().await;
    network.put(Expect::Absent).await.unwrap().unwrap();
    network.proxy.cut();
    let retry = Retry::default();
    let refused = retry
        .put(&*network.store, "key", "other".into(), Expect::Absent)
        .await;
    assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
}

#[tokio::test]
async fn without_a_connection_nothing_was_written() {
    let network = Network::new().await;
    drop(network.proxy);
    while network.store.get("key").await.is_ok() {
        tokio::task::yield_now().await;
    }
    let expect = Expect::Absent;
    let refused = network.store.put("key", OURS, expect).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn what_was_acknowledged_outlives_the_server() {
    let server = Server::start(Options::default()).await;
    let place = Etcd::fresh().await;
    let settings = place.settings(&server.address()).timeout(TIMEOUT);
    let store = Arc::new(EtcdStore::connect(&settings).await.unwrap());
    for round in 0..3 {
        let writers = (0..4).map(|writer| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { write_until_it_fails(&*store, round, writer).await })
        });
        let writers: Vec<_> = writers.collect();
        written(&*store, &key(round, 0, 20)).await;
        server.kill();
        let mut acknowledged = Vec::new();
        for writer in writers {
            acknowledged.push(writer.await.unwrap());
        }

        server.start_again(Options::default()).await;
        for (writer, count) in (0..).zip(acknowledged) {
            for number in 0..count {
                let key = key(round, writer, number);
                let there = Retry::default().read(|| store.get(&key)).await.unwrap();
                assert_eq!(there.unwrap().value, key, "of {count}");
            }
        }
    }
}

/// Answers how many writes were acknowledged.
async fn write_until_it_fails(store: &dyn KvStore, round: u64, writer: u64) -> u64 {
    for number in 0.. {
        let key = key(round, writer, number);
        let put = store.put(&key, key.clone().into(), Expect::Absent).await;
        if put.is_err() {
            return number;
        }
    }
    unreachable!("the server is killed")
}

async fn written(store: &dyn KvStore, key: &str) {
    while store.get(key).await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
}

fn key(round: u64, writer: u64, number: u64) -> String {
    format!("{round}/{writer}/{number}")
}

#[tokio::test]
async fn a_compacted_revision_is_a_reason_to_look_again() {
    let server = Server::start(Options::default()).await;
    let place = Etcd::fresh().await;
    let store = EtcdStore::connect(&place.settings(&server.address()))
        .await
        .unwrap();
    assert_eq!(store.get("key").await.unwrap(), None);

    let mut elsewhere = server.client().await.kv_client();
    let mut revision = 0;
    for _ in 0..3 {
        let put = elsewhere.put("elsewhere", "value", None).await.unwrap();
        revision = put.header().unwrap().revision();
    }
    elsewhere.compact(revision, None).await.unwrap();

    let hint = store.changed("", Duration::from_hours(1));
    let hinted = tokio::time::timeout(DEADLINE, hint).await;
    hinted.expect("the wait ends, though nothing has changed here");
}

#[tokio::test]
async fn a_full_etcd_still_deletes() {
    let place = Etcd::small(64 * 1024).await.unwrap();
    let store = place.open().await;
    let version = store.put("key", OURS, Expect::Absent).await.unwrap();
    let mut number = 0;
    let full = loop {
        let key = number.to_string();
        match store
            .put(&key, vec![7; 10_000].into(), Expect::Absent)
            .await
        {
            Ok(_) => number += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(full, StoreError::Full(_)), "{full:?}");
    store.delete("key", version).await.unwrap();
    assert_eq!(store.get("key").await.unwrap(), None);
}

const DEADLINE: Duration = Duration::from_secs(30);
/// Longer than whatever a connection carries beside requests.
const OURS: Bytes = Bytes::from_static(&[7; 1000]);
/// Long enough for a server that is there.
const TIMEOUT: Duration = Duration::from_secs(3);

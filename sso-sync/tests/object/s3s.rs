//! The same in folders that a server of this process serves as buckets.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use sso_sync::store::{BucketStore, Expect, KvStore as _, S3Settings, StoreError};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

#[tokio::test]
async fn a_server_of_another_kind_is_accepted() {
    let server = Server::start().await;
    server.store().probe().await.unwrap();
}

#[tokio::test]
async fn another_kind_of_server_keeps_entries_too() {
    let server = Server::start().await;
    let (store, other) = (server.store(), server.store());
    let first = put(&store, "key", "first", Expect::Absent).await.unwrap();
    let second = put(&other, "key", "second", Expect::Is(first.clone())).await;
    for stale in [Expect::Absent, Expect::Is(first.clone())] {
        let refused = put(&store, "key", "third", stale).await;
        assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
    }
    put(&store, "a key before", "", Expect::Absent)
        .await
        .unwrap();
    let page = store.list("", None, 10).await.unwrap();
    let keys: Vec<_> = page.entries.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["a key before", "key"]);

    other.delete("key", second.unwrap()).await.unwrap();
    assert_eq!(store.get("key").await.unwrap(), None);
    let again = put(&store, "key", "first", Expect::Absent).await.unwrap();
    assert_ne!(again, first);
}

#[tokio::test]
async fn tombstones_are_removed_when_nobody_writes() {
    let server = Server::start().await;
    let store = server.store();
    put(&store, "stays", "", Expect::Absent).await.unwrap();
    for key in ["goes", "goes too"] {
        let version = put(&store, key, "value", Expect::Absent).await.unwrap();
        store.delete(key, version).await.unwrap();
    }
    assert_eq!(store.remove_tombstones().await.unwrap(), 2);
    assert_eq!(store.remove_tombstones().await.unwrap(), 0);
    assert!(store.get("stays").await.unwrap().is_some());
    put(&store, "goes", "again", Expect::Absent).await.unwrap();
}

#[tokio::test]
async fn wrong_credentials_change_nothing() {
    let server = Server::start().await;
    let stranger = BucketStore::s3(&server.settings().credentials(ID, "guess")).unwrap();
    let refused = put(&stranger, "key", "value", Expect::Absent).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    assert_eq!(server.store().get("key").await.unwrap(), None);
}

async fn put(
    store: &BucketStore,
    key: &str,
    value: &'static str,
    expect: Expect,
) -> Result<sso_sync::store::Version, StoreError> {
    store
        .put(key, Bytes::from_static(value.as_bytes()), expect)
        .await
}

/// A folder of buckets, and who serves it; both go when it is dropped.
struct Server {
    address: SocketAddr,
    _folder: TempDir,
    serving: JoinHandle<()>,
}

impl Server {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(ID, SECRET));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self {
            address: listener.local_addr().unwrap(),
            _folder: folder,
            serving: tokio::spawn(serve(listener, service.build())),
        }
    }

    fn settings(&self) -> S3Settings {
        S3Settings::new(BUCKET)
            .endpoint(format!("http://{}", self.address))
            .credentials(ID, SECRET)
            .below("some/prefix")
            .dangerously_without_tls()
    }

    fn store(&self) -> BucketStore {
        BucketStore::s3(&self.settings()).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Answers one request at a time: this server looks whether a condition is met and writes in two
/// steps, and is refused for that if others come between.
async fn serve(listener: TcpListener, service: S3Service) {
    let turn = Arc::new(Mutex::new(service));
    while let Ok((socket, _)) = listener.accept().await {
        let turn = Arc::clone(&turn);
        let answer = service_fn(move |request: hyper::Request<Incoming>| {
            let turn = Arc::clone(&turn);
            async move { turn.lock().await.call(request.map(Into::into)).await }
        });
        let connection = http1::Builder::new();
        tokio::spawn(connection.serve_connection(TokioIo::new(socket), answer));
    }
}

const BUCKET: &str = "bucket";
const ID: &str = "hub";
const SECRET: &str = "only for tests";

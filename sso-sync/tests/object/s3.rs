//! The same in a bucket of a server.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use sso_sync::store::{BucketStore, S3Settings};
use sso_sync::testkit::Place;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::earlier;
use crate::unique::unique;

/// A prefix of a bucket in moto.
#[derive(Debug)]
pub(crate) struct Bucket {
    prefix: String,
}

impl Bucket {
    /// Its settings, for a server at this address.
    pub(crate) fn settings(&self, server: SocketAddr) -> S3Settings {
        S3Settings::new(BUCKET)
            .endpoint(format!("http://{server}"))
            .credentials("anybody", "anything")
            .below(&self.prefix)
            .dangerously_without_tls()
    }
}

impl Place for Bucket {
    type Store = BucketStore;

    async fn fresh() -> Self {
        make_bucket(server("SSO_TEST_S3")).await;
        Self { prefix: unique() }
    }

    async fn open(&self) -> BucketStore {
        BucketStore::s3(&self.settings(server("SSO_TEST_S3"))).expect("the settings make sense")
    }

    fn name(&self) -> Option<String> {
        Some(self.prefix.clone())
    }

    async fn named(name: &str) -> Self {
        Self {
            prefix: name.into(),
        }
    }

    async fn earlier() -> Vec<Self> {
        let place = Self::fresh().await;
        earlier::put(&raw(server("SSO_TEST_S3")), &place.prefix).await;
        vec![place]
    }
}

/// A client that is not ours, with its own ideas of when to repeat a request.
pub(crate) fn raw(server: SocketAddr) -> AmazonS3 {
    AmazonS3Builder::new()
        .with_bucket_name(BUCKET)
        .with_endpoint(format!("http://{server}"))
        .with_access_key_id("anybody")
        .with_secret_access_key("anything")
        .with_allow_http(true)
        .build()
        .expect("the settings make sense")
}

/// The server whose address this environment variable holds.
pub(crate) fn server(variable: &str) -> SocketAddr {
    let address = std::env::var(variable);
    let address = address.expect(".ci/with-servers starts the servers and says where they are");
    let address = address.strip_prefix("http://").expect("it is a web server");
    address.parse().expect("it has an address")
}

/// Making a bucket that is there changes nothing.
pub(crate) async fn make_bucket(server: SocketAddr) {
    let mut connection = TcpStream::connect(server)
        .await
        .expect("the server is there");
    let request = format!(
        "PUT /{BUCKET} HTTP/1.1\r\nHost: {server}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    connection
        .write_all(request.as_bytes())
        .await
        .expect("it reads");
    let mut answer = String::new();
    connection
        .read_to_string(&mut answer)
        .await
        .expect("it answers");
    let made = answer.starts_with("HTTP/1.1 200") || answer.contains("BucketAlready");
    assert!(made, "{answer}");
}

mod level_1 {
    sso_sync::kv_store_tests!(
        super::Bucket,
        lacks {
            disk_full: "the servers at hand keep everything in memory and have no quota",
        }
    );
}

mod level_2 {
    sso_sync::domain_store_tests!(
        sso_sync::testkit::OnKvAt<super::Bucket>,
        lacks {
            disk_full: "the servers at hand keep everything in memory and have no quota",
        }
    );
}

pub(crate) const BUCKET: &str = "sso-connect";

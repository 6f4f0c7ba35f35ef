//! Counting what would cross the network.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use sso_sync::link::{DirectLink, Link, LinkError};

/// A link that counts requests, and the bytes of their bodies and of the answers.
#[derive(Debug)]
pub(crate) struct Counted {
    inner: DirectLink,
    requests: AtomicU64,
    bytes: AtomicU64,
    /// Time that answers took, by path.
    times: Mutex<BTreeMap<String, Duration>>,
}

impl Counted {
    pub(crate) fn new(inner: DirectLink) -> Self {
        Self {
            inner,
            requests: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            times: Mutex::default(),
        }
    }

    /// Requests and bytes so far.
    pub(crate) fn so_far(&self) -> (u64, u64) {
        let read = |it: &AtomicU64| it.load(Ordering::Relaxed);
        (read(&self.requests), read(&self.bytes))
    }

    /// How long the answers to requests at a path took together.
    pub(crate) fn time_of(&self, path: &str) -> Duration {
        let times = self.times.lock().unwrap();
        times.get(path).copied().unwrap_or_default()
    }

    fn count(&self, body: &Bytes) {
        self.bytes.fetch_add(body.len() as u64, Ordering::Relaxed);
    }
}

#[async_trait]
impl Link for Counted {
    fn authority(&self) -> &str {
        self.inner.authority()
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, LinkError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.count(request.body());
        let (path, start) = (request.uri().path().to_owned(), Instant::now());
        let answer = self.inner.send(request).await?;
        *self.times.lock().unwrap().entry(path).or_default() += start.elapsed();
        self.count(answer.body());
        Ok(answer)
    }
}

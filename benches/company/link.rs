//! Counting what would cross the network.

use std::sync::atomic::{AtomicU64, Ordering};

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
}

impl Counted {
    pub(crate) fn new(inner: DirectLink) -> Self {
        Self {
            inner,
            requests: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        }
    }

    /// Requests and bytes so far.
    pub(crate) fn so_far(&self) -> (u64, u64) {
        let read = |it: &AtomicU64| it.load(Ordering::Relaxed);
        (read(&self.requests), read(&self.bytes))
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
        let answer = self.inner.send(request).await?;
        self.count(answer.body());
        Ok(answer)
    }
}

//! To a hub in the same process.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::HOST;
use http::{HeaderValue, Request, Response};
use sso_core::Clock;

use super::{Link, LinkError, Patience};
use crate::hub::Hub;

/// A link to a hub in the same process, without a network: for tests, simulations and hosts that
/// are their own hub.
pub struct DirectLink {
    hub: Arc<Hub>,
    authority: String,
    peer: IpAddr,
    clock: Arc<dyn Clock>,
}

impl DirectLink {
    /// To `hub`, which is reached as `authority` by its
    /// [settings](crate::hub::HubSettings::new). The hub sees the address 127.0.0.1, and its time
    /// is that of `clock`.
    pub fn new(hub: Arc<Hub>, authority: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        Self {
            hub,
            authority: authority.into(),
            peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
            clock,
        }
    }

    /// From another address.
    #[must_use]
    pub const fn from_peer(mut self, peer: IpAddr) -> Self {
        self.peer = peer;
        self
    }
}

#[async_trait]
impl Link for DirectLink {
    fn authority(&self) -> &str {
        &self.authority
    }

    async fn send(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, LinkError> {
        let host = HeaderValue::from_str(&self.authority);
        let host = host.map_err(|error| LinkError::Unreachable {
            hub: self.authority.clone(),
            source: error.into(),
        })?;
        request.headers_mut().insert(HOST, host);
        let Patience(patience) = Patience::of(&request);
        let answer = self.hub.answer(request, self.peer, self.clock.now());
        let answer = tokio::time::timeout(patience, answer).await;
        answer.map_err(|_| LinkError::TimedOut {
            hub: self.authority.clone(),
            after: patience,
        })
    }
}

impl fmt::Debug for DirectLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectLink")
            .field("authority", &self.authority)
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}

//! To a hub over HTTPS, directly or through proxies.

mod connect;
mod dial;
mod error;
mod exempt;
mod proxy;
mod settings;
mod socks;
mod tls;
mod tunnel;

pub use error::HttpLinkError;
pub use proxy::ProxySettings;
pub use settings::HttpLinkSettings;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use connect::{Carried, Connector};
use http::header::HOST;
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use sso_core::BoxError;

use super::{Link, LinkError, MAX_ANSWER, Patience};

/// A link over HTTPS: HTTP/2 where the hub offers it, else HTTP/1.1. Connections are kept and
/// shared; nothing is taken from the environment.
pub struct HttpLink {
    client: Client<Connector, Full<Bytes>>,
    scheme: Scheme,
    authority: Authority,
    host: HeaderValue,
    idle: Duration,
}

impl HttpLink {
    /// Makes ready to reach a hub. Nothing is sent yet; files with certificates are read.
    ///
    /// # Errors
    ///
    /// [`HttpLinkError`] if the settings make no sense.
    pub fn new(settings: &HttpLinkSettings) -> Result<Self, HttpLinkError> {
        let hub = settings.hub()?;
        let connector = Connector::new(settings, &hub)?;
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(settings.idle)
            .timer(TokioTimer::new())
            .http2_keep_alive_interval(KEEP_ALIVE)
            .http2_keep_alive_timeout(KEEP_ALIVE)
            .build(connector);
        Ok(Self {
            client,
            host: hub.header()?,
            scheme: hub.scheme,
            authority: hub.authority,
            idle: settings.idle,
        })
    }

    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, LinkError> {
        let Patience(patience) = Patience::of(&request);
        let request = self.absolute(request)?;
        let begun = tokio::time::timeout(patience, self.client.request(request));
        let answer = begun.await.map_err(|_| self.late(patience))?;
        let (parts, body) = answer.map_err(|error| self.failed(error))?.into_parts();
        Ok(Response::from_parts(parts, self.read(body).await?))
    }

    fn absolute(&self, request: Request<Bytes>) -> Result<Request<Full<Bytes>>, LinkError> {
        let (mut parts, body) = request.into_parts();
        let address = Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone());
        let address = match parts.uri.path_and_query() {
            Some(path) => address.path_and_query(path.clone()),
            None => address.path_and_query("/"),
        };
        parts.uri = address.build().map_err(|error| self.unreachable(error))?;
        parts.headers.insert(HOST, self.host.clone());
        Ok(Request::from_parts(parts, Full::new(body)))
    }

    async fn read(&self, mut body: Incoming) -> Result<Bytes, LinkError> {
        let mut read = BytesMut::new();
        loop {
            let frame = tokio::time::timeout(self.idle, body.frame()).await;
            let Some(frame) = frame.map_err(|_| self.late(self.idle))? else {
                return Ok(read.freeze());
            };
            let frame = frame.map_err(|error| self.interrupted(error))?;
            let data = frame.into_data().unwrap_or_default();
            if read.len() + data.len() > MAX_ANSWER {
                return Err(self.too_large());
            }
            read.extend_from_slice(&data);
        }
    }

    /// What was in the way, as far as the connector has told it.
    fn failed(&self, error: legacy::Error) -> LinkError {
        if let Some(known) = Carried::find(&error) {
            return known;
        }
        if error.is_connect() {
            return self.unreachable(error);
        }
        self.interrupted(error)
    }

    fn unreachable(&self, source: impl Into<BoxError>) -> LinkError {
        LinkError::Unreachable {
            hub: self.authority.as_str().into(),
            source: source.into(),
        }
    }

    fn interrupted(&self, source: impl Into<BoxError>) -> LinkError {
        LinkError::Interrupted {
            hub: self.authority.as_str().into(),
            source: source.into(),
        }
    }

    fn late(&self, after: Duration) -> LinkError {
        LinkError::TimedOut {
            hub: self.authority.as_str().into(),
            after,
        }
    }

    fn too_large(&self) -> LinkError {
        LinkError::TooLarge {
            hub: self.authority.as_str().into(),
            limit: MAX_ANSWER,
        }
    }
}

#[async_trait]
impl Link for HttpLink {
    fn authority(&self) -> &str {
        self.authority.as_str()
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, LinkError> {
        #[cfg(feature = "testkit")]
        crate::testkit::tap::saw_request(&request);
        let longest = Patience::of(&request).0 + LONGEST_ANSWER;
        let exchange = tokio::time::timeout(longest, self.exchange(request));
        exchange.await.map_err(|_| self.late(longest))?
    }
}

impl fmt::Debug for HttpLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpLink")
            .field("authority", &self.authority)
            .finish_non_exhaustive()
    }
}

/// How often a silent connection is asked whether it is still there, and how long for an answer.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// How long an answer of two megabytes may take on a bad line, once it has begun.
const LONGEST_ANSWER: Duration = Duration::from_mins(5);

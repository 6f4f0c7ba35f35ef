//! How a connection to the hub comes about.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use sso_core::BoxError;
use tokio_rustls::TlsConnector;
use tower::Service;

use super::dial::{Pipe, Stream, dial, late};
use super::proxy::{Kind, ProxySettings};
use super::settings::Hub;
use super::{HttpLinkError, HttpLinkSettings, socks, tls, tunnel};
use crate::link::LinkError;

/// Makes connections to one hub.
#[derive(Clone)]
pub(super) struct Connector(Arc<Plan>);

/// The way to a hub.
struct Plan {
    hub: Hub,
    proxy: Option<(ProxySettings, Option<TlsConnector>)>,
    tls: Option<TlsConnector>,
    within: Duration,
}

impl Connector {
    /// # Errors
    ///
    /// Files with certificates that are of no use.
    pub(super) fn new(settings: &HttpLinkSettings, hub: &Hub) -> Result<Self, HttpLinkError> {
        let direct = settings.exempt.iter().any(|it| it.is_met_by(hub.host()));
        let proxy = settings.proxy.clone().filter(|_| !direct);
        let proxy = match proxy {
            None => None,
            Some(proxy) if proxy.kind == Kind::Https => {
                let tls = connector(tls::for_proxy(settings)?);
                Some((proxy, Some(tls)))
            }
            Some(proxy) => Some((proxy, None)),
        };
        let tls = if hub.scheme == Scheme::HTTPS {
            Some(connector(tls::for_hub(settings)?))
        } else {
            None
        };
        Ok(Self(Arc::new(Plan {
            hub: hub.clone(),
            proxy,
            tls,
            within: settings.connect,
        })))
    }
}

impl Plan {
    async fn connect(&self) -> Result<Stream, LinkError> {
        let pipe = match &self.proxy {
            None => self.dial_hub().await?,
            Some((proxy, tls)) => self.pass(proxy, tls.as_ref()).await?,
        };
        let Some(tls) = &self.tls else {
            return Ok(Stream::new(pipe, false));
        };
        let handshake = self.handshake(tls, self.hub.host(), pipe);
        let (pipe, http2) = handshake
            .await
            .map_err(|source| distrusted(source, self.authority(), |it| self.unreachable(it)))?;
        Ok(Stream::new(pipe, http2))
    }

    async fn dial_hub(&self) -> Result<Pipe, LinkError> {
        let dialled = dial(self.authority(), self.within).await;
        dialled.map_err(|source| self.unreachable(source))
    }

    /// Through a proxy.
    async fn pass(
        &self,
        proxy: &ProxySettings,
        tls: Option<&TlsConnector>,
    ) -> Result<Pipe, LinkError> {
        let lost = |source| LinkError::ProxyUnreachable {
            proxy: proxy.to_string(),
            source,
        };
        let authority = proxy.authority();
        let mut pipe = dial(&authority, self.within).await.map_err(lost)?;
        if let Some(tls) = tls {
            let handshake = self.handshake(tls, &proxy.host, pipe).await;
            (pipe, _) = handshake.map_err(|source| distrusted(source, &authority, lost))?;
        }
        let passed = async {
            match proxy.kind {
                Kind::Http | Kind::Https => tunnel::open(pipe, proxy, &self.hub).await,
                Kind::Socks5 => socks::open(pipe, proxy, &self.hub).await,
            }
        };
        let passed = tokio::time::timeout(self.within, passed).await;
        passed.map_err(|_| self.unreachable(late(self.within)))?
    }

    async fn handshake(
        &self,
        tls: &TlsConnector,
        host: &str,
        pipe: Pipe,
    ) -> Result<(Pipe, bool), BoxError> {
        let name = ServerName::try_from(host.to_owned())?;
        let encrypted = tokio::time::timeout(self.within, tls.connect(name, pipe)).await;
        let encrypted = encrypted.map_err(|_| late(self.within))??;
        let (_, session) = encrypted.get_ref();
        let http2 = session.alpn_protocol() == Some(b"h2");
        Ok((Box::new(encrypted), http2))
    }

    fn authority(&self) -> &str {
        self.hub.authority.as_str()
    }

    fn unreachable(&self, source: BoxError) -> LinkError {
        LinkError::Unreachable {
            hub: self.authority().into(),
            source,
        }
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = Carried;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, Carried>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Carried>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let plan = Arc::clone(&self.0);
        Box::pin(async move { plan.connect().await.map_err(Carried::new) })
    }
}

/// A [`LinkError`] on its way through the HTTP client, which only lends out what it has got.
#[derive(Debug)]
pub(super) struct Carried(Mutex<Option<LinkError>>);

impl Carried {
    fn new(error: LinkError) -> Self {
        Self(Mutex::new(Some(error)))
    }

    /// The one among the causes of an error.
    pub(super) fn find(error: &(dyn Error + 'static)) -> Option<LinkError> {
        let mut cause = error;
        let carried = loop {
            match cause.downcast_ref::<Self>() {
                Some(carried) => break carried,
                None => cause = cause.source()?,
            }
        };
        let mut carried = carried.0.lock().unwrap_or_else(PoisonError::into_inner);
        carried.take()
    }
}

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no connection")
    }
}

impl Error for Carried {}

fn connector(config: ClientConfig) -> TlsConnector {
    TlsConnector::from(Arc::new(config))
}

/// A certificate that is not trusted, or what `else_` makes of it.
fn distrusted(
    source: BoxError,
    authority: &str,
    else_: impl FnOnce(BoxError) -> LinkError,
) -> LinkError {
    let inner = source.downcast_ref::<io::Error>();
    let inner = inner.and_then(io::Error::get_ref);
    let inner = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => {
            LinkError::Certificate {
                hub: authority.into(),
                source,
            }
        }
        _ => else_(source),
    }
}

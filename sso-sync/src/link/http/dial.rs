//! Connections, and what runs over them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use sso_core::BoxError;
use tokio::io::{AsyncRead, AsyncWrite};
use tower::Service as _;

/// Bytes in both directions.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A connection, plain or encrypted, through a proxy or not.
pub(super) type Pipe = Box<dyn Duplex>;

/// Connects to a host by name or address: to all its addresses in turn.
///
/// # Errors
///
/// What was in the way.
pub(super) async fn dial(authority: &str, within: Duration) -> Result<Pipe, BoxError> {
    let address = http::Uri::builder()
        .scheme("http")
        .authority(authority)
        .path_and_query("/")
        .build()?;
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_keepalive(Some(KEEP_ALIVE));
    let connected = tokio::time::timeout(within, connector.call(address)).await;
    let connected = connected.map_err(|_| late(within))??;
    Ok(Box::new(connected.into_inner()))
}

/// What is said if something took too long.
pub(super) fn late(within: Duration) -> BoxError {
    let message = format!("no answer within {} seconds", within.as_secs());
    io::Error::new(io::ErrorKind::TimedOut, message).into()
}

/// A connection to a hub, ready for HTTP.
pub(super) struct Stream {
    pipe: TokioIo<Pipe>,
    http2: bool,
}

impl Stream {
    pub(super) fn new(pipe: Pipe, http2: bool) -> Self {
        let pipe = TokioIo::new(pipe);
        Self { pipe, http2 }
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        let connected = Connected::new();
        if self.http2 {
            return connected.negotiated_h2();
        }
        connected
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_read(context, buffer)
    }
}

impl Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.pipe).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_shutdown(context)
    }
}

const KEEP_ALIVE: Duration = Duration::from_mins(1);

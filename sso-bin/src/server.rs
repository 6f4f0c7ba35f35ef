//! A listening server: connections, their limits, and how it ends.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::accept::Accept;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tower_http::add_extension::AddExtension;

use crate::acme::{Answers, Issued};

/// A server that runs in tasks of its own until [`stop`](Self::stop).
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    handle: Handle<SocketAddr>,
    task: JoinHandle<io::Result<()>>,
    tls: RenewTls,
}

impl Server {
    /// Serves `router` to as many connections at a time as there is `room` for. Each request
    /// carries a [`Seat`].
    ///
    /// # Errors
    ///
    /// If the listener cannot be used.
    pub fn start(
        listener: TcpListener,
        tls: impl Into<RenewTls>,
        router: Router,
        room: impl Into<Room>,
    ) -> io::Result<Self> {
        let (address, handle) = (listener.local_addr()?, Handle::new());
        let tls = tls.into();
        let acceptor = Capped {
            handle: handle.clone(),
            inner: RustlsAcceptor::new(tls.live.clone()).handshake_timeout(HANDSHAKE_TIMEOUT),
            room: room.into(),
        };
        let mut server = axum_server::from_tcp(listener)?
            .handle(handle.clone())
            .first_request_timeout(HEAD_TIMEOUT)
            .accept_error_handler(log_refused)
            .acceptor(acceptor);
        server
            .http_builder()
            .http1()
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(MAX_HEAD_BYTES);
        server
            .http_builder()
            .http2()
            .max_concurrent_streams(MAX_STREAMS)
            .max_header_list_size(MAX_HEADER_LIST_BYTES)
            .keep_alive_interval(HEAD_TIMEOUT)
            .keep_alive_timeout(HEAD_TIMEOUT);
        let task =
            tokio::spawn(server.serve(router.into_make_service_with_connect_info::<SocketAddr>()));
        Ok(Self {
            address,
            handle,
            task,
            tls,
        })
    }

    /// Where it listens; the port is the real one if any was asked for.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections that are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.handle.connection_count()
    }

    /// Counts the connections that are open, also when this is stopped.
    #[must_use]
    pub fn connection_counter(&self) -> Connections {
        Connections(self.handle.clone())
    }

    /// Uses another certificate for connections from now on.
    pub fn renew_tls(&self, tls: Arc<rustls::ServerConfig>) {
        self.tls().renew(tls);
    }

    /// Renews the certificate, for who does that in a task of its own.
    #[must_use]
    pub fn tls(&self) -> RenewTls {
        self.tls.clone()
    }

    /// Takes no more connections, lets requests finish for at most `patience`, and ends.
    ///
    /// # Errors
    ///
    /// If the server ended by itself before.
    pub async fn stop(self, patience: Duration) -> io::Result<()> {
        self.handle.graceful_shutdown(Some(patience));
        self.task.await.map_err(io::Error::other)?
    }
}

/// Counts the connections of a server that are open.
#[derive(Clone, Debug)]
pub struct Connections(Handle<SocketAddr>);

impl Connections {
    /// How many there are now.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.connection_count()
    }
}

/// How many connections there may be at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "those served, and those told to wait"
)]
pub struct Room {
    /// So many are served.
    pub seats: usize,
    /// So many more are answered by who looks at their [`Seat`]; others are dropped before they
    /// cost a handshake.
    pub standing: usize,
}

impl From<usize> for Room {
    /// Room for so many and nobody else.
    fn from(seats: usize) -> Self {
        Self { seats, standing: 0 }
    }
}

/// What every request knows of its connection.
#[derive(Clone, Debug)]
pub struct Seat {
    handle: Handle<SocketAddr>,
    seats: usize,
    standing: bool,
}

impl Seat {
    /// Whether the connection came when all seats were taken, and they still are.
    #[must_use]
    pub fn is_wanting(&self) -> bool {
        self.standing && self.handle.connection_count() > self.seats
    }
}

/// Renews the certificate of a server.
#[derive(Clone, Debug)]
pub struct RenewTls {
    live: RustlsConfig,
    layers: Arc<Mutex<Layers>>,
    answers: Answers,
}

/// Whose certificate it may be.
#[derive(Debug)]
struct Layers {
    own: Arc<rustls::ServerConfig>,
    issued: Option<Issued>,
}

impl From<Arc<rustls::ServerConfig>> for RenewTls {
    /// Begins with this one.
    fn from(tls: Arc<rustls::ServerConfig>) -> Self {
        let answers = Answers::default();
        Self {
            live: RustlsConfig::from_config(answers.with(&tls)),
            layers: Arc::new(Mutex::new(Layers {
                own: tls,
                issued: None,
            })),
            answers,
        }
    }
}

impl RenewTls {
    /// Uses another certificate for connections from now on, for the names that none was issued for by
    /// itself; those that are open stay.
    pub fn renew(&self, tls: Arc<rustls::ServerConfig>) {
        self.change(|layers| layers.own = tls);
    }

    /// Prefers a certificate that was issued by itself (ACME) for the names that it covers, or none
    /// any more.
    pub fn prefer(&self, issued: Option<Issued>) {
        self.change(|layers| layers.issued = issued);
    }

    /// What an authority is answered that asks whether the name is ours.
    #[must_use]
    pub const fn answers(&self) -> &Answers {
        &self.answers
    }

    fn change(&self, change: impl FnOnce(&mut Layers)) {
        let mut layers = self.layers.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut layers);
        let config = match &layers.issued {
            Some(issued) => self.answers.with(&issued.before(&layers.own)),
            None => self.answers.with(&layers.own),
        };
        drop(layers);
        self.live.reload_from_config(config);
    }
}

/// Drops connections beyond a number before they cost a handshake.
#[derive(Clone, Debug)]
pub(crate) struct Capped<A> {
    pub(crate) handle: Handle<SocketAddr>,
    pub(crate) inner: A,
    pub(crate) room: Room,
}

impl<S, A> Accept<TcpStream, S> for Capped<A>
where
    S: Send + 'static,
    A: Accept<TcpStream, S, Stream: Send, Service: Send, Future: Send> + Clone + Send + 'static,
{
    type Stream = A::Stream;
    type Service = AddExtension<A::Service, Seat>;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Room { seats, standing } = self.room;
        let connections = self.handle.connection_count();
        if connections > seats.saturating_add(standing) {
            return Box::pin(std::future::ready(Err(io::Error::other(
                "too many connections",
            ))));
        }
        let seat = Seat {
            handle: self.handle.clone(),
            seats,
            standing: connections > seats,
        };
        let inner = self.inner.clone();
        Box::pin(async move {
            stream.set_nodelay(true)?;
            let (stream, service) = inner.accept(stream, service).await?;
            Ok((stream, AddExtension::new(service, seat)))
        })
    }
}

/// Strangers knock all day, so this is for those who ask for it.
pub(crate) fn log_refused(peer: Option<&SocketAddr>, error: &io::Error) {
    let peer = peer.map(ToString::to_string).unwrap_or_default();
    tracing::debug!(
        peer = peer.as_str(),
        error = error.to_string().as_str(),
        "no connection"
    );
}

/// For a client to agree on keys.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// For the head of a request, and for an idle connection to be given up.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(15);

/// Request line and headers of HTTP/1.1; a logout by redirect carries a whole message in it.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// The same for HTTP/2.
const MAX_HEADER_LIST_BYTES: u32 = 64 * 1024;

/// Requests at once in one connection of HTTP/2.
const MAX_STREAMS: u32 = 32;

//! A hub that is reached over HTTPS, for one test.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::HOST;
use http::{HeaderValue, Request, Response, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use sso_core::UnixTime;
use sso_sync::chain::{Policy, genesis};
use sso_sync::hub::{Administrators, Attended, DomainEntry, Hub, HubSettings, NoAudit};
use sso_sync::link::{HttpLink, HttpLinkSettings, HubClient, first_statement};
use sso_sync::seal::{DomainKey, Member, MemberKeys};
use sso_sync::store::{MemoryStore, OnKv};
use sso_sync::wire::{Code, Problem, SessionId};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::authority::Authority;

/// A hub on loopback. Ends when it is dropped.
pub(crate) struct Served {
    pub(crate) authority: Authority,
    pub(crate) port: u16,
    hub: Arc<Hub>,
    seen: Arc<Seen>,
    accepting: JoinHandle<()>,
}

/// What has come to a hub.
#[derive(Default)]
struct Seen {
    connections: AtomicU64,
    versions: Mutex<Vec<Version>>,
}

impl Served {
    /// Speaks HTTP/2 and HTTP/1.1.
    pub(crate) async fn new() -> Self {
        Self::speaking(&[b"h2", b"http/1.1"]).await
    }

    pub(crate) async fn speaking(protocols: &[&[u8]]) -> Self {
        let authority = Authority::new();
        let acceptor = TlsAcceptor::from(authority.server("localhost", protocols));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let settings = HubSettings::new(format!("localhost:{port}"), "1.0.0");
        let store = Arc::new(OnKv::new(MemoryStore::new()));
        let documents = Arc::new(MemoryStore::new());
        let hub = Hub::new(settings, store, documents, Arc::new(NoAudit)).unwrap();
        let hub = Arc::new(hub.with_administrators(Arc::new(EverybodySignedIn)));
        let seen = Arc::new(Seen::default());
        let accepting = accept(listener, acceptor, Arc::clone(&hub), Arc::clone(&seen));
        Self {
            authority,
            port,
            hub,
            seen,
            accepting: tokio::spawn(accepting),
        }
    }

    /// How it is reached by those who trust its authority.
    pub(crate) fn settings(&self) -> HttpLinkSettings {
        self.untrusted().also_trusting(self.authority.file())
    }

    /// How it is reached by those who have never heard of its authority.
    pub(crate) fn untrusted(&self) -> HttpLinkSettings {
        HttpLinkSettings::new(format!("https://localhost:{}", self.port))
    }

    pub(crate) fn link(&self) -> HttpLink {
        HttpLink::new(&self.settings()).unwrap()
    }

    /// The file with the certificate of the hub.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.authority.folder.path().join("localhost.pem")
    }

    pub(crate) fn connections(&self) -> u64 {
        self.seen.connections.load(Ordering::Relaxed)
    }

    /// In which version of HTTP requests have come.
    pub(crate) fn versions(&self) -> Vec<Version> {
        self.seen.versions.lock().unwrap().clone()
    }

    /// Makes a domain over this link, and asks for its head as its administrator: a request that
    /// is signed for host and port, which the hub must see as they were dialled.
    pub(crate) async fn converse(&self, link: HttpLink) {
        let link = Arc::new(link);
        let keys = MemberKeys::random().unwrap();
        let key = DomainKey::from_bytes([1; 32]);
        let policy = Policy::pinned(1, "1.0.0");
        let genesis = genesis(
            "example",
            "a@example.com",
            &keys,
            &key,
            policy,
            NOON.as_secs(),
        );
        let genesis = Bytes::from(genesis.unwrap());
        let chain = sso_sync::chain::Chain::begin(&genesis).unwrap();
        let domain = chain.domain();
        let hour = Duration::from_hours(1);
        let invitation = self.hub.invite("example", hour, NOON).await.unwrap();
        let made = first_statement(&*link, domain, genesis, &invitation).await;
        made.unwrap();
        let session = SessionId::new([7; 32]);
        let client = HubClient::in_session(link, domain, Arc::new(keys), session);
        let head = client.head(None, Duration::ZERO).await.unwrap();
        assert_eq!(head.statements, 1);
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, tls: TlsAcceptor, hub: Arc<Hub>, seen: Arc<Seen>) {
    while let Ok((connection, _)) = listener.accept().await {
        seen.connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(serve(
            connection,
            tls.clone(),
            Arc::clone(&hub),
            Arc::clone(&seen),
        ));
    }
}

async fn serve(connection: TcpStream, tls: TlsAcceptor, hub: Arc<Hub>, seen: Arc<Seen>) {
    let Ok(encrypted) = tls.accept(connection).await else {
        return;
    };
    let http2 = encrypted.get_ref().1.alpn_protocol() == Some(b"h2");
    let service = service_fn(move |request| {
        let (hub, seen) = (Arc::clone(&hub), Arc::clone(&seen));
        async move { Ok::<_, Infallible>(answer(request, &hub, &seen).await) }
    });
    let io = TokioIo::new(encrypted);
    // However a connection ends, the test looks at what its client makes of it.
    if http2 {
        let connection = http2::Builder::new(TokioExecutor::new()).serve_connection(io, service);
        drop(connection.await);
    } else {
        let connection = http1::Builder::new().serve_connection(io, service);
        drop(connection.await);
    }
}

async fn answer(request: Request<Incoming>, hub: &Hub, seen: &Seen) -> Response<Full<Bytes>> {
    seen.versions.lock().unwrap().push(request.version());
    let (mut parts, body) = request.into_parts();
    if let Some(authority) = parts.uri.authority() {
        let authority = HeaderValue::from_str(authority.as_str()).unwrap();
        parts.headers.insert(HOST, authority);
    }
    let body = body.collect().await.unwrap().to_bytes();
    let request = Request::from_parts(parts, body);
    let peer = IpAddr::V4(Ipv4Addr::LOCALHOST);
    hub.answer(request, peer, NOON).await.map(Full::new)
}

/// Takes whatever session an administrator names.
#[derive(Debug)]
struct EverybodySignedIn;

#[async_trait]
impl Administrators for EverybodySignedIn {
    async fn answer(&self, _: &[u8], _: IpAddr, _: UnixTime) -> Result<Attended, Problem> {
        Err(Code::LoginRefused.into())
    }

    async fn signed_in(
        &self,
        _: SessionId,
        _: &DomainEntry,
        _: &Member,
        _: UnixTime,
    ) -> Result<Option<UnixTime>, Problem> {
        Ok(Some(NOON))
    }
}

const NOON: UnixTime = UnixTime::from_secs(1_800_000_000);

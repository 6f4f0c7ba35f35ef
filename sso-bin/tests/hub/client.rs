//! Who asks a hub: strangers, and members that sign.

use std::net::SocketAddr;

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use sso_sync::seal::MemberKeys;
use sso_sync::store::DomainId;
use sso_sync::wire::{Message, OpenSession, Problem, SessionId, SessionOpened, SignedRequest};

/// A stranger who trusts the certificate of the hub.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) http: reqwest::Client,
    /// Under what name the hub goes.
    authority: String,
    port: u16,
}

impl Client {
    pub(crate) fn new(tls_pem: &str, address: SocketAddr) -> Self {
        Self::of(trusting(tls_pem), address.port(), address.port())
    }

    /// The same at a process on one port that goes by the name with another, as behind a load
    /// balancer.
    pub(crate) fn through(tls_pem: &str, port: u16, named: u16) -> Self {
        // HTTP/2 would say where it connects to.
        let host = HeaderValue::try_from(format!("localhost:{named}")).unwrap();
        let headers = HeaderMap::from_iter([(HOST, host)]);
        let http = trusting(tls_pem).http1_only().default_headers(headers);
        Self::of(http, port, named)
    }

    fn of(http: reqwest::ClientBuilder, port: u16, named: u16) -> Self {
        Self {
            http: http.build().unwrap(),
            authority: format!("localhost:{named}"),
            port,
        }
    }

    /// An address of the hub.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://localhost:{}/sync/v1/{path}", self.port)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.http.get(self.url(path))).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Bytes>) -> Answer {
        Answer::of(self.http.post(self.url(path)).body(body.into())).await
    }

    /// A server of a domain, in a session of its own.
    pub(crate) async fn server(&self, domain: DomainId, keys: MemberKeys) -> Member {
        let member = keys.id();
        let opened = self.post("session", OpenSession { domain, member }.to_bytes());
        let SessionOpened { session } = opened.await.read();
        self.member(domain, keys, session)
    }

    /// A member in a session that is there.
    pub(crate) fn member(&self, domain: DomainId, keys: MemberKeys, session: SessionId) -> Member {
        Member {
            client: self.clone(),
            domain,
            keys,
            session,
            counter: 0,
        }
    }
}

fn trusting(tls_pem: &str) -> reqwest::ClientBuilder {
    let certificate = reqwest::Certificate::from_pem(tls_pem.as_bytes()).unwrap();
    let here = SocketAddr::from(([127, 0, 0, 1], 0));
    let http = reqwest::Client::builder().tls_certs_only([certificate]);
    http.resolve("localhost", here).no_proxy()
}

/// A member of a domain.
#[derive(Debug)]
pub(crate) struct Member {
    client: Client,
    domain: DomainId,
    keys: MemberKeys,
    session: SessionId,
    counter: u64,
}

impl Member {
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path, b"")).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: &[u8]) -> Answer {
        Answer::of(self.request(Method::POST, path, body)).await
    }

    /// A signed request that is still to be sent.
    pub(crate) fn request(
        &mut self,
        method: Method,
        path: &str,
        body: &[u8],
    ) -> reqwest::RequestBuilder {
        self.counter += 1;
        let path = format!("domains/{}/{path}", self.domain);
        let signed = SignedRequest {
            authority: &self.client.authority,
            domain: self.domain,
            member: self.keys.id(),
            session: self.session,
            counter: self.counter,
            method: method.as_str(),
            target: &format!("/sync/v1/{path}"),
            body,
        };
        let signature = signed.sign(&self.keys).header();
        let request = self.client.http.request(method, self.client.url(&path));
        request
            .header("authorization", signature)
            .body(body.to_vec())
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    pub(crate) async fn of(request: reqwest::RequestBuilder) -> Self {
        let answer = request.send().await.unwrap();
        Self {
            status: answer.status(),
            headers: answer.headers().clone(),
            body: answer.bytes().await.unwrap(),
        }
    }

    pub(crate) fn read<M: Message>(&self) -> M {
        assert_eq!(self.status, StatusCode::OK, "{:?}", self.problem());
        M::parse(&self.body).unwrap()
    }

    pub(crate) fn body(&self) -> &Bytes {
        &self.body
    }

    pub(crate) fn problem(&self) -> Option<Problem> {
        <Problem as Message>::parse(&self.body).ok()
    }

    /// The code of the problem; empty if there is none.
    pub(crate) fn code(&self) -> &'static str {
        self.problem().map_or("", |problem| problem.code.text())
    }
}

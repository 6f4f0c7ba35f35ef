//! Who asks a hub: strangers, and members that sign.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use sso_sync::seal::MemberKeys;
use sso_sync::store::DomainId;
use sso_sync::wire::{Message, OpenSession, Problem, SessionId, SessionOpened, SignedRequest};

/// A stranger who trusts the certificate of the hub.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) http: reqwest::Client,
    authority: String,
}

impl Client {
    pub(crate) fn new(tls_pem: &str, address: SocketAddr) -> Self {
        Self::named(tls_pem, address.port(), address)
    }

    /// The same for a process at `address`, behind the name with another port.
    pub(crate) fn named(tls_pem: &str, port: u16, address: SocketAddr) -> Self {
        let certificate = reqwest::Certificate::from_pem(tls_pem.as_bytes()).unwrap();
        let http = reqwest::Client::builder()
            .tls_certs_only([certificate])
            .resolve("localhost", address)
            .no_proxy()
            .build();
        Self {
            http: http.unwrap(),
            authority: format!("localhost:{port}"),
        }
    }

    /// An address of the hub.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://{}/sync/v1/{path}", self.authority)
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

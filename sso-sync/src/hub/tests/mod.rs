//! A hub to talk to, and members that talk.

mod begins;
mod behind;
mod ending;
mod feed;
mod limits;
mod processes;
mod quotas;
mod requests;
mod sets;
mod signs_in;
mod strangers;
mod tidies;
mod waits;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::{HeaderMap, StatusCode};

use super::*;
use crate::chain::tests::{ADMINISTRATOR, TestDomain, keys};
use crate::feed::HubHead;
use crate::feed::tests::TestFeed;
use crate::seal::Member;
use crate::store::{FeedBatch, MemoryStore, OnKv};
use crate::wire::{Commit, Message, OpenSession, SessionId, SessionOpened, Signed, SignedRequest};

/// A hub with the domain of a feed, as far as the feed goes.
struct World {
    hub: Hub,
    feed: TestFeed,
    audit: Arc<Log>,
}

impl World {
    /// Servers 1 and 2, and what server 1 wrote: a batch for each number.
    async fn with(numbers: impl IntoIterator<Item = u8>) -> Self {
        let world = Self::empty(TestFeed::with(numbers));
        world.create(&world.feed.domain).await;
        world.tell_everything().await;
        world
    }

    fn empty(feed: TestFeed) -> Self {
        let store = OnKv::new(MemoryStore::new());
        Self::over(feed, Arc::new(store), Arc::new(MemoryStore::new()))
    }

    fn over(feed: TestFeed, store: Arc<dyn DomainStore>, documents: Arc<dyn KvStore>) -> Self {
        let audit = Arc::new(Log::default());
        let settings = HubSettings::new(AUTHORITY, "1.0.0")
            .source_limit_of(1_000_000, 1_000_000)
            .member_limit_of(1_000_000, 1_000_000);
        let hub = Hub::new(settings, store, documents, Arc::clone(&audit) as _).unwrap();
        let hub = hub.with_administrators(Arc::new(SignedIn));
        Self { hub, feed, audit }
    }

    /// Makes a domain by an invitation.
    async fn create(&self, domain: &TestDomain) {
        let name = domain.chain.name();
        let code = self.hub.invite(name, HOUR, NOON).await.unwrap();
        let id = domain.chain.domain();
        let (status, _) = self.begin(id, &code.text(), &domain.statements[0]).await;
        assert_eq!(status, StatusCode::OK);
    }

    async fn begin(&self, id: DomainId, code: &str, genesis: &[u8]) -> (StatusCode, Bytes) {
        let request = Request::post(format!("/sync/v1/domains/{id}/chain?position=0"))
            .header("host", AUTHORITY)
            .header("authorization", format!("SSO-Connect-Invitation {code}"));
        let body = Bytes::copy_from_slice(genesis);
        self.ask(request.body(body).unwrap()).await
    }

    /// Appends and commits whatever the hub lacks of the feed.
    async fn tell_everything(&self) {
        let mut administrator = self.administrator();
        for (position, statement) in self.feed.domain.statements.iter().enumerate().skip(1) {
            let path = format!("chain?position={position}");
            let answer = self.post(&mut administrator, &path, statement).await;
            assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.problem());
        }
        let mut node = self.node(1).await;
        for batch in &self.feed.batches {
            let answer = self.commit(&mut node, batch).await;
            assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.problem());
        }
    }

    fn id(&self) -> DomainId {
        self.feed.domain.chain.domain()
    }

    fn administrator(&self) -> Client {
        let member = keys(ADMINISTRATOR).id();
        Client::new(
            ADMINISTRATOR,
            self.id(),
            SignedIn::session(self.id(), member),
        )
    }

    async fn node(&self, number: u8) -> Client {
        self.member_of(number, self.id()).await
    }

    async fn member_of(&self, number: u8, domain: DomainId) -> Client {
        let member = keys(number).id();
        let body = OpenSession { domain, member }.to_bytes();
        let request = Request::post("/sync/v1/session").body(body.into());
        let (status, body) = self.ask(request.unwrap()).await;
        assert_eq!(status, StatusCode::OK);
        let SessionOpened { session } = SessionOpened::parse(&body).unwrap();
        Client::new(number, domain, session)
    }

    async fn get(&self, client: &mut Client, path: &str) -> Answer {
        self.send(client.request("GET", path, b"")).await
    }

    async fn post(&self, client: &mut Client, path: &str, body: &[u8]) -> Answer {
        self.send(client.request("POST", path, body)).await
    }

    async fn put(&self, client: &mut Client, path: &str, body: &[u8]) -> Answer {
        self.send(client.request("PUT", path, body)).await
    }

    async fn commit(&self, client: &mut Client, batch: &FeedBatch) -> Answer {
        let path = format!("feed?after={}", batch.first.number() - 1);
        self.post(client, &path, &commit(batch)).await
    }

    async fn head(&self, client: &mut Client) -> HubHead {
        self.get(client, "head").await.head()
    }

    async fn send(&self, request: Request<Bytes>) -> Answer {
        self.send_at(request, NOON).await
    }

    async fn send_at(&self, request: Request<Bytes>, now: UnixTime) -> Answer {
        let response = self.hub.answer(request, PEER, now).await;
        Answer {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.into_body(),
        }
    }

    async fn ask(&self, request: Request<Bytes>) -> (StatusCode, Bytes) {
        let answer = self.send(request).await;
        (answer.status, answer.body)
    }
}

/// A member that signs what it asks for.
#[derive(Clone)]
struct Client {
    number: u8,
    domain: DomainId,
    session: SessionId,
    counter: u64,
    authority: &'static str,
}

impl Client {
    fn new(number: u8, domain: DomainId, session: SessionId) -> Self {
        Self {
            number,
            domain,
            session,
            counter: 0,
            authority: AUTHORITY,
        }
    }

    fn request(&mut self, method: &str, path: &str, body: &[u8]) -> Request<Bytes> {
        self.counter += 1;
        let target = format!("/sync/v1/domains/{}/{path}", self.domain);
        let signed = SignedRequest {
            authority: self.authority,
            domain: self.domain,
            member: keys(self.number).id(),
            session: self.session,
            counter: self.counter,
            method,
            target: &target,
            body,
        };
        let signature = signed.sign(&keys(self.number));
        let request = Request::builder().method(method).uri(&target);
        let request = request.header("host", self.authority);
        let request = request.header("authorization", signature.header());
        request.body(Bytes::copy_from_slice(body)).unwrap()
    }
}

#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn read<M: Message>(&self) -> M {
        assert_eq!(self.status, StatusCode::OK, "{:?}", self.problem());
        M::parse(&self.body).unwrap()
    }

    fn head(&self) -> HubHead {
        self.read()
    }

    fn problem(&self) -> Option<Problem> {
        <Problem as Message>::parse(&self.body).ok()
    }

    /// The code of the problem; empty if there is none.
    fn code(&self) -> &'static str {
        self.problem().map_or("", |problem| problem.code.text())
    }
}

/// Every administrator has signed in at noon, and every message is answered with itself.
#[derive(Debug)]
pub(crate) struct SignedIn;

impl SignedIn {
    /// Another one with every call.
    pub(crate) fn session(domain: DomainId, member: MemberId) -> SessionId {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let mut bytes = Self::beginning(domain, member);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        bytes[24..].copy_from_slice(&count.to_be_bytes());
        SessionId::new(bytes)
    }

    fn beginning(domain: DomainId, member: MemberId) -> [u8; 32] {
        let parts = [domain.as_bytes().as_slice(), member.as_bytes()];
        *crate::Digest::of("test", parts).as_bytes()
    }
}

#[async_trait::async_trait]
impl Administrators for SignedIn {
    async fn answer(&self, message: &[u8], _: IpAddr, _: UnixTime) -> Result<Attended, Problem> {
        Ok(Attended {
            answer: Bytes::copy_from_slice(message),
            event: None,
        })
    }

    async fn signed_in(
        &self,
        session: SessionId,
        domain: &DomainEntry,
        member: &Member,
        _: UnixTime,
    ) -> Result<Option<UnixTime>, Problem> {
        let expected = Self::beginning(domain.id, member.id());
        let right = session.as_bytes()[..24] == expected[..24];
        Ok(right.then_some(NOON))
    }
}

#[derive(Debug, Default)]
struct Log(Mutex<Vec<AuditEvent>>);

impl Audit for Log {
    fn record(&self, event: &AuditEvent) {
        self.0.lock().unwrap().push(event.clone());
    }
}

impl Log {
    /// What administrators did or tried.
    fn visits(&self) -> Vec<&'static str> {
        let events = self.0.lock().unwrap();
        let did = events.iter().filter_map(|event| match event {
            AuditEvent::AdministratorVisited { did, .. } => Some(*did),
            _ => None,
        });
        did.collect()
    }

    fn names(&self) -> Vec<&'static str> {
        self.0
            .lock()
            .unwrap()
            .iter()
            .map(AuditEvent::name)
            .collect()
    }
}

fn commit(batch: &FeedBatch) -> Vec<u8> {
    let commit = Commit {
        envelope: Signed::parse(batch.batch.envelope()).unwrap(),
        records: batch.batch.records().to_vec(),
    };
    commit.to_bytes()
}

const AUTHORITY: &str = "hub.example.com:443";
const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const NOON: UnixTime = UnixTime::from_secs(1_800_000_000);
const HOUR: Duration = Duration::from_hours(1);

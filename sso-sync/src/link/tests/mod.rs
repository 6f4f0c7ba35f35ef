//! A hub, and clients that reach it.

mod answers;
mod calls;
#[cfg(feature = "testkit")]
mod faulty;
#[cfg(feature = "testkit")]
mod lying;
mod sessions;

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use sso_core::UnixTime;
use sso_core::testkit::ManualClock;

use super::*;
use crate::chain::tests::{ADMINISTRATOR, keys};
use crate::feed::tests::TestFeed;
use crate::hub::tests::SignedIn;
use crate::hub::{Hub, HubSettings, NoAudit};
use crate::store::{DomainId, DomainStore, MemoryStore, OnKv};
use crate::wire::{Code, SessionId};

/// A hub, with the domain of a feed.
struct World {
    feed: TestFeed,
    clock: ManualClock,
    store: Arc<dyn DomainStore>,
    hub: Arc<Hub>,
    link: Arc<dyn Link>,
}

impl World {
    /// The hub knows the domain, with servers 1 and 2, and what server 1 wrote.
    async fn with(numbers: impl IntoIterator<Item = u8>) -> Self {
        let world = Self::empty(TestFeed::with(numbers));
        let statements = &world.feed.domain.statements;
        let invitation = world.hub.invite("example", HOUR, NOON).await.unwrap();
        let genesis = Bytes::from(statements[0].clone());
        let made = first_statement(&*world.link, world.id(), genesis, &invitation).await;
        assert_eq!(made.unwrap().statements, 1);
        let administrator = world.administrator();
        for (position, statement) in (0..).zip(statements).skip(1) {
            let head = administrator.append(position, statement.clone().into());
            assert_eq!(head.await.unwrap().statements, position + 1);
        }
        let node = world.node(1);
        for batch in &world.feed.batches {
            let after = crate::store::Seq::new(batch.first.number() - 1);
            let head = node.commit(after, &batch.batch).await.unwrap();
            assert_eq!(head.seq, batch.last());
        }
        world
    }

    fn empty(feed: TestFeed) -> Self {
        let clock = ManualClock::at(NOON);
        let store: Arc<dyn DomainStore> = Arc::new(OnKv::new(MemoryStore::new()));
        let hub = hub_over(Arc::clone(&store), Arc::new(MemoryStore::new()));
        let link = DirectLink::new(Arc::clone(&hub), AUTHORITY, Arc::new(clock.clone()));
        Self {
            feed,
            clock,
            store,
            hub,
            link: Arc::new(link),
        }
    }

    fn id(&self) -> DomainId {
        self.feed.domain.chain.domain()
    }

    fn node(&self, number: u8) -> HubClient {
        self.node_over(Arc::clone(&self.link), number)
    }

    fn node_over(&self, link: Arc<dyn Link>, number: u8) -> HubClient {
        HubClient::new(link, self.id(), Arc::new(keys(number)))
    }

    fn administrator(&self) -> HubClient {
        self.administrator_in(self.session_of_administrator())
    }

    fn administrator_in(&self, session: SessionId) -> HubClient {
        let keys = Arc::new(keys(ADMINISTRATOR));
        HubClient::in_session(Arc::clone(&self.link), self.id(), keys, session)
    }

    fn session_of_administrator(&self) -> SessionId {
        SignedIn::session(self.id(), keys(ADMINISTRATOR).id())
    }
}

fn hub_over(store: Arc<dyn DomainStore>, documents: Arc<MemoryStore>) -> Arc<Hub> {
    let settings = HubSettings::new(AUTHORITY, "1.0.0")
        .source_limit_of(1_000_000, 1_000_000)
        .member_limit_of(1_000_000, 1_000_000);
    let hub = Hub::new(settings, store, documents, Arc::new(NoAudit)).unwrap();
    Arc::new(hub.with_administrators(Arc::new(SignedIn)))
}

/// Counts what is sent, and answers some of it in place of the hub.
#[derive(Debug)]
struct Tap {
    link: Arc<dyn Link>,
    sent: Mutex<Vec<String>>,
    /// Answers to the requests whose addresses have this in them.
    instead: Option<(&'static str, Canned)>,
    /// So many of them are answered like that.
    times: AtomicUsize,
}

type Canned = (StatusCode, &'static str, Vec<u8>);

impl Tap {
    fn on(world: &World) -> Arc<Self> {
        Arc::new(Self {
            link: Arc::clone(&world.link),
            sent: Mutex::default(),
            instead: None,
            times: AtomicUsize::new(0),
        })
    }

    fn answering(world: &World, address: &'static str, answer: Canned) -> Arc<Self> {
        Self::answering_times(world, address, answer, usize::MAX)
    }

    fn answering_times(
        world: &World,
        address: &'static str,
        answer: Canned,
        times: usize,
    ) -> Arc<Self> {
        Arc::new(Self {
            link: Arc::clone(&world.link),
            sent: Mutex::default(),
            instead: Some((address, answer)),
            times: AtomicUsize::new(times),
        })
    }

    /// Whether one more is answered in place of the hub.
    fn is_one_more(&self) -> bool {
        let less = |times: usize| times.checked_sub(1);
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        self.times.fetch_update(set, fetch, less).is_ok()
    }

    /// How often something with this in its address was sent.
    fn count(&self, address: &str) -> usize {
        let sent = self.sent.lock().unwrap();
        sent.iter().filter(|it| it.contains(address)).count()
    }
}

#[async_trait]
impl Link for Tap {
    fn authority(&self) -> &str {
        self.link.authority()
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, LinkError> {
        let address = request.uri().to_string();
        self.sent.lock().unwrap().push(address.clone());
        match &self.instead {
            Some((part, (status, kind, body))) if address.contains(part) && self.is_one_more() => {
                let answer = Response::builder().status(status);
                let answer = answer.header("content-type", *kind);
                Ok(answer.body(body.clone().into()).unwrap())
            }
            _ => self.link.send(request).await,
        }
    }
}

const AUTHORITY: &str = "hub.example.com:443";
const NOON: UnixTime = UnixTime::from_secs(1_800_000_000);
const HOUR: Duration = Duration::from_hours(1);
const DEADLINE: Duration = Duration::from_secs(45);

//! A hub, a domain on it, and servers that talk to it over links that can be cut.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use sso_core::user::{AccountKey, Profile};
use sso_core::{Clock, UnixTime};
use sso_sync::Digest;
use sso_sync::chain::{Action, Chain, FeedMark, Occasion, Policy, Revision, genesis};
use sso_sync::driver::Node;
use sso_sync::hub::{Hub, HubSettings, NoAudit};
use sso_sync::link::{DirectLink, HubClient, Link, LinkError, first_statement};
use sso_sync::mirror::Mirror;
use sso_sync::node::{Configurations, Held, NodeSettings, NodeStatus, Put, Records as _};
use sso_sync::seal::{
    ConfigDocument, Content, DomainKey, EpochStart, KeyRing, MemberId, MemberKeys, SealedUser, Wrap,
};
use sso_sync::store::{DomainStore, Expect, Feed, KvStore, MemoryStore, OnKv, RecordId, Seq};
use sso_sync::testkit::MemoryPlace;
use tokio::time::Instant;

/// A hub with one domain.
pub(crate) struct World {
    pub(crate) hub: Arc<Hub>,
    pub(crate) store: Arc<OnKv<MemoryStore>>,
    pub(crate) documents: MemoryStore,
    pub(crate) chain: Chain,
    pub(crate) ring: KeyRing,
    pub(crate) statements: Vec<Bytes>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// A server, its disk, and its way to the hub.
pub(crate) struct Server {
    pub(crate) node: Node,
    pub(crate) place: MemoryPlace,
    pub(crate) wire: Arc<Wire>,
    pub(crate) configurations: Arc<Offered>,
    pub(crate) number: u8,
}

impl World {
    /// A domain with one administrator and these servers.
    pub(crate) async fn with(numbers: &[u8]) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(Flowing::begin());
        let store = Arc::new(OnKv::new(MemoryStore::new()));
        let documents = MemoryStore::new();
        let hub = hub(&store, documents.clone());
        let key = key(1);
        let policy = Policy::pinned(Content::SCHEMA, PROGRAM);
        let genesis = genesis(
            "example",
            "a@example.com",
            &keys(ADMINISTRATOR),
            &key,
            policy,
            NOON,
        );
        let genesis = Bytes::from(genesis.unwrap());
        let chain = Chain::begin(&genesis).unwrap();
        let mut world = Self {
            hub,
            store,
            documents,
            ring: KeyRing::first(chain.domain(), key).unwrap(),
            chain,
            statements: vec![genesis.clone()],
            clock,
        };
        let hour = Duration::from_hours(1);
        let code = world.hub.invite("example", hour, world.clock.now()).await;
        let link = world.wire();
        let domain = world.chain.domain();
        let made = first_statement(&*link, domain, genesis, &code.unwrap()).await;
        made.unwrap();
        for number in numbers {
            world.add_node(*number).await;
        }
        world
    }

    /// A way to the hub.
    pub(crate) fn wire(&self) -> Arc<Wire> {
        let link = DirectLink::new(Arc::clone(&self.hub), AUTHORITY, Arc::clone(&self.clock));
        Arc::new(Wire {
            link: Mutex::new(Arc::new(link)),
            weather: Mutex::default(),
            sent: Mutex::default(),
            began: Instant::now(),
        })
    }

    pub(crate) async fn add_node(&mut self, number: u8) {
        let member = keys(number).member(format!("server-{number}"));
        let epoch = self.chain.epoch();
        let (domain, key) = (self.chain.domain(), self.ring.key(epoch).unwrap());
        let wrap = Wrap::new(&domain, epoch, key, &member).unwrap();
        let program = PROGRAM.into();
        self.state(&Action::NodeAdded {
            member,
            program,
            wrap,
        })
        .await;
    }

    pub(crate) async fn revise(&mut self, value: &str) {
        let number = self.chain.revisions().len() as u64 + 1;
        let document = ConfigDocument::new().with("host", value);
        let schema = self.chain.policy().schema();
        let revision = Revision {
            number,
            restores: 0,
            epoch: self.chain.epoch(),
            schema,
            sealed: self.ring.seal_document(number, schema, &document).unwrap(),
        };
        self.state(&Action::ConfigurationRevised { revision }).await;
    }

    pub(crate) async fn mint_token(&mut self, number: u8, life: Duration) {
        let member = keys(number).member("for autoscaling");
        let epoch = self.chain.epoch();
        let (domain, key) = (self.chain.domain(), self.ring.key(epoch).unwrap());
        let wrap = Wrap::new(&domain, epoch, key, &member).unwrap();
        let expires = self.clock.now().later(life).as_secs();
        self.state(&Action::TokenMinted {
            member,
            expires,
            wrap,
        })
        .await;
    }

    /// Begins the next epoch, without a server.
    pub(crate) async fn revoke(&mut self, number: u8) {
        let member = keys(number).id();
        let (epoch, key) = self.next_epoch(Some(member));
        let start = epoch.clone();
        self.state(&Action::NodeRevoked { member, epoch }).await;
        self.ring.advance(&start, key).unwrap();
    }

    fn next_epoch(&self, without: Option<MemberId>) -> (EpochStart, DomainKey) {
        let key = key(self.chain.epoch() + 1);
        let members = self.chain.recipients(without);
        (EpochStart::after(&self.ring, &key, members).unwrap(), key)
    }

    /// The administrator states something, straight into the store of the hub.
    pub(crate) async fn state(&mut self, action: &Action) {
        let occasion = Occasion {
            time: self.clock.now().as_secs(),
            via: MemberId::NOBODY,
            mark: FeedMark {
                seq: Seq::START,
                hash: Digest::new(*self.chain.domain().as_bytes()),
            },
        };
        self.catch_up().await;
        let statement = self.chain.sign(&keys(ADMINISTRATOR), action, occasion);
        let statement = Bytes::from(statement.unwrap());
        let position = self.chain.len();
        self.chain.append(&statement).unwrap();
        self.statements.push(statement.clone());
        let domain = self.chain.domain();
        self.store
            .append(&domain, position, statement)
            .await
            .unwrap();
    }

    /// Takes in what servers stated.
    pub(crate) async fn catch_up(&mut self) {
        let (from, domain) = (self.chain.len(), self.chain.domain());
        let new = self.store.statements(&domain, from, usize::MAX);
        for statement in new.await.unwrap() {
            self.chain.append(&statement).unwrap();
            self.statements.push(statement);
        }
    }

    /// Starts a server on a fresh disk.
    pub(crate) async fn start(&self, number: u8) -> Server {
        self.start_with(number, settings(number)).await
    }

    pub(crate) async fn start_with(&self, number: u8, settings: NodeSettings) -> Server {
        let place = MemoryPlace::new();
        let domain = self.chain.domain();
        let mirror = Mirror::create(Arc::new(place.clone()), domain, &self.statements).await;
        self.run(number, settings, place, mirror.unwrap()).await
    }

    /// Starts a server on what is on its disk.
    pub(crate) async fn restart(&self, number: u8, place: MemoryPlace) -> Server {
        self.restart_with(number, place, settings(number)).await
    }

    pub(crate) async fn restart_with(
        &self,
        number: u8,
        place: MemoryPlace,
        settings: NodeSettings,
    ) -> Server {
        let domain = self.chain.domain();
        let mirror = Mirror::open(Arc::new(place.clone()), domain).await;
        self.run(number, settings, place, mirror.unwrap()).await
    }

    async fn run(
        &self,
        number: u8,
        settings: NodeSettings,
        place: MemoryPlace,
        mirror: Mirror,
    ) -> Server {
        let (wire, keys) = (self.wire(), Arc::new(keys(number)));
        let link: Arc<dyn Link> = Arc::clone(&wire) as _;
        let client = HubClient::new(link, self.chain.domain(), Arc::clone(&keys));
        let configurations = Arc::new(Offered::default());
        let settings = settings.clock(Arc::clone(&self.clock));
        let offered: Arc<dyn Configurations> = Arc::clone(&configurations) as _;
        let node = Node::start(settings, keys, mirror, client, offered).await;
        Server {
            node: node.unwrap(),
            place,
            wire,
            configurations,
            number,
        }
    }

    /// Another hub, with what this one has now.
    pub(crate) async fn backup(&self) -> (Arc<OnKv<MemoryStore>>, Arc<Hub>) {
        let copy = Arc::new(OnKv::new(MemoryStore::new()));
        let domain = self.chain.domain();
        let statements = self.store.statements(&domain, 0, usize::MAX).await;
        for (position, statement) in (0..).zip(statements.unwrap()) {
            copy.append(&domain, position, statement).await.unwrap();
        }
        let feed = self.store.feed(&domain, Seq::START, usize::MAX).await;
        let Feed::Batches(batches) = feed.unwrap() else {
            panic!("nothing was compacted");
        };
        for stored in batches {
            let after = Seq::new(stored.first.number() - 1);
            copy.commit(&domain, after, stored.batch).await.unwrap();
        }
        let documents = MemoryStore::new();
        let page = self.documents.list("", None, 1000).await.unwrap();
        for (key, entry) in page.entries {
            documents
                .put(&key, entry.value, Expect::Absent)
                .await
                .unwrap();
        }
        let hub = hub(&copy, documents);
        (copy, hub)
    }

    pub(crate) async fn head(&self) -> Seq {
        let head = self.store.head(&self.chain.domain()).await;
        head.unwrap().unwrap().seq
    }

    pub(crate) fn id(&self, name: &str) -> RecordId {
        self.ring.record_id(&account(name))
    }
}

impl Server {
    /// Makes a user.
    pub(crate) async fn sign_up(&self, name: &str) -> Result<Put, sso_core::StoreError> {
        let ring = self.node.ring();
        let id = ring.record_id(&account(name));
        self.node.put(id, 0, user(&ring, name, 1)).await
    }

    pub(crate) async fn find(&self, name: &str) -> Result<Option<Held>, sso_core::StoreError> {
        let id = self.node.ring().record_id(&account(name));
        self.node.find(&id).await
    }

    /// Waits until its status is so.
    pub(crate) async fn until(&self, is: impl Fn(&NodeStatus) -> bool) -> NodeStatus {
        let mut status = self.node.status();
        let waited = tokio::time::timeout(PATIENCE, status.wait_for(|it| is(it))).await;
        match waited {
            Ok(status) => status.unwrap().clone(),
            Err(_) => panic!("server {} stays so: {:?}", self.number, self.status()),
        }
    }

    /// Waits until it has everything that the hub has.
    pub(crate) async fn until_level(&self, world: &World) -> NodeStatus {
        let (seq, chain) = (world.head().await, world.chain.len());
        self.until(|it| {
            it.phase.word() == "level" && it.head.seq >= seq && it.chain.position + 1 >= chain
        })
        .await
    }

    pub(crate) fn status(&self) -> NodeStatus {
        self.node.status().borrow().clone()
    }

    /// Ends it without notice, whatever it is doing.
    pub(crate) async fn kill(self) -> MemoryPlace {
        self.wire.set(Weather::Cut);
        let place = self.place.clone();
        drop(self);
        // What was under way may come to its end or not.
        tokio::task::yield_now().await;
        place
    }

    /// Stops it, and answers what is on its disk.
    pub(crate) async fn stop(self) -> MemoryPlace {
        self.node.stop().await;
        self.place
    }
}

/// A link that can be cut.
#[derive(Debug)]
pub(crate) struct Wire {
    link: Mutex<Arc<DirectLink>>,
    weather: Mutex<Weather>,
    sent: Mutex<Vec<String>>,
    began: Instant,
}

/// How the network is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Weather {
    #[default]
    Fine,
    /// Nothing comes through.
    Cut,
    /// Requests to such a path come through, and the answer to the next of them is lost.
    LosesAnswer(&'static str),
    /// Requests to such a path come through, and the answers are changed on the way.
    Changes(&'static str),
    /// Requests to such a path do not come through.
    Without(&'static str),
}

impl Wire {
    pub(crate) fn set(&self, weather: Weather) {
        *lock(&self.weather) = weather;
    }

    /// Leads to another hub from now on.
    pub(crate) fn lead_to(&self, world: &World) {
        let link = DirectLink::new(Arc::clone(&world.hub), AUTHORITY, Arc::clone(&world.clock));
        *lock(&self.link) = Arc::new(link);
    }

    /// How many requests there were so far whose method and address contain this.
    pub(crate) fn count(&self, part: &str) -> usize {
        lock(&self.sent)
            .iter()
            .filter(|it| it.contains(part))
            .count()
    }

    /// What was asked for so far, and when.
    pub(crate) fn sent(&self, world: &World) -> Vec<String> {
        let domain = world.chain.domain().to_string();
        let sent = lock(&self.sent);
        sent.iter()
            .map(|it| it.replace(&domain, "domain"))
            .collect()
    }

    fn interrupted(&self) -> LinkError {
        LinkError::Interrupted {
            hub: AUTHORITY.into(),
            source: "lost".into(),
        }
    }

    fn unreachable(&self) -> LinkError {
        LinkError::Unreachable {
            hub: AUTHORITY.into(),
            source: "cut".into(),
        }
    }
}

#[async_trait]
impl Link for Wire {
    fn authority(&self) -> &str {
        AUTHORITY
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, LinkError> {
        let address = format!("{} {}", request.method(), request.uri());
        let at = self.began.elapsed().as_millis();
        lock(&self.sent).push(format!("{at} {address}"));
        let weather = lock(&self.weather).clone();
        match weather {
            Weather::Cut => return Err(self.unreachable()),
            Weather::Without(part) if address.contains(part) => return Err(self.unreachable()),
            _ => {}
        }
        let link = Arc::clone(&lock(&self.link));
        let answer = link.send(request).await?;
        match weather {
            Weather::LosesAnswer(part) if address.contains(part) => {
                self.set(Weather::Fine);
                Err(self.interrupted())
            }
            Weather::Changes(part) if address.contains(part) => Ok(answer.map(changed)),
            _ if *lock(&self.weather) == Weather::Cut => Err(self.interrupted()),
            _ => Ok(answer),
        }
    }
}

/// With another bit at the end.
fn changed(body: Bytes) -> Bytes {
    let mut body = body.to_vec();
    if let Some(last) = body.last_mut() {
        *last ^= 1;
    }
    body.into()
}

/// Takes down what it was offered, and refuses what it is told to.
#[derive(Debug, Default)]
pub(crate) struct Offered {
    offered: Mutex<Vec<(u64, String)>>,
    refuses: Mutex<Option<&'static str>>,
}

impl Offered {
    pub(crate) fn all(&self) -> Vec<(u64, String)> {
        lock(&self.offered).clone()
    }

    /// Refuses such a value from now on.
    pub(crate) fn refuse(&self, value: &'static str) {
        *lock(&self.refuses) = Some(value);
    }
}

#[async_trait]
impl Configurations for Offered {
    async fn offer(&self, revision: u64, document: &ConfigDocument) -> Result<(), String> {
        let value = String::from_utf8(document.value("host").unwrap().to_vec()).unwrap();
        if *lock(&self.refuses) == Some(value.as_str()) {
            return Err(format!("this machine has no {value}"));
        }
        lock(&self.offered).push((revision, value));
        Ok(())
    }
}

/// Time as it flows for tokio.
#[derive(Debug)]
struct Flowing(Instant);

impl Flowing {
    fn begin() -> Self {
        Self(Instant::now())
    }
}

impl Clock for Flowing {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(NOON).later(self.0.elapsed())
    }
}

fn hub(store: &Arc<OnKv<MemoryStore>>, documents: MemoryStore) -> Arc<Hub> {
    let settings = HubSettings::new(AUTHORITY, "1.0.0")
        .source_limit_of(1_000_000, 1_000_000)
        .member_limit_of(1_000_000, 1_000_000);
    let store: Arc<dyn DomainStore> = Arc::clone(store) as _;
    let documents: Arc<dyn KvStore> = Arc::new(documents);
    Arc::new(Hub::new(settings, store, documents, Arc::new(NoAudit)).unwrap())
}

/// A user whom any server makes the same.
pub(crate) fn user(ring: &KeyRing, name: &str, version: u64) -> Content {
    let epoch = ring.newest();
    let id = ring.record_id(&account(name));
    let minted = ring.mint(epoch, &id, version).unwrap();
    let user = SealedUser::minted(minted, epoch, version, account(name), Profile::default());
    Content::User(user)
}

pub(crate) fn profile(first: &str) -> Profile {
    let mut profile = Profile::default();
    profile.first = Some(first.into());
    profile
}

pub(crate) fn first_name(held: &Held) -> Option<String> {
    match &held.content {
        Content::User(user) => user.profile.known.first.clone(),
        Content::Removed { .. } => None,
    }
}

pub(crate) fn settings(number: u8) -> NodeSettings {
    NodeSettings::new(format!("server-{number}"), PROGRAM).seed(number.into())
}

pub(crate) fn keys(number: u8) -> MemberKeys {
    MemberKeys::from_secrets(&[number; 32], &[number; 32]).unwrap()
}

pub(crate) fn account(name: &str) -> AccountKey {
    AccountKey::new("https://idp.example", "persistent", name)
}

fn key(epoch: u64) -> DomainKey {
    DomainKey::from_bytes([u8::try_from(epoch).unwrap(); 32])
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// On a paused clock nobody waits for it, unless something hangs.
const PATIENCE: Duration = Duration::from_hours(2);

pub(crate) const PROGRAM: &str = "1.0.0";
pub(crate) const ADMINISTRATOR: u8 = 101;
const AUTHORITY: &str = "hub.example.com:443";
const NOON: u64 = 1_800_000_000;

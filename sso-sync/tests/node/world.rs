//! A hub, a domain on it, and servers that talk to it over links that can be cut.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sso_core::Clock;
use sso_core::user::{AccountKey, Profile};
use sso_sync::Digest;
use sso_sync::chain::{Action, Chain, Farewell, FeedMark, Occasion, Policy, Revision, genesis};
use sso_sync::driver::Node;
use sso_sync::hub::{Hub, HubSettings, NoAudit};
use sso_sync::link::{DirectLink, HubClient, Link, first_statement};
use sso_sync::mirror::Mirror;
use sso_sync::node::{Configurations, Held, NodeSettings};
use sso_sync::seal::{
    ConfigDocument, Content, DomainKey, EpochStart, KeyRing, MemberId, MemberKeys, SealedUser, Wrap,
};
use sso_sync::status::Revocation;
use sso_sync::store::{DomainStore, Expect, Feed, KvStore, MemoryStore, OnKv, RecordId, Seq};
use sso_sync::testkit::MemoryPlace;

use crate::server::{Offered, Server};
use crate::wire::{Flowing, Wire};

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

impl World {
    /// A domain with one administrator and these servers.
    pub(crate) async fn with(numbers: &[u8]) -> Self {
        Self::with_limit(numbers, PLENTY).await
    }

    /// The same at a hub that answers a member so often in a second, and at once.
    pub(crate) async fn with_limit(numbers: &[u8], limit: (u32, u32)) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(Flowing::begin());
        let store = Arc::new(OnKv::new(MemoryStore::new()));
        let documents = MemoryStore::new();
        let hub = hub(&store, documents.clone(), limit);
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
        Wire::to(link)
    }

    pub(crate) async fn add_node(&mut self, number: u8) {
        let member = keys(number).member(format!("server-{number}"));
        let epoch = self.chain.epoch();
        let (domain, key) = (self.chain.domain(), self.ring.key(epoch).unwrap());
        let wrap = Wrap::new(&domain, epoch, key, &member).unwrap();
        let program = self.chain.policy().from().into();
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

    /// A server leaves as planned, and tells its sign-outs.
    pub(crate) async fn retire(&mut self, number: u8, sign_outs: &[Revocation]) {
        let member = keys(number).id();
        let (epoch, key) = self.next_epoch(Some(member));
        let start = epoch.clone();
        let (chain, keys, mark) = (&self.chain, keys(number), self.mark());
        let farewell = Farewell::say(chain, &self.ring, &keys, mark, sign_outs, 0).unwrap();
        let action = Action::NodeRetired {
            member,
            epoch,
            farewell,
        };
        self.state(&action).await;
        self.ring.advance(&start, key).unwrap();
    }

    fn next_epoch(&self, without: Option<MemberId>) -> (EpochStart, DomainKey) {
        let key = key(self.chain.epoch() + 1);
        let members = self.chain.recipients(without);
        (EpochStart::after(&self.ring, &key, members).unwrap(), key)
    }

    /// The administrator states something, straight into the store of the hub.
    pub(crate) async fn state(&mut self, action: &Action) {
        self.state_at(action, self.clock.now().as_secs()).await;
    }

    /// The same by another clock.
    pub(crate) async fn state_at(&mut self, action: &Action, time: u64) {
        let occasion = Occasion {
            time,
            via: MemberId::NOBODY,
            mark: self.mark(),
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

    /// The end of the feed, as the administrator knows it.
    fn mark(&self) -> FeedMark {
        FeedMark {
            seq: Seq::START,
            hash: Digest::new(*self.chain.domain().as_bytes()),
        }
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
        let hub = hub(&copy, documents, PLENTY);
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

fn hub(
    store: &Arc<OnKv<MemoryStore>>,
    documents: MemoryStore,
    (per_second, at_once): (u32, u32),
) -> Arc<Hub> {
    let settings = HubSettings::new(AUTHORITY, "1.0.0")
        .source_limit_of(1_000_000, 1_000_000)
        .member_limit_of(per_second, at_once);
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
        Content::Note(_) | Content::Removed { .. } | Content::Signpost { .. } => None,
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

pub(crate) const PROGRAM: &str = "1.0.0";
pub(crate) const ADMINISTRATOR: u8 = 101;
pub(crate) const AUTHORITY: &str = "hub.example.com:443";
pub(crate) const NOON: u64 = 1_800_000_000;

/// Requests that the hub answers a member: in a second, and at once.
const PLENTY: (u32, u32) = (1_000_000, 1_000_000);

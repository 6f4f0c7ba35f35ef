//! A domain, the hub that keeps it, and the server that writes to it.

use std::sync::Arc;

use bytes::Bytes;
use sso_core::user::{AccountKey, Profile};
use sso_sync::Digest;
use sso_sync::chain::{Action, Chain, FeedMark, Occasion, Policy, Revision, genesis};
use sso_sync::feed::{HubHead, Listed, Live, Step, record_digest};
use sso_sync::mirror::{Filled, Lookup, Mirror, Place};
use sso_sync::seal::{
    ConfigDocument, Content, DomainKey, KeyRing, MemberId, MemberKeys, RecordBody, SealedUser, Wrap,
};
use sso_sync::store::{
    DomainId, DomainStore as _, Feed, FeedBatch, MemoryStore, OnKv, Record, RecordId, Seq,
    SnapshotPage, Stored,
};
use sso_sync::testkit::MemoryPlace;

pub(crate) struct World {
    pub(crate) statements: Vec<Bytes>,
    pub(crate) store: OnKv<MemoryStore>,
    /// Server 1, which holds everything and writes.
    pub(crate) writer: Mirror,
    ring: KeyRing,
}

impl World {
    /// With servers 1 and 2, and no users.
    pub(crate) async fn new() -> Self {
        let key = DomainKey::from_bytes([1; 32]);
        let policy = Policy::pinned(1, "1.0.0");
        let genesis = genesis("example", "a@example.com", &keys(101), &key, policy, NOON);
        let genesis = Bytes::from(genesis.unwrap());
        let mut chain = Chain::begin(&genesis).unwrap();
        let ring = KeyRing::first(chain.domain(), key).unwrap();
        let mut statements = vec![genesis];
        for number in [1, 2] {
            let statement = sign(&chain, &node_added(&chain, &ring, number));
            chain.append(&statement).unwrap();
            statements.push(statement);
        }
        let store = OnKv::new(MemoryStore::new());
        for (position, statement) in (0..).zip(&statements) {
            let domain = chain.domain();
            let append = store.append(&domain, position, statement.clone());
            append.await.unwrap();
        }
        let place = Arc::new(MemoryPlace::new());
        let writer = Mirror::create(place, chain.domain(), &statements);
        Self {
            writer: writer.await.unwrap(),
            statements,
            store,
            ring,
        }
    }

    /// With users of these numbers, in one batch for every 500.
    pub(crate) async fn with_users(users: std::ops::Range<u64>) -> Self {
        let mut world = Self::new().await;
        let users: Vec<_> = users.collect();
        for some in users.chunks(500) {
            world.commit(some).await;
        }
        world
    }

    pub(crate) fn domain(&self) -> DomainId {
        self.writer.domain()
    }

    pub(crate) async fn create(&self, place: Arc<dyn Place>) -> Mirror {
        let created = Mirror::create(place, self.domain(), &self.statements);
        created.await.unwrap()
    }

    /// A mirror that has everything.
    pub(crate) async fn filled(&self, place: Arc<dyn Place>) -> Mirror {
        let mut mirror = self.create(place).await;
        self.fill(&mut mirror).await;
        mirror
    }

    pub(crate) async fn open(&self, place: Arc<dyn Place>) -> Mirror {
        Mirror::open(place, self.domain()).await.unwrap()
    }

    /// The writer commits the next state of these users.
    pub(crate) async fn commit(&mut self, users: &[u64]) -> FeedBatch {
        let batch = self.draft(users).await;
        let after = self.writer.follower().head().mark.seq;
        let domain = self.domain();
        let commit = self.store.commit(&domain, after, batch.batch.clone());
        commit.await.unwrap();
        let step = self.writer.take_batch(&batch).await.unwrap();
        assert!(matches!(step, Step::Apply(_)), "{step:?}");
        batch
    }

    /// What the writer would commit.
    pub(crate) async fn draft(&mut self, users: &[u64]) -> FeedBatch {
        let mut records = Vec::new();
        for user in users {
            records.push(self.next(*user).await);
        }
        let batch = self.writer.write(&keys(1), records).await.unwrap();
        let first = self.writer.follower().head().mark.seq.plus(1);
        FeedBatch { first, batch }
    }

    /// The next state of a user.
    pub(crate) async fn next(&self, user: u64) -> Record {
        let id = id(user);
        let version = match self.writer.find(&id).await.unwrap() {
            Lookup::Absent => 1,
            Lookup::Live(stored) => version(&stored.record) + 1,
            other => panic!("the writer holds everything: {other:?}"),
        };
        let minted = self.ring.mint(1, &id, 1).unwrap();
        let account = AccountKey::new("https://idp.example", "persistent", user.to_string());
        let content = SealedUser::minted(minted, 1, 1, account, Profile::default());
        self.ring
            .seal_record(id, version, &Content::User(content))
            .unwrap()
    }

    /// An administrator saves a configuration.
    pub(crate) async fn revise(&mut self) -> Bytes {
        let statement = self.revision();
        let position = self.statements.len() as u64;
        let domain = self.domain();
        let append = self.store.append(&domain, position, statement.clone());
        append.await.unwrap();
        self.statements.push(statement.clone());
        let taken = self
            .writer
            .take_statements(std::slice::from_ref(&statement))
            .await;
        assert_eq!(taken.unwrap().len(), 1);
        statement
    }

    fn revision(&self) -> Bytes {
        let chain = self.writer.chain();
        let number = chain.revisions().len() as u64 + 1;
        let document = ConfigDocument::new().with("number", number.to_string());
        let sealed = self.ring.seal_document(number, 1, &document).unwrap();
        let revision = Revision {
            number,
            restores: 0,
            epoch: 1,
            schema: 1,
            sealed,
        };
        sign(chain, &Action::ConfigurationRevised { revision })
    }

    /// `GET head`.
    pub(crate) async fn head(&self) -> HubHead {
        let head = self.store.head(&self.domain()).await.unwrap().unwrap();
        HubHead {
            statements: head.statements,
            chain: self.writer.chain().head().1,
            seq: head.seq,
            envelope: head.envelope.to_vec(),
            compacted: head.compacted,
        }
    }

    /// `GET buckets`.
    pub(crate) fn digests(&self) -> Vec<Digest> {
        let mut set = self.writer.follower().set().clone();
        set.digests().unwrap()
    }

    /// `GET buckets/{bucket}`.
    pub(crate) async fn listing(&self, bucket: u8) -> Vec<Listed> {
        let listed = self
            .store
            .bucket(&self.domain(), bucket, None, usize::MAX)
            .await
            .unwrap();
        let listed = listed.iter().map(|stored| Listed {
            id: stored.record.id,
            live: live(&stored.record),
        });
        listed.collect()
    }

    /// `POST records`.
    pub(crate) async fn records(&self, ids: &[RecordId]) -> Vec<Stored> {
        self.store.find(&self.domain(), ids).await.unwrap()
    }

    /// All pages of `GET snapshot`, of some records each.
    pub(crate) async fn pages(&self, bytes: usize) -> Vec<SnapshotPage> {
        let (mut pages, mut cursor) = (Vec::new(), None);
        loop {
            let page = self
                .store
                .snapshot(&self.domain(), cursor.as_ref(), bytes)
                .await
                .unwrap();
            cursor.clone_from(&page.next);
            pages.push(page);
            if cursor.is_none() {
                return pages;
            }
        }
    }

    /// Joins and fills, as a driver does.
    pub(crate) async fn fill(&self, mirror: &mut Mirror) {
        self.join(mirror).await;
        mirror.begin_filling().await.unwrap();
        for page in self.pages(PAGE).await {
            mirror.fill(page).await.unwrap();
        }
        self.follow(mirror).await;
        let filled = mirror.finish_filling(&self.digests()).await.unwrap();
        assert!(matches!(filled, Filled::Complete { .. }), "{filled:?}");
        self.same(mirror).await;
    }

    pub(crate) async fn join(&self, mirror: &mut Mirror) {
        let head = self.head().await;
        mirror.join(&head, &self.digests()).await.unwrap();
    }

    /// Takes in the feed up to its end.
    pub(crate) async fn follow(&self, mirror: &mut Mirror) {
        let after = mirror.follower().head().mark.seq;
        for batch in self.batches(after).await {
            let step = mirror.take_batch(&batch).await.unwrap();
            assert!(matches!(step, Step::Apply(_)), "{step:?}");
        }
    }

    /// `GET feed`.
    pub(crate) async fn batches(&self, after: Seq) -> Vec<FeedBatch> {
        let domain = self.domain();
        let feed = self.store.feed(&domain, after, usize::MAX);
        match feed.await.unwrap() {
            Feed::Batches(batches) => batches,
            Feed::Compacted(_) => panic!("nothing was compacted"),
        }
    }

    /// The mirror holds everything that the writer does.
    pub(crate) async fn same(&self, mirror: &mut Mirror) {
        assert!(mirror.is_complete());
        mirror.ready().await;
        let differing = mirror.differing(&self.digests()).await.unwrap();
        assert_eq!(differing, Vec::<u8>::new());
        assert_eq!(mirror.follower().head(), self.writer.follower().head());
        assert!(mirror.follower().set() == self.writer.follower().set());
        let audit = mirror.audit().await.unwrap();
        assert_eq!(audit.differing, Vec::<u8>::new());
        assert_eq!(audit.records, mirror.follower().head().live);
    }
}

fn node_added(chain: &Chain, ring: &KeyRing, number: u8) -> Action {
    let member = keys(number).member(format!("server-{number}"));
    let wrap = Wrap::new(&chain.domain(), 1, ring.key(1).unwrap(), &member).unwrap();
    let program = "1.0.0".into();
    Action::NodeAdded {
        member,
        program,
        wrap,
    }
}

fn sign(chain: &Chain, action: &Action) -> Bytes {
    let occasion = Occasion {
        time: NOON,
        via: MemberId::NOBODY,
        mark: FeedMark::start(&chain.domain()),
    };
    chain.sign(&keys(101), action, occasion).unwrap().into()
}

pub(crate) fn keys(number: u8) -> MemberKeys {
    MemberKeys::from_secrets(&[number; 32], &[number; 32]).unwrap()
}

/// The id of the user with this number, in any bucket.
pub(crate) fn id(user: u64) -> RecordId {
    let mixed = user.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&mixed);
    bytes[24..].copy_from_slice(&user.to_be_bytes());
    RecordId::new(bytes)
}

pub(crate) fn live(record: &Record) -> Live {
    Live {
        version: version(record),
        digest: record_digest(&record.body),
    }
}

pub(crate) fn version(record: &Record) -> u64 {
    RecordBody::parse(&record.body).unwrap().version()
}

pub(crate) fn bucket(user: u64) -> u8 {
    id(user).as_bytes()[0]
}

pub(crate) fn memory() -> Arc<MemoryPlace> {
    Arc::new(MemoryPlace::new())
}

/// A snapshot in many pages.
pub(crate) const PAGE: usize = 8 * 1024;
const NOON: u64 = 1_800_000_000;

/// Ends here or later.
pub(crate) fn seq(number: u64) -> Seq {
    Seq::new(number)
}

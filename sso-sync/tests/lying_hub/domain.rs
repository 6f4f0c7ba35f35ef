//! A domain with some history, and the hub that keeps it.

use sso_core::user::{AccountKey, Profile};
use sso_sync::Digest;
use sso_sync::chain::{Action, Chain, FeedMark, Occasion, Policy, Revision, genesis};
use sso_sync::feed::{Presence, record_digest};
use sso_sync::seal::{
    ConfigDocument, Content, DomainKey, KeyRing, MemberId, MemberKeys, SealedUser, Wrap,
};
use sso_sync::store::{FeedBatch, Record, RecordId, Seq};
use sso_sync::testkit::LyingHub;

use super::server::Server;

pub(crate) struct Domain {
    pub(crate) hub: LyingHub,
    pub(crate) chain: Chain,
    pub(crate) statements: Vec<Vec<u8>>,
    /// Where in the chain the first configuration stands.
    pub(crate) first_revision: usize,
    ring: KeyRing,
    batches: Vec<FeedBatch>,
}

/// A domain with two servers, two configurations and three batches, and its first server.
pub(crate) fn lived_in() -> (Domain, Server) {
    let mut domain = Domain::new();
    domain.add_node(1);
    domain.add_node(2);
    domain.first_revision = domain.statements.len();
    domain.revise(1);
    let mut server = Server::new(&domain);
    assert!(server.synchronize(&domain.hub).is_level());
    domain.commit(&mut server, &["alice"]);
    domain.commit(&mut server, &["alice", "bob"]);
    domain.commit(&mut server, &["bob", "carol"]);
    domain.revise(2);
    assert!(server.synchronize(&domain.hub).is_level());
    (domain, server)
}

impl Domain {
    fn new() -> Self {
        let key = DomainKey::from_bytes([1; 32]);
        let policy = Policy::pinned(1, "1.0.0");
        let genesis = genesis("example", "a@example.com", &keys(101), &key, policy, NOON);
        let genesis = genesis.unwrap();
        let chain = Chain::begin(&genesis).unwrap();
        Self {
            hub: LyingHub::new(vec![genesis.clone()]),
            ring: KeyRing::first(chain.domain(), key).unwrap(),
            chain,
            statements: vec![genesis],
            first_revision: 0,
            batches: Vec::new(),
        }
    }

    fn add_node(&mut self, number: u8) {
        let member = keys(number).member(format!("server-{number}"));
        let key = self.ring.key(1).unwrap();
        let wrap = Wrap::new(&self.chain.domain(), 1, key, &member).unwrap();
        let program = "1.0.0".into();
        self.append(&Action::NodeAdded {
            member,
            program,
            wrap,
        });
    }

    fn revise(&mut self, number: u64) {
        let revision = self.revision(number, "https://sso.example.com");
        self.append(&Action::ConfigurationRevised { revision });
    }

    fn revision(&self, number: u64, url: &str) -> Revision {
        let document = ConfigDocument::new().with("base_url", url);
        Revision {
            number,
            restores: 0,
            epoch: 1,
            schema: 1,
            sealed: self.ring.seal_document(number, 1, &document).unwrap(),
        }
    }

    fn append(&mut self, action: &Action) {
        let statement = sign(&self.chain, action);
        self.chain.append(&statement).unwrap();
        self.statements.push(statement.clone());
        self.hub.append(statement);
    }

    /// Another statement at the place of the last.
    pub(crate) fn other_last_statement(&self) -> Vec<u8> {
        let mut chain = Chain::begin(&self.statements[0]).unwrap();
        for statement in &self.statements[1..self.statements.len() - 1] {
            chain.append(statement).unwrap();
        }
        let revision = self.revision(2, "https://other.example.com");
        sign(&chain, &Action::ConfigurationRevised { revision })
    }

    fn commit(&mut self, server: &mut Server, names: &[&str]) {
        let records = names.iter().map(|name| self.new_user(server, name));
        let batch = server.write(1, records.collect());
        server.take(&batch);
        self.hub.commit(batch.batch.clone());
        self.batches.push(batch);
    }

    pub(crate) fn last_batch(&self) -> FeedBatch {
        self.batches.last().unwrap().clone()
    }

    /// What server 2 would have committed in place of the last batch.
    pub(crate) fn other_last_batch(&self) -> FeedBatch {
        let mut server = Server::new(self);
        let mut earlier = self.hub.clone();
        earlier.lose_batches(1);
        assert!(server.synchronize(&earlier).is_level());
        let records = vec![
            self.new_user(&server, "eve"),
            self.new_user(&server, "frank"),
        ];
        server.write(2, records)
    }

    /// The next state of a user, who is made if there is none.
    pub(crate) fn new_user(&self, server: &Server, name: &str) -> Record {
        let id = self.id(name);
        let version = match server.follower.set().presence(&id, &server.held) {
            Presence::Absent => 1,
            Presence::Live(live) => live.version + 1,
            Presence::Unknown => panic!("everything is held"),
        };
        let minted = self.ring.mint(1, &id, 1).unwrap();
        let profile = Profile::default();
        let user = SealedUser::minted(minted, 1, 1, account(name), profile);
        self.ring
            .seal_record(id, version, &Content::User(user))
            .unwrap()
    }

    pub(crate) fn open(&self, record: &Record) -> SealedUser {
        match self.ring.open_record(record).unwrap() {
            (_, Content::User(user)) => user,
            (_, _) => panic!("there is a user"),
        }
    }

    pub(crate) fn id(&self, name: &str) -> RecordId {
        self.ring.record_id(&account(name))
    }

    /// The digest of the first state of a user.
    pub(crate) fn first_digest(&self, name: &str) -> Digest {
        let id = self.id(name);
        let mut records = self.batches.iter().flat_map(|it| it.batch.records());
        let first = records.find(|record| record.id == id).unwrap();
        record_digest(&first.body)
    }

    pub(crate) fn ring(&self) -> KeyRing {
        KeyRing::first(self.chain.domain(), DomainKey::from_bytes([1; 32])).unwrap()
    }
}

fn sign(chain: &Chain, action: &Action) -> Vec<u8> {
    let occasion = Occasion {
        time: NOON,
        via: MemberId::NOBODY,
        mark: FeedMark {
            seq: Seq::START,
            hash: Digest::new(*chain.domain().as_bytes()),
        },
    };
    chain.sign(&keys(101), action, occasion).unwrap()
}

pub(crate) fn keys(number: u8) -> MemberKeys {
    MemberKeys::from_secrets(&[number; 32], &[number; 32]).unwrap()
}

pub(crate) fn account(name: &str) -> AccountKey {
    AccountKey::new("https://idp.example", "persistent", name)
}

const NOON: u64 = 1_800_000_000;

//! A domain to test with.

mod accepts;
mod bytes;
mod form;
mod properties;
mod retirements;
mod rules;

use super::*;
use crate::Digest;
use crate::seal::{ConfigDocument, DomainKey, EpochStart, KeyRing, MemberId, MemberKeys, Wrap};

/// A domain, its keys, and every statement that it took in.
pub(crate) struct TestDomain {
    pub(crate) chain: Chain,
    pub(crate) ring: KeyRing,
    pub(crate) statements: Vec<Vec<u8>>,
    pub(crate) mark: FeedMark,
    pub(crate) time: u64,
}

impl TestDomain {
    /// With [`ADMINISTRATOR`] and no server.
    pub(crate) fn new() -> Self {
        Self::named("example")
    }

    pub(crate) fn named(name: &str) -> Self {
        let key = DomainKey::from_bytes([1; 32]);
        let policy = Policy::pinned(1, "1.0.0");
        let genesis = genesis(
            name,
            "a@example.com",
            &keys(ADMINISTRATOR),
            &key,
            policy,
            NOON,
        );
        let genesis = genesis.unwrap();
        let chain = Chain::begin(&genesis).unwrap();
        Self {
            ring: KeyRing::first(chain.domain(), key).unwrap(),
            mark: FeedMark::start(&chain.domain()),
            chain,
            statements: vec![genesis],
            time: NOON,
        }
    }

    /// With a server of this number.
    pub(crate) fn with_node(mut self, number: u8) -> Self {
        self.must(ADMINISTRATOR, &self.node_added(number));
        self
    }

    pub(crate) fn sign(&self, signer: u8, action: &Action) -> Vec<u8> {
        self.chain
            .sign(&keys(signer), action, self.occasion())
            .unwrap()
    }

    pub(crate) fn occasion(&self) -> Occasion {
        Occasion {
            time: self.time,
            via: MemberId::NOBODY,
            mark: self.mark,
        }
    }

    /// Tries a statement; nothing may change if it is refused.
    pub(crate) fn attempt(&mut self, signer: u8, action: &Action) -> Result<(), Refusal> {
        let statement = self.sign(signer, action);
        self.take(&statement)
    }

    pub(crate) fn take(&mut self, statement: &[u8]) -> Result<(), Refusal> {
        let before = self.chain.clone();
        let taken = self.chain.append(statement);
        match taken {
            Ok(_) => self.statements.push(statement.to_vec()),
            Err(_) => assert_eq!(self.chain, before),
        }
        taken.map(|_| ())
    }

    pub(crate) fn must(&mut self, signer: u8, action: &Action) {
        self.attempt(signer, action).unwrap();
    }

    /// Lets a revocation or an epoch happen, and follows with the key ring.
    pub(crate) fn turn(&mut self, action: &Action) {
        self.must(ADMINISTRATOR, action);
        self.follow_epoch();
    }

    /// Follows into the newest epoch with the key ring.
    pub(crate) fn follow_epoch(&mut self) {
        let number = self.chain.epoch();
        let start = self.chain.epochs().last().unwrap().clone();
        self.ring.advance(&start, epoch_key(number)).unwrap();
    }

    pub(crate) fn wrap(&self, number: u8) -> Wrap {
        let epoch = self.chain.epoch();
        let key = self.ring.key(epoch).unwrap();
        Wrap::new(&self.chain.domain(), epoch, key, &keys(number).member("x")).unwrap()
    }

    pub(crate) fn node_added(&self, number: u8) -> Action {
        Action::NodeAdded {
            member: keys(number).member(format!("server-{number}")),
            program: "1.0.0".into(),
            wrap: self.wrap(number),
        }
    }

    pub(crate) fn administrator_added(&self, number: u8, permissions: Permissions) -> Action {
        Action::AdministratorAdded {
            member: keys(number).member(format!("{number}@example.com")),
            permissions,
            wrap: self.wrap(number),
        }
    }

    pub(crate) fn token_minted(&self, number: u8) -> Action {
        Action::TokenMinted {
            member: keys(number).member("for autoscaling"),
            expires: NOON + 3600,
            wrap: self.wrap(number),
        }
    }

    /// The next epoch, without somebody.
    pub(crate) fn next_epoch(&self, without: Option<u8>) -> EpochStart {
        let without = without.map(|number| keys(number).id());
        let key = epoch_key(self.chain.epoch() + 1);
        EpochStart::after(&self.ring, &key, self.chain.recipients(without)).unwrap()
    }

    pub(crate) fn node_revoked(&self, number: u8) -> Action {
        Action::NodeRevoked {
            member: keys(number).id(),
            epoch: self.next_epoch(Some(number)),
        }
    }

    pub(crate) fn node_retired(&self, number: u8) -> Action {
        Action::NodeRetired {
            member: keys(number).id(),
            epoch: self.next_epoch(Some(number)),
            farewell: self.farewell(number),
        }
    }

    /// A server says goodbye now.
    pub(crate) fn farewell(&self, number: u8) -> Farewell {
        let (chain, keys) = (&self.chain, keys(number));
        Farewell::say(chain, &self.ring, &keys, self.mark, &[], 0).unwrap()
    }

    pub(crate) fn revision(&self, number: u64, host: &str) -> Revision {
        let document = ConfigDocument::new().with("host", host);
        let schema = self.chain.policy().schema();
        Revision {
            number,
            restores: 0,
            epoch: self.chain.epoch(),
            schema,
            sealed: self.ring.seal_document(number, schema, &document).unwrap(),
        }
    }

    pub(crate) fn revised(&self, number: u64, host: &str) -> Action {
        Action::ConfigurationRevised {
            revision: self.revision(number, host),
        }
    }
}

/// The key pairs of the member with this number.
pub(crate) fn keys(number: u8) -> MemberKeys {
    MemberKeys::from_secrets(&[number; 32], &[number; 32]).unwrap()
}

pub(crate) fn epoch_key(number: u64) -> DomainKey {
    DomainKey::from_bytes([u8::try_from(number).unwrap(); 32])
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) const ADMINISTRATOR: u8 = 101;
pub(crate) const OTHER_ADMINISTRATOR: u8 = 102;
pub(crate) const NOON: u64 = 1_800_000_000;
const DAY: u64 = 24 * 60 * 60;
const NO_DIGEST: Digest = Digest::ZERO;

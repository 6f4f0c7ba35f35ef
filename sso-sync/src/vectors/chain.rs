//! A chain from its beginning, and statements that are refused after it.

use serde_json::{Value, json};

use super::{NONCE, Wraps};
use crate::Digest;
use crate::chain::tests::{ADMINISTRATOR, NOON, epoch_key, hex, keys};
use crate::chain::{
    Action, Chain, FeedMark, Occasion, Permissions, Policy, Revision, Statement, first_statement,
};
use crate::seal::{
    ConfigDocument, DomainKey, EpochStart, KeyRing, MemberId, MemberKeys, Wrap, seal_previous,
};

/// A chain with everything that happens in one, and its keys.
pub(super) struct TestChain<'a> {
    wraps: &'a Wraps,
    chain: Chain,
    ring: KeyRing,
    statements: Vec<Vec<u8>>,
    refused: Vec<Value>,
}

impl<'a> TestChain<'a> {
    pub(super) fn new(wraps: &'a Wraps) -> Self {
        let mut chain = Self::begin(wraps);
        chain.nodes_and_token();
        chain.revision();
        chain.revocation();
        chain.refusals();
        chain
    }

    pub(super) const fn ring(&self) -> &KeyRing {
        &self.ring
    }

    pub(super) const fn chain(&self) -> &Chain {
        &self.chain
    }

    pub(super) fn describe(&self) -> Value {
        let statements = self.statements.iter().map(|bytes| {
            let statement = Statement::parse(bytes).unwrap();
            json!({
                "says": statement.action().unwrap().name(),
                "statement": hex(bytes),
                "hash": statement.hash().to_string(),
            })
        });
        let nodes = self.chain.nodes();
        let nodes = nodes.map(|(node, _)| node.member().id().to_string());
        json!({
            "domain": self.chain.domain().to_string(),
            "statements": statements.collect::<Vec<_>>(),
            "at_the_end": {
                "epoch": self.chain.epoch(),
                "nodes": nodes.collect::<Vec<_>>(),
                "revision": self.chain.revisions().len(),
                "schema": self.chain.policy().schema(),
                "programs": [self.chain.policy().from(), self.chain.policy().to()],
            },
            "refused_after_it": self.refused,
        })
    }

    fn begin(wraps: &'a Wraps) -> Self {
        let administrator = keys(ADMINISTRATOR);
        let key = epoch_key(1);
        let wrap = wraps.wrap("genesis", &Wrap::NO_DOMAIN, 1, &key, &administrator);
        let action = Action::Genesis {
            name: "example".into(),
            salt: Digest::new([9; 32]),
            administrator: administrator.member("a@example.com"),
            policy: Policy::pinned(1, "1.0.0"),
            epoch: EpochStart::from_parts(1, &key, Vec::new(), vec![wrap]).unwrap(),
        };
        let genesis = first_statement(&administrator, &action, NOON);
        let chain = Chain::begin(&genesis).unwrap();
        Self {
            wraps,
            ring: KeyRing::first(chain.domain(), key).unwrap(),
            chain,
            statements: vec![genesis],
            refused: Vec::new(),
        }
    }

    fn nodes_and_token(&mut self) {
        self.must(ADMINISTRATOR, &self.node_added("node 1", &keys(1)));
        let token = MemberKeys::of_token(&[50; 32]).unwrap();
        let minted = Action::TokenMinted {
            member: token.member("for autoscaling"),
            expires: NOON + 3600,
            wrap: self.wrap("token", &token),
        };
        self.must(ADMINISTRATOR, &minted);
        let added = self.node_added("node 2", &keys(2));
        let statement = self.chain.sign(&token, &added, self.occasion()).unwrap();
        self.take(statement);
        let other = Action::AdministratorAdded {
            member: keys(102).member("b@example.com"),
            permissions: Permissions::SSO,
            wrap: self.wrap("administrator", &keys(102)),
        };
        self.must(ADMINISTRATOR, &other);
    }

    fn revision(&mut self) {
        let action = Action::ConfigurationRevised {
            revision: self.sealed_revision(1),
        };
        self.must(102, &action);
    }

    fn revocation(&mut self) {
        let key = epoch_key(2);
        let action = Action::NodeRevoked {
            member: keys(2).id(),
            epoch: self.next_epoch(&key, &[1, ADMINISTRATOR, 102]),
        };
        self.must(ADMINISTRATOR, &action);
        let start = self.chain.epochs().last().unwrap().clone();
        self.ring.advance(&start, key).unwrap();
    }

    fn refusals(&mut self) {
        let program = || String::from("1.0.0");
        let updated = Action::NodeUpdated { program: program() };
        self.refuse(&self.sign(2, &updated));
        self.refuse(&self.sign(9, &updated));
        self.refuse(&self.sign(1, &Action::DeletionCancelled));
        self.refuse(&self.sign(ADMINISTRATOR, &Action::DeletionCancelled));
        let mut forged = self.sign(1, &updated);
        *forged.last_mut().unwrap() ^= 1;
        self.refuse(&forged);
        self.refuse(&self.statements[1].clone());
        let stale = Action::ConfigurationRevised {
            revision: self.sealed_revision(3),
        };
        self.refuse(&self.sign(ADMINISTRATOR, &stale));
        let again = self.node_added("node 1 again", &keys(1));
        self.refuse(&self.sign(ADMINISTRATOR, &again));
        let missing = Action::EpochStarted {
            epoch: self.next_epoch(&epoch_key(3), &[ADMINISTRATOR, 102]),
        };
        self.refuse(&self.sign(ADMINISTRATOR, &missing));
        let program = "2.0.0".into();
        self.refuse(&self.sign(1, &Action::NodeUpdated { program }));
    }

    fn node_added(&self, name: &str, node: &MemberKeys) -> Action {
        Action::NodeAdded {
            member: node.member(name),
            program: "1.0.0".into(),
            wrap: self.wrap(name, node),
        }
    }

    fn sealed_revision(&self, number: u64) -> Revision {
        let document = ConfigDocument::new().with("service.base_url", "\"https://a.example\"");
        let sealed = self.ring.seal_document_with(NONCE, number, 1, &document);
        Revision {
            number,
            restores: 0,
            epoch: self.chain.epoch(),
            schema: 1,
            sealed: sealed.unwrap(),
        }
    }

    fn next_epoch(&self, key: &DomainKey, members: &[u8]) -> EpochStart {
        let number = self.chain.epoch() + 1;
        let domain = self.chain.domain();
        let wraps = members.iter().map(|member| {
            let name = format!("epoch {number}, member {member}");
            self.wraps.wrap(&name, &domain, number, key, &keys(*member))
        });
        let previous = seal_previous(&self.ring, number, key, NONCE).unwrap();
        EpochStart::from_parts(number, key, previous, wraps.collect()).unwrap()
    }

    fn wrap(&self, name: &str, member: &MemberKeys) -> Wrap {
        let epoch = self.chain.epoch();
        let key = self.ring.key(epoch).unwrap();
        self.wraps
            .wrap(name, &self.chain.domain(), epoch, key, member)
    }

    fn occasion(&self) -> Occasion {
        Occasion {
            time: NOON,
            via: MemberId::NOBODY,
            mark: FeedMark::start(&self.chain.domain()),
        }
    }

    fn sign(&self, signer: u8, action: &Action) -> Vec<u8> {
        let occasion = self.occasion();
        self.chain.sign(&keys(signer), action, occasion).unwrap()
    }

    fn must(&mut self, signer: u8, action: &Action) {
        self.take(self.sign(signer, action));
    }

    fn take(&mut self, statement: Vec<u8>) {
        self.chain.append(&statement).unwrap();
        self.statements.push(statement);
    }

    fn refuse(&mut self, statement: &[u8]) {
        let refusal = self.chain.append(statement).unwrap_err();
        let described = json!({"statement": hex(statement), "code": refusal.code()});
        self.refused.push(described);
    }
}

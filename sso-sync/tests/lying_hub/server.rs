//! A server as its driver runs it, without waiting for anything.

use std::collections::BTreeMap;
use std::sync::Arc;

use sso_sync::chain::Chain;
use sso_sync::feed::{Event, Follower, Live, Step, record_digest};
use sso_sync::seal::{Content, KeyRing, RecordBody, SealedUser};
use sso_sync::store::{Batch, Feed, FeedBatch, Record, RecordId, Seq};
use sso_sync::testkit::LyingHub;

use super::domain::{Domain, account, keys};

#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) chain: Chain,
    pub(crate) follower: Follower,
    pub(crate) held: BTreeMap<RecordId, Live>,
    statements: Vec<Vec<u8>>,
    batches: Vec<FeedBatch>,
    records: BTreeMap<RecordId, Record>,
    ring: Arc<KeyRing>,
}

/// How a round with a hub ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The hub has less than the server.
    Behind,
    /// Both have the same.
    Level,
    /// Something was refused, with this code.
    Refused(&'static str),
}

impl Outcome {
    pub(crate) fn is_level(self) -> bool {
        self == Self::Level
    }
}

impl Server {
    /// Knows the first statement only.
    pub(crate) fn new(domain: &Domain) -> Self {
        let first = domain.statements[0].clone();
        let chain = Chain::open(domain.chain.domain(), &first).unwrap();
        Self {
            follower: Follower::start(chain.domain()),
            chain,
            held: BTreeMap::new(),
            statements: vec![first],
            batches: Vec::new(),
            records: BTreeMap::new(),
            ring: Arc::new(domain.ring()),
        }
    }

    /// Takes from a hub what it has, until there is nothing to do.
    pub(crate) fn synchronize(&mut self, hub: &LyingHub) -> Outcome {
        for _ in 0..MAX_ROUNDS {
            let head = hub.head();
            match self.follower.on_event(&self.chain, Event::Head(&head)) {
                Step::Wait => return Outcome::Level,
                Step::SendChain { .. } | Step::SendFeed { .. } => return Outcome::Behind,
                Step::Refuse(refusal) => return Outcome::Refused(refusal.code()),
                step => {
                    if let Err(refused) = self.fetch(hub, &step) {
                        return refused;
                    }
                }
            }
        }
        panic!("the hub and the server never agree");
    }

    /// Sends a hub what it lost, too.
    pub(crate) fn synchronize_and_seed(&mut self, hub: &mut LyingHub) -> Outcome {
        for _ in 0..MAX_ROUNDS {
            let head = hub.head();
            match self.follower.on_event(&self.chain, Event::Head(&head)) {
                Step::SendChain { from } => {
                    let lost = self.statements.iter().skip(usize::try_from(from).unwrap());
                    lost.for_each(|statement| hub.append(statement.clone()));
                }
                Step::SendFeed { after } => {
                    let lost = self.batches.iter().filter(|batch| batch.first > after);
                    lost.for_each(|batch| hub.commit(batch.batch.clone()));
                }
                _ => return self.synchronize(hub),
            }
        }
        panic!("the hub is never seeded");
    }

    fn fetch(&mut self, hub: &LyingHub, step: &Step) -> Result<(), Outcome> {
        match step {
            Step::FetchChain { from } => {
                for statement in hub.chain(*from) {
                    let refused = |refusal: sso_sync::chain::Refusal| refusal.code();
                    let taken = self.chain.append(&statement).map_err(refused);
                    taken.map_err(Outcome::Refused)?;
                    self.statements.push(statement);
                }
                Ok(())
            }
            Step::FetchFeed { after } => self.fetch_feed(hub, *after),
            other => panic!("{other:?}"),
        }
    }

    fn fetch_feed(&mut self, hub: &LyingHub, after: Seq) -> Result<(), Outcome> {
        let Feed::Batches(batches) = hub.feed(after) else {
            panic!("nothing was compacted");
        };
        for batch in batches {
            match self.take(&batch) {
                Step::Refuse(refusal) => return Err(Outcome::Refused(refusal.code())),
                Step::FetchChain { .. } => return Ok(()),
                _ => {}
            }
        }
        Ok(())
    }

    pub(crate) fn take(&mut self, batch: &FeedBatch) -> Step {
        let held = &self.held;
        let event = Event::Batch { batch, held };
        let step = self.follower.on_event(&self.chain, event);
        if matches!(step, Step::Apply(_)) {
            for record in batch.batch.records() {
                self.held.insert(record.id, live(record));
                self.records.insert(record.id, record.clone());
            }
            self.batches.push(batch.clone());
        }
        step
    }

    /// What the server with this number writes on this head.
    pub(crate) fn write(&mut self, number: u8, records: Vec<Record>) -> FeedBatch {
        let first = self.follower.head().mark.seq.plus(1);
        let held = &self.held;
        let batch: Batch = self
            .follower
            .write(&self.chain, &keys(number), records, held)
            .unwrap();
        FeedBatch { first, batch }
    }

    /// Signs somebody in with what is here.
    pub(crate) fn user(&self, name: &str) -> SealedUser {
        let id = self.ring.record_id(&account(name));
        match self.ring.open_record(&self.records[&id]).unwrap() {
            (_, Content::User(user)) => user,
            (_, _) => panic!("{name} is there"),
        }
    }
}

fn live(record: &Record) -> Live {
    Live {
        version: RecordBody::parse(&record.body).unwrap().version(),
        digest: record_digest(&record.body),
    }
}

const MAX_ROUNDS: usize = 32;

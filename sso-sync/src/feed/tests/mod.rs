//! A feed to test with.

mod blames;
mod bytes;
mod follows;
mod heads;
mod joins;
mod properties;
mod refuses;
mod writes;

use std::collections::BTreeMap;

use super::envelope::Stated;
use super::*;
use crate::Digest;
use crate::chain::tests::{ADMINISTRATOR, TestDomain, keys};
use crate::chain::{Action, FeedMark};
use crate::seal::Content;
use crate::store::{Batch, FeedBatch, Record, RecordId, Seq};

/// A follower and what it holds.
#[derive(Clone)]
pub(crate) struct TestServer {
    pub(crate) follower: Follower,
    pub(crate) held: BTreeMap<RecordId, Live>,
}

impl TestServer {
    pub(crate) fn new(domain: &TestDomain) -> Self {
        Self {
            follower: Follower::start(domain.chain.domain()),
            held: BTreeMap::new(),
        }
    }

    pub(crate) fn take(&mut self, domain: &TestDomain, batch: &FeedBatch) -> Step {
        let before = self.follower.head().mark;
        let held = &self.held;
        let event = Event::Batch { batch, held };
        let step = self.follower.on_event(&domain.chain, event);
        if let Step::Apply(head) = &step {
            assert_eq!(head.mark, self.follower.head().mark);
            self.keep(batch.batch.records());
        } else {
            assert_eq!(self.follower.head().mark, before);
        }
        step
    }

    pub(crate) fn keep(&mut self, records: &[Record]) {
        for record in records {
            self.held.insert(record.id, live_of(record));
        }
    }

    pub(crate) fn on(&mut self, domain: &TestDomain, event: Event<'_>) -> Step {
        self.follower.on_event(&domain.chain, event)
    }
}

/// A domain with servers 1 and 2, what server 1 wrote, and server 1.
pub(crate) struct TestFeed {
    pub(crate) domain: TestDomain,
    pub(crate) batches: Vec<FeedBatch>,
    pub(crate) server: TestServer,
}

impl TestFeed {
    pub(crate) fn new() -> Self {
        let domain = TestDomain::new().with_node(1).with_node(2);
        Self {
            server: TestServer::new(&domain),
            domain,
            batches: Vec::new(),
        }
    }

    /// With batches of one record each, one for each number.
    pub(crate) fn with(numbers: impl IntoIterator<Item = u8>) -> Self {
        let mut feed = Self::new();
        for number in numbers {
            feed.commit(&[number]);
        }
        feed
    }

    /// Server 1 writes the next state of these ids.
    pub(crate) fn commit(&mut self, numbers: &[u8]) {
        let batch = self.draft(numbers);
        let step = self.server.take(&self.domain, &batch);
        assert!(matches!(step, Step::Apply(_)), "{step:?}");
        self.batches.push(batch);
    }

    /// What server 1 would write.
    pub(crate) fn draft(&mut self, numbers: &[u8]) -> FeedBatch {
        let records = numbers.iter().map(|number| self.next(id(*number)));
        let records = records.collect();
        self.draft_of(records).unwrap()
    }

    pub(crate) fn draft_of(&mut self, records: Vec<Record>) -> Result<FeedBatch, WriteError> {
        let server = &mut self.server;
        let chain = &self.domain.chain;
        let batch = server
            .follower
            .write(chain, &keys(1), records, &server.held)?;
        let first = server.follower.head().mark.seq.plus(1);
        Ok(FeedBatch { first, batch })
    }

    /// The next state of an id.
    pub(crate) fn next(&self, id: RecordId) -> Record {
        let version = self.server.held.get(&id).map_or(0, |live| live.version) + 1;
        self.record(id, version)
    }

    pub(crate) fn record(&self, id: RecordId, version: u64) -> Record {
        let content = Content::removed(&[1; 16], version);
        self.domain.ring.seal_record(id, version, &content).unwrap()
    }

    /// A batch of server 1 with something else in what it states.
    fn stating(&mut self, numbers: &[u8], change: impl Fn(&mut Stated)) -> FeedBatch {
        let honest = self.draft(numbers);
        restated(&honest, 1, change)
    }

    /// Another server that has taken in the first `count` batches.
    pub(crate) fn follower_after(&self, count: usize) -> TestServer {
        let mut server = TestServer::new(&self.domain);
        for batch in &self.batches[..count] {
            let step = server.take(&self.domain, batch);
            assert!(matches!(step, Step::Apply(_)), "{step:?}");
        }
        server
    }

    pub(crate) fn hub_head(&self) -> HubHead {
        self.hub_head_after(self.batches.len())
    }

    /// What a hub says that has the first `count` batches.
    pub(crate) fn hub_head_after(&self, count: usize) -> HubHead {
        let last = self.batches[..count].last();
        HubHead {
            statements: self.domain.chain.len(),
            chain: self.domain.chain.head().1,
            seq: last.map_or(Seq::START, FeedBatch::last),
            envelope: last.map_or_else(Vec::new, |it| it.batch.envelope().to_vec()),
            compacted: Seq::START,
        }
    }

    /// What an honest hub lists of a bucket.
    pub(crate) fn listing(&self, bucket: u8) -> Vec<Listed> {
        let all = self.server.held.iter();
        let listed = all.map(|(id, live)| Listed {
            id: *id,
            live: *live,
        });
        listed.filter(|it| it.id.as_bytes()[0] == bucket).collect()
    }

    pub(crate) fn digests(&mut self) -> Vec<Digest> {
        self.server.follower.set_mut().digests().unwrap()
    }
}

/// The same records under another envelope of `writer`.
pub(crate) fn restated(batch: &FeedBatch, writer: u8, change: impl Fn(&mut Stated)) -> FeedBatch {
    let envelope = Envelope::parse(batch.batch.envelope()).unwrap();
    let mut stated = envelope.stated().clone();
    stated.writer = keys(writer).id();
    change(&mut stated);
    let envelope = Envelope::sign(&stated, &keys(writer));
    let records = batch.batch.records().to_vec();
    FeedBatch {
        first: batch.first,
        batch: Batch::new(envelope.into(), records).unwrap(),
    }
}

/// A batch with other records under the same envelope.
pub(crate) fn with_records(batch: &FeedBatch, records: Vec<Record>) -> FeedBatch {
    FeedBatch {
        first: batch.first,
        batch: Batch::new(batch.batch.envelope().clone(), records).unwrap(),
    }
}

pub(crate) fn live_of(record: &Record) -> Live {
    Live {
        version: check::version(record),
        digest: record_digest(&record.body),
    }
}

pub(crate) fn mark_of(batch: &FeedBatch) -> FeedMark {
    FeedMark {
        seq: batch.last(),
        hash: Envelope::parse(batch.batch.envelope()).unwrap().hash(),
    }
}

/// The id with this number, in the bucket with this number.
pub(crate) fn id(number: u8) -> RecordId {
    RecordId::new([number; 32])
}

/// Another id in the bucket with this number.
pub(crate) fn neighbour(number: u8) -> RecordId {
    let mut bytes = [0xee; 32];
    bytes[0] = number;
    RecordId::new(bytes)
}

pub(crate) fn writer() -> crate::seal::MemberId {
    keys(1).id()
}

//! A hub that lies.

use std::collections::BTreeMap;

use crate::Digest;
use crate::chain::Statement;
use crate::feed::{Envelope, HubHead, Listed, Live, SetHash, record_digest};
use crate::seal::RecordBody;
use crate::store::{Batch, Feed, FeedBatch, Record, RecordId, Seq};

/// Keeps one domain in memory, answers as a hub does, and lies as it is told.
///
/// What it says is what a server's drivers would fetch; feed it to a
/// [`Follower`](crate::feed::Follower) and a [`Chain`](crate::chain::Chain), and see what they make of it.
#[derive(Clone, Debug, Default)]
pub struct LyingHub {
    statements: Vec<Vec<u8>>,
    batches: Vec<FeedBatch>,
    lie: Option<Lie>,
}

/// A way to lie. What else is asked is answered truly.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lie {
    /// Changes a bit of the last record.
    ChangesARecord,
    /// Changes a bit of the last statement, as who exchanges a wrapped key does.
    ChangesAStatement,
    /// Says that it does not know the domain. Only a [`LyingLink`](super::LyingLink) can.
    DeniesTheDomain,
    /// Shows another last batch than the one that was committed.
    Forks(FeedBatch),
    /// Shows another last statement than the one that was appended.
    ForksTheChain(Vec<u8>),
    /// Lists a bucket without its first record.
    HidesARecord,
    /// Leaves out the last batch but one.
    OmitsABatch,
    /// Leaves out the last record of the last batch.
    OmitsARecord,
    /// Exchanges the first two records of the last batch.
    ReordersRecords,
    /// Sends the statement at this position, an older configuration, in place of the last.
    ReplaysAStatement(usize),
    /// Shows the first batches only, as after a restore from a backup.
    RollsBack(usize),
    /// Shows the first statements only, as after a restore from a backup.
    RollsBackTheChain(usize),
    /// Sends the batch of another domain in place of the last.
    SplicesDomains(FeedBatch),
    /// Exchanges the bodies of the first two records of the last batch.
    SplicesUsers,
    /// Lists the first record of a bucket with the digest of an older state.
    StalesARecord(Digest),
}

impl LyingHub {
    /// A hub that holds these statements, and tells the truth.
    #[must_use]
    pub fn new(statements: Vec<Vec<u8>>) -> Self {
        Self {
            statements,
            ..Self::default()
        }
    }

    /// Lies from now on.
    pub fn lie(&mut self, lie: Lie) {
        self.lie = Some(lie);
    }

    /// Tells the truth from now on.
    pub fn tell_the_truth(&mut self) {
        self.lie = None;
    }

    /// Takes a statement, whatever it is.
    pub fn append(&mut self, statement: Vec<u8>) {
        self.statements.push(statement);
    }

    /// Takes a batch, whatever it is.
    pub fn commit(&mut self, batch: Batch) {
        let first = self.last().plus(1);
        self.batches.push(FeedBatch { first, batch });
    }

    /// Loses the last batches, as a restore from a backup does.
    pub fn lose_batches(&mut self, last: usize) {
        self.batches
            .truncate(self.batches.len().saturating_sub(last));
    }

    /// Loses the last statements, as a restore from a backup does.
    pub fn lose_statements(&mut self, last: usize) {
        let left = self.statements.len().saturating_sub(last);
        self.statements.truncate(left);
    }

    /// `GET head`.
    #[must_use]
    pub fn head(&self) -> HubHead {
        let (statements, batches) = (self.shown_statements(), self.shown_batches());
        let last = batches.last();
        HubHead {
            statements: statements.len() as u64,
            chain: chain_hash(&statements),
            seq: last.map_or(Seq::START, stated_last),
            envelope: last.map_or_else(Vec::new, |it| it.batch.envelope().to_vec()),
            compacted: Seq::START,
        }
    }

    /// `GET chain`.
    #[must_use]
    pub fn chain(&self, from: u64) -> Vec<Vec<u8>> {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let mut statements = self.shown_statements();
        statements.drain(..from.min(statements.len()));
        statements
    }

    /// `GET feed`.
    #[must_use]
    pub fn feed(&self, after: Seq) -> Feed {
        let mut batches = self.shown_batches();
        batches.retain(|batch| batch.last() > after);
        if self.lie == Some(Lie::OmitsABatch) && batches.len() > 1 {
            batches.remove(batches.len() - 2);
        }
        Feed::Batches(batches)
    }

    /// `GET buckets`.
    #[must_use]
    pub fn digests(&self) -> Vec<Digest> {
        let mut set = SetHash::empty();
        for (id, live) in self.live() {
            set.insert(&id, &live.digest);
        }
        set.digests().unwrap_or_default()
    }

    /// `GET buckets/{bucket}`.
    #[must_use]
    pub fn listing(&self, bucket: u8) -> Vec<Listed> {
        let live = self.live().into_iter();
        let mut listing: Vec<_> = live
            .filter(|(id, _)| id.as_bytes().first() == Some(&bucket))
            .map(|(id, live)| Listed { id, live })
            .collect();
        match (&self.lie, listing.first_mut()) {
            (Some(Lie::HidesARecord), Some(_)) => {
                listing.remove(0);
            }
            (Some(Lie::StalesARecord(old)), Some(first)) => first.live.digest = *old,
            _ => {}
        }
        listing
    }

    fn last(&self) -> Seq {
        self.batches.last().map_or(Seq::START, FeedBatch::last)
    }

    fn live(&self) -> BTreeMap<RecordId, Live> {
        let records = self.batches.iter().flat_map(|it| it.batch.records());
        let live = records.map(|record| {
            let version = RecordBody::parse(&record.body).map_or(0, |body| body.version());
            let digest = record_digest(&record.body);
            (record.id, Live { version, digest })
        });
        live.collect()
    }

    fn shown_statements(&self) -> Vec<Vec<u8>> {
        let mut shown = self.statements.clone();
        let replayed = |at: &usize| self.statements.get(*at).cloned();
        match (&self.lie, shown.last_mut()) {
            (Some(Lie::RollsBackTheChain(count)), _) => shown.truncate(*count),
            (Some(Lie::ChangesAStatement), Some(last)) => flip(last),
            (Some(Lie::ForksTheChain(other)), Some(last)) => last.clone_from(other),
            (Some(Lie::ReplaysAStatement(at)), Some(last)) => {
                *last = replayed(at).unwrap_or_default();
            }
            _ => {}
        }
        shown
    }

    fn shown_batches(&self) -> Vec<FeedBatch> {
        let mut shown = self.batches.clone();
        match (&self.lie, shown.last_mut()) {
            (Some(Lie::RollsBack(count)), _) => shown.truncate(*count),
            (Some(Lie::Forks(other) | Lie::SplicesDomains(other)), Some(last)) => {
                last.clone_from(other);
            }
            (Some(lie), Some(last)) => {
                let records = distort(lie, last.batch.records().to_vec());
                let envelope = last.batch.envelope().clone();
                if let Some(batch) = Batch::new(envelope, records) {
                    last.batch = batch;
                }
            }
            _ => {}
        }
        shown
    }
}

/// Records as a lie shows them.
pub(super) fn distort(lie: &Lie, mut records: Vec<Record>) -> Vec<Record> {
    match (lie, records.as_mut_slice()) {
        (Lie::ChangesARecord, [.., last]) => {
            let mut body = last.body.to_vec();
            flip(&mut body);
            last.body = body.into();
        }
        (Lie::OmitsARecord, _) => {
            records.pop();
        }
        (Lie::ReordersRecords, [one, other, ..]) => std::mem::swap(one, other),
        (Lie::SplicesUsers, [one, other, ..]) => std::mem::swap(&mut one.body, &mut other.body),
        _ => {}
    }
    records
}

fn flip(bytes: &mut [u8]) {
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
}

/// Where a batch ends, as its writer states it.
fn stated_last(batch: &FeedBatch) -> Seq {
    let envelope = Envelope::parse(batch.batch.envelope());
    envelope.map_or(Seq::START, |envelope| envelope.places().1)
}

/// What a hub says the hash of the last statement is.
fn chain_hash(statements: &[Vec<u8>]) -> Digest {
    let last = statements.last();
    let parsed = last.and_then(|it| Statement::parse(it).ok());
    parsed.map_or(Digest::ZERO, |statement| statement.hash())
}

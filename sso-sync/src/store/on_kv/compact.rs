//! Compaction: writes a new snapshot, then lets the root name it, then removes what is not needed.

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::Bytes;

use crate::store::{
    DomainId, Expect, FeedBatch, KvStore, Record, RecordId, Seq, StoreError, Stored, Version,
};

use super::OnKv;
use super::format::{Base, Root};
use super::key::{self, Name};
use super::known::{Known, missing};
use super::read::Miss;
use super::snapshot::Walker;
use super::write::Writer;

/// What a compaction starts from.
#[derive(Clone, Debug)]
struct Plan {
    /// The root that it replaces.
    version: Version,
    base: Option<Base>,
    /// Where the last batch ends that it merges.
    until: Seq,
}

impl Plan {
    fn new(known: &Known, through: Seq) -> Self {
        let view = known.view();
        Self {
            version: view.version.clone(),
            base: view.base,
            until: view.whole_until(through),
        }
    }

    fn compacted(&self) -> Seq {
        self.base.map_or(Seq::START, |base| base.seq)
    }
}

impl<K: KvStore> OnKv<K> {
    pub(super) async fn compact_domain(
        &self,
        domain: &DomainId,
        through: Seq,
    ) -> Result<(), StoreError> {
        let Some(known) = self.refresh(domain).await? else {
            return Ok(());
        };
        let plan = Plan::new(&known, through);
        let done = match plan.base {
            _ if plan.until > plan.compacted() => self.merge(&known, &plan).await,
            Some(base) if base.floor < base.seq => self.raise_floor(&known, &plan, base).await,
            _ => Ok(()),
        };
        match done {
            Err(StoreError::Conflict) => self.check_rival(domain, plan.until).await?,
            done => done?,
        }
        self.clean(domain).await
    }

    /// A rival came first. That is as good, if it went as far or there is nothing left.
    async fn check_rival(&self, domain: &DomainId, until: Seq) -> Result<(), StoreError> {
        match self.refresh(domain).await? {
            Some(known) if known.view().compacted() < until => Err(StoreError::Conflict),
            _ => Ok(()),
        }
    }

    /// Lets batches be removed that the snapshot holds already. Until then they help writers who
    /// were slow to find out what became of their batch.
    async fn raise_floor(&self, known: &Known, plan: &Plan, base: Base) -> Result<(), StoreError> {
        let raised = Base {
            floor: base.seq,
            ..base
        };
        self.publish(known, plan, raised).await
    }

    async fn merge(&self, known: &Known, plan: &Plan) -> Result<(), StoreError> {
        let generation = plan.base.map_or(0, |base| base.snapshot.number);
        let name = Name::following(generation)?;
        let mut writer = Writer::new(self, known.life, name);
        let merged = match self.write_snapshot(known, plan, &mut writer).await {
            Ok(base) => self.publish(known, plan, base).await,
            Err(Miss::Gone(key)) => Err(self.why_gone(known, plan, &key).await),
            Err(Miss::Store(error)) => Err(error),
        };
        // A root whose answer was lost may still arrive, and then needs its snapshot.
        if !matches!(merged, Ok(()) | Err(StoreError::Unknown(_))) {
            self.discard(writer.written()).await;
        }
        merged
    }

    /// What the merge needs is there as long as the root is the one that it started from.
    async fn why_gone(&self, known: &Known, plan: &Plan, key: &str) -> StoreError {
        match self.root(&known.life.domain).await {
            Ok(Some(root)) if root.version == plan.version => missing(key),
            Ok(_) => StoreError::Conflict,
            Err(error) => error,
        }
    }

    /// Replaces the root that the plan started from. If it is not clear whether that worked, looks
    /// what is there: removing a snapshot that a root names would be the end of it.
    async fn publish(&self, known: &Known, plan: &Plan, base: Base) -> Result<(), StoreError> {
        let domain = &known.life.domain;
        let root = Root::Alive {
            life: known.life.name,
            base: Some(base),
        };
        let expect = Expect::Is(plan.version.clone());
        let key = key::root(domain);
        let unclear = match self.kv.put(&key, root.encode(), expect).await {
            Err(unclear @ (StoreError::Conflict | StoreError::Unknown(_))) => unclear,
            answer => return answer.map(drop),
        };
        match self.root(domain).await {
            Ok(Some(now)) if now.root == root => Ok(()),
            Ok(Some(now)) if now.version == plan.version => Err(StoreError::unknown(unclear)),
            Ok(_) => Err(StoreError::Conflict),
            Err(error) => Err(StoreError::unknown(error)),
        }
    }

    /// Writes the old snapshot and the batches after it as a new snapshot; answers what a root has
    /// to say about it.
    async fn write_snapshot(
        &self,
        known: &Known,
        plan: &Plan,
        writer: &mut Writer<'_, K>,
    ) -> Result<Base, Miss> {
        let old = self.snapshot(known, plan.base).await?;
        let mut old = Walker::new(self, known, old, Bound::Unbounded);
        let mut from = None;
        loop {
            let run = self.gather(known, plan, from).await?;
            for stored in run.records.values() {
                while let Some(old) = old.before(Some(stored.record.id)).await? {
                    writer.add(&old).await?;
                }
                writer.add(stored).await?;
            }
            while let Some(old) = old.before(run.until).await? {
                writer.add(&old).await?;
            }
            from = run.until;
            if from.is_none() {
                return Ok(writer
                    .finish(&run.envelope, plan.compacted(), plan.until)
                    .await?);
            }
        }
    }

    /// Reads the batches that are to be merged, and keeps the live records from `from` on, as many
    /// as there is room for.
    async fn gather(
        &self,
        known: &Known,
        plan: &Plan,
        from: Option<RecordId>,
    ) -> Result<Run, Miss> {
        let mut run = Run::new(from, RUN * self.part_limit());
        let mut end = plan.compacted();
        while end < plan.until {
            let next = end.plus(1);
            let listed = self.list_after(known, end).await?.slots;
            for (slot, _) in listed.iter().filter(|(slot, _)| slot.first <= plan.until) {
                if slot.first != end.plus(1) {
                    return Err(Miss::Gone(known.life.slot(end.plus(1))));
                }
                end = slot.last();
                run.add(slot);
            }
            if end < next {
                return Err(Miss::Gone(known.life.slot(next)));
            }
        }
        Ok(run)
    }
}

/// The live ones of the records that are to be merged, of a range of ids.
#[derive(Debug)]
struct Run {
    from: Option<RecordId>,
    /// Where the next run begins; `None` if this is the last.
    until: Option<RecordId>,
    records: BTreeMap<RecordId, Stored>,
    size: usize,
    limit: usize,
    /// What the writer of the last batch stated.
    envelope: Bytes,
}

impl Run {
    const fn new(from: Option<RecordId>, limit: usize) -> Self {
        Self {
            from,
            until: None,
            records: BTreeMap::new(),
            size: 0,
            limit,
            envelope: Bytes::new(),
        }
    }

    fn add(&mut self, slot: &FeedBatch) {
        for (place, record) in slot.batch.records().iter().enumerate() {
            self.add_record(slot.first.plus(place), record);
        }
        self.envelope = Bytes::copy_from_slice(slot.batch.envelope());
    }

    fn add_record(&mut self, seq: Seq, record: &Record) {
        let below = self.from.is_some_and(|from| record.id < from);
        let beyond = self.until.is_some_and(|until| record.id >= until);
        if below || beyond {
            return;
        }
        // A copy, since the body is a part of the whole batch.
        let body = Bytes::copy_from_slice(&record.body);
        let id = record.id;
        let stored = Stored {
            seq,
            record: Record { id, body },
        };
        self.size += stored.record.size();
        let superseded = self.records.insert(id, stored);
        self.size -= superseded.map_or(0, |old| old.record.size());
        self.make_room();
    }

    /// Leaves the greatest ids to the next run if there are too many bytes for one.
    fn make_room(&mut self) {
        while self.size > self.limit && self.records.len() > 1 {
            if let Some((id, stored)) = self.records.pop_last() {
                self.size -= stored.record.size();
                self.until = Some(id);
            }
        }
    }
}

/// How many parts a run fills at most.
const RUN: usize = 32;

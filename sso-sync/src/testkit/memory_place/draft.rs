//! A generation of users that is being made in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::MemoryPlace;
use super::users::MemoryUsers;
use crate::feed::{SetHash, bucket_of, record_digest};
use crate::mirror::{Change, Resumed, UserDraft, UserStore};
use crate::store::{DomainId, Record, RecordId, Seq, StoreError, Stored};

#[derive(Debug)]
pub(super) struct MemoryDraft {
    place: MemoryPlace,
    generation: u64,
    content: Content,
}

#[derive(Clone, Debug)]
struct Content {
    domain: DomainId,
    genesis: Bytes,
    records: BTreeMap<Seq, Record>,
    is_settled: bool,
}

/// What a draft has left.
#[derive(Clone, Debug)]
pub(super) struct Noted {
    content: Content,
    note: Bytes,
}

impl Noted {
    pub(super) fn is_of(&self, domain: &DomainId) -> bool {
        self.content.domain == *domain
    }

    pub(super) fn resume(self, place: MemoryPlace, generation: u64) -> Resumed {
        let mut set = SetHash::empty();
        for record in self.content.records.values() {
            set.insert(&record.id, &record_digest(&record.body));
        }
        let content = self.content;
        Resumed {
            draft: Box::new(MemoryDraft {
                place,
                generation,
                content,
            }),
            note: self.note,
            set,
        }
    }
}

impl MemoryDraft {
    pub(super) const fn new(
        place: MemoryPlace,
        generation: u64,
        domain: DomainId,
        genesis: Bytes,
    ) -> Self {
        Self {
            place,
            generation,
            content: Content {
                domain,
                genesis,
                records: BTreeMap::new(),
                is_settled: false,
            },
        }
    }
}

impl Content {
    fn put_one(&mut self, stored: Stored, change: &mut Change) {
        if self.records.get(&stored.seq) == Some(&stored.record) {
            return;
        }
        if let Some(there) = self.place_of(&stored.record.id) {
            if there > stored.seq {
                return;
            }
            self.take_out(there, change);
        }
        self.take_out(stored.seq, change);
        self.records.insert(stored.seq, stored.record.clone());
        change.added.push(stored);
    }

    fn take_out(&mut self, seq: Seq, change: &mut Change) {
        if let Some(record) = self.records.remove(&seq) {
            change.removed.push(Stored { seq, record });
        }
    }

    /// Where the record of an id is, once each has one only.
    fn place_of(&self, id: &RecordId) -> Option<Seq> {
        let mut records = self.records.iter().filter(|_| self.is_settled);
        records.find(|(_, it)| it.id == *id).map(|(seq, _)| *seq)
    }
}

#[async_trait]
impl UserDraft for MemoryDraft {
    async fn put(&mut self, records: Vec<Stored>) -> Result<Change, StoreError> {
        self.place.0.gate.read()?;
        let mut change = Change::default();
        for stored in records {
            self.content.put_one(stored, &mut change);
        }
        Ok(change)
    }

    async fn settle(&mut self) -> Result<Vec<Stored>, StoreError> {
        let content = &mut self.content;
        content.is_settled = true;
        let mut last = BTreeMap::new();
        let mut superseded = Vec::new();
        for (seq, record) in &content.records {
            superseded.extend(last.insert(record.id, *seq));
        }
        let mut change = Change::default();
        superseded
            .iter()
            .for_each(|at| content.take_out(*at, &mut change));
        Ok(change.removed)
    }

    async fn bucket(&mut self, bucket: u8) -> Result<Vec<Stored>, StoreError> {
        let of_bucket = self.content.records.iter();
        let of_bucket = of_bucket.filter(|(_, it)| bucket_of(&it.id) == bucket);
        let mut stored: Vec<_> = of_bucket
            .map(|(seq, record)| Stored {
                seq: *seq,
                record: record.clone(),
            })
            .collect();
        stored.sort_by_key(|it| it.record.id);
        Ok(stored)
    }

    async fn remove(&mut self, places: Vec<Seq>) -> Result<(), StoreError> {
        self.content.records.retain(|seq, _| !places.contains(seq));
        Ok(())
    }

    async fn note(&mut self, note: Bytes) -> Result<(), StoreError> {
        let content = self.content.clone();
        self.place.0.gate.write(|| {
            let noted = Noted { content, note };
            self.place.drafts().insert(self.generation, noted);
            Ok(())
        })
    }

    async fn finish(
        self: Box<Self>,
        seq: Seq,
        envelope: Bytes,
    ) -> Result<Arc<dyn UserStore>, StoreError> {
        let gate = Arc::clone(&self.place.0.gate);
        let users = MemoryUsers::loaded(
            Arc::clone(&gate),
            self.content.domain,
            self.content.genesis,
            self.content.records,
            (seq, envelope),
        );
        let published = users.clone();
        gate.write(|| {
            self.place.publish(self.generation, published);
            Ok(())
        })?;
        Ok(Arc::new(users))
    }
}

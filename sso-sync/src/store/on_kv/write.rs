//! Writing a snapshot.

use bytes::Bytes;

use crate::store::{Expect, KvStore, RecordId, Seq, StoreError, Stored, Version};

use super::OnKv;
use super::format::{Base, PartBuilder, encode_index, encode_plain};
use super::key::{Life, Name};

/// Writes the records of a snapshot, part by part, under keys that nobody reads before a root
/// names them.
#[derive(Debug)]
pub(super) struct Writer<'a, K> {
    store: &'a OnKv<K>,
    life: Life,
    name: Name,
    part: PartBuilder,
    /// The first ids of the parts that were written.
    firsts: Vec<RecordId>,
    records: u64,
    written: Vec<(String, Version)>,
}

impl<'a, K: KvStore> Writer<'a, K> {
    pub(super) fn new(store: &'a OnKv<K>, life: Life, name: Name) -> Self {
        Self {
            store,
            life,
            name,
            part: PartBuilder::default(),
            firsts: Vec::new(),
            records: 0,
            written: Vec::new(),
        }
    }

    /// Adds a record whose id is greater than those before.
    pub(super) async fn add(&mut self, stored: &Stored) -> Result<(), StoreError> {
        if !self.part.takes(&stored.record, self.store.part_limit()) {
            self.finish_part().await?;
        }
        self.part.add(stored);
        self.records += 1;
        Ok(())
    }

    /// Writes the rest; answers what a root has to say about the snapshot.
    pub(super) async fn finish(
        &mut self,
        envelope: &Bytes,
        floor: Seq,
        seq: Seq,
    ) -> Result<Base, StoreError> {
        self.finish_part().await?;
        let pages = self.write_index().await?;
        let key = self.life.envelope(self.name);
        self.put(key, encode_plain(envelope)).await?;
        Ok(Base {
            snapshot: self.name,
            floor,
            seq,
            parts: number(self.firsts.len())?,
            pages,
            records: self.records,
        })
    }

    /// The keys that were written so far.
    pub(super) fn written(&self) -> &[(String, Version)] {
        &self.written
    }

    async fn finish_part(&mut self) -> Result<(), StoreError> {
        if let Some((first, value)) = self.part.finish() {
            let key = self.life.part(self.name, number(self.firsts.len())?);
            self.put(key, value).await?;
            self.firsts.push(first);
        }
        Ok(())
    }

    async fn write_index(&mut self) -> Result<u32, StoreError> {
        let firsts = std::mem::take(&mut self.firsts);
        let mut rest = firsts.as_slice();
        let mut pages = 0;
        while !rest.is_empty() {
            let value = encode_index(&mut rest, self.store.part_limit());
            self.put(self.life.index(self.name, pages), value).await?;
            pages += 1;
        }
        self.firsts = firsts;
        Ok(pages)
    }

    async fn put(&mut self, key: String, value: Bytes) -> Result<(), StoreError> {
        let version = self.store.kv.put(&key, value, Expect::Absent).await?;
        self.written.push((key, version));
        Ok(())
    }
}

fn number(count: usize) -> Result<u32, StoreError> {
    u32::try_from(count).map_err(|_| StoreError::full("a snapshot has no room for further parts"))
}

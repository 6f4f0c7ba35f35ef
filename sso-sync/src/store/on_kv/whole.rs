//! Reading all live records, page by page.

use std::ops::Bound;
use std::sync::Arc;

use crate::store::{
    Cursor, DomainId, FeedBatch, KvStore, RecordId, Seq, SnapshotPage, StoreError, Stored,
};

use super::OnKv;
use super::format::{Position, Stage};
use super::known::Known;
use super::read::Miss;
use super::room::Filling;
use super::snapshot::Walker;

/// A page that is being filled.
#[derive(Debug)]
struct Telling {
    position: Position,
    records: Filling,
}

/// What came of going on for a while.
enum Told {
    /// All that there is.
    All,
    /// As much as fits into the page.
    Enough,
    /// What comes next is in another stage.
    Stage,
}

impl<K: KvStore> OnKv<K> {
    /// First the snapshot is told, in the order of the ids, then what is live of the batches after
    /// it, in their order. So nothing is read twice, and of the batches nothing is kept.
    pub(super) async fn read_whole(
        &self,
        domain: &DomainId,
        cursor: Option<&Cursor>,
        max_bytes: usize,
    ) -> Result<SnapshotPage, StoreError> {
        let position = cursor.map(Position::decode).transpose();
        let position = position.map_err(|_| StoreError::Conflict)?;
        let page = self.read(domain, |known| {
            Box::pin(self.page_in(known, position, max_bytes))
        });
        match page.await? {
            Some(page) => Ok(page),
            None if cursor.is_some() => Err(StoreError::Conflict),
            None => Ok(SnapshotPage {
                records: Vec::new(),
                next: None,
                since: Seq::START,
            }),
        }
    }

    async fn page_in(
        &self,
        known: Arc<Known>,
        position: Option<Position>,
        max_bytes: usize,
    ) -> Result<SnapshotPage, Miss> {
        let life = known.life.name;
        let position = position.unwrap_or_else(|| Position {
            life,
            told: Seq::START,
            stage: known.first_stage(),
        });
        if position.life != life {
            return Err(StoreError::Conflict.into());
        }
        let mut page = Telling {
            position,
            records: Filling::new(max_bytes),
        };
        loop {
            let told = match page.position.stage {
                Stage::Parts { after, compacted } => {
                    self.tell_parts(&known, &mut page, after, compacted).await?
                }
                Stage::Batches { until } => self.tell_batches(&known, &mut page, until).await?,
            };
            let next = match told {
                Told::Stage => continue,
                Told::All => None,
                Told::Enough => Some(page.position.encode()),
            };
            return Ok(SnapshotPage {
                records: page.records.into_inner(),
                next,
                since: page.position.told,
            });
        }
    }

    /// Tells the snapshot, except what was told already or is newer in a batch after it. If the
    /// domain has been compacted since the first id, tells once more what is newer than that.
    async fn tell_parts(
        &self,
        known: &Known,
        page: &mut Telling,
        after: Option<RecordId>,
        compacted: Seq,
    ) -> Result<Told, Miss> {
        let base = known.view().base;
        let snapshot = self.snapshot(known, base).await?;
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut walker = Walker::new(self, known, snapshot, after);
        while let Some(stored) = walker.before(None).await? {
            let id = stored.record.id;
            let is_new = stored.seq > page.position.told && known.view().find(&id).is_none();
            if is_new && !page.records.add(stored) {
                return Ok(Told::Enough);
            }
            let after = Some(id);
            page.position.stage = Stage::Parts { after, compacted };
        }
        page.position.told = compacted;
        page.position.stage = match base.map_or(Seq::START, |base| base.seq) {
            now if now == compacted => Stage::Batches {
                until: known.view().tail(),
            },
            now => Stage::Parts {
                after: None,
                compacted: now,
            },
        };
        Ok(Told::Stage)
    }

    /// Tells the records of batches that no later batch supersedes. If they were compacted
    /// meanwhile, goes on with the snapshot.
    async fn tell_batches(
        &self,
        known: &Known,
        page: &mut Telling,
        until: Seq,
    ) -> Result<Told, Miss> {
        let told = page.position.told;
        if told < known.view().compacted() {
            page.position.stage = known.first_stage();
            return Ok(Told::Stage);
        }
        let mut firsts = known.slots_that_fit(told, page.records.left());
        firsts.retain(|first| *first <= until);
        if firsts.is_empty() {
            return Ok(Told::All);
        }
        for slot in self.slots(known, &firsts).await? {
            if !page.tell(known, &slot) {
                return Ok(Told::Enough);
            }
        }
        Ok(Told::Stage)
    }
}

impl Telling {
    /// Tells what is new of a batch, and says whether all of it fits into the page.
    fn tell(&mut self, known: &Known, slot: &FeedBatch) -> bool {
        for (place, record) in slot.batch.records().iter().enumerate() {
            let seq = slot.first.plus(place);
            let newer = known.view().find(&record.id).filter(|newer| *newer > seq);
            let record = record.clone();
            if seq > self.position.told
                && newer.is_none()
                && !self.records.add(Stored { seq, record })
            {
                return false;
            }
            self.position.told = self.position.told.max(seq);
        }
        true
    }
}

impl Known {
    /// The snapshot from the first id on.
    fn first_stage(&self) -> Stage {
        Stage::Parts {
            after: None,
            compacted: self.view().compacted(),
        }
    }
}

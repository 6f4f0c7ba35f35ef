//! Reading what was compacted.

use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;

use crate::store::{KvStore, RecordId, Seq, Stored};

use super::OnKv;
use super::format::{Base, Malformed, Part, decode_index, decode_plain};
use super::known::Known;
use super::read::Miss;

/// A snapshot whose parts can be found.
#[derive(Debug)]
pub(super) struct Snapshot {
    base: Base,
    envelope: Bytes,
    /// The first id of each part.
    firsts: Vec<RecordId>,
}

impl Snapshot {
    /// What the writer of the last batch in it stated.
    pub(super) fn envelope(&self) -> Bytes {
        self.envelope.clone()
    }

    /// The last part that begins with `id` or before; the first one if none does.
    fn part_of(&self, id: &RecordId) -> usize {
        self.firsts
            .partition_point(|first| first <= id)
            .saturating_sub(1)
    }

    /// Whether these can be the records of this part.
    fn fits(&self, number: usize, part: &Part) -> bool {
        let first = part.records.first().map(|stored| &stored.record.id);
        let last = part.records.last().map(|stored| &stored.record.id);
        let next = self.firsts.get(number + 1);
        let places = Seq::START.plus(1)..=self.base.seq;
        first == self.firsts.get(number)
            && next.is_none_or(|next| last < Some(next))
            && part.records.iter().all(|it| places.contains(&it.seq))
    }
}

impl<K: KvStore> OnKv<K> {
    /// The snapshot of a base; the one that was opened last is at hand.
    pub(super) async fn snapshot(
        &self,
        known: &Known,
        base: Option<Base>,
    ) -> Result<Option<Arc<Snapshot>>, Miss> {
        let Some(base) = base else {
            return Ok(None);
        };
        let open = known.open_snapshot().clone();
        if let Some(open) = open.filter(|open| open.base.snapshot == base.snapshot) {
            return Ok(Some(open));
        }
        let snapshot = Arc::new(self.open(known, base).await?);
        *known.open_snapshot() = Some(Arc::clone(&snapshot));
        Ok(Some(snapshot))
    }

    async fn open(&self, known: &Known, base: Base) -> Result<Snapshot, Miss> {
        let (key, value) = self.there(known.life.envelope(base.snapshot)).await?;
        let envelope = decode_plain(value).map_err(|it| it.at(&key))?;
        let mut firsts = Vec::new();
        for page in 0..base.pages {
            let (key, value) = self.there(known.life.index(base.snapshot, page)).await?;
            decode_index(value, &mut firsts).map_err(|it| it.at(&key))?;
        }
        if u32::try_from(firsts.len()) != Ok(base.parts) {
            let key = known.life.index(base.snapshot, base.pages - 1);
            return Err(Malformed::Contradiction.at(&key).into());
        }
        Ok(Snapshot {
            base,
            envelope,
            firsts,
        })
    }

    async fn part(
        &self,
        known: &Known,
        snapshot: &Snapshot,
        number: usize,
    ) -> Result<Arc<Part>, Miss> {
        let part = u32::try_from(number).unwrap_or(u32::MAX);
        let key = known.life.part(snapshot.base.snapshot, part);
        if let Some(part) = self.parts.get(&key) {
            return Ok(part);
        }
        let (key, value) = self.there(key).await?;
        let part = Part::decode(value).map_err(|it| it.at(&key))?;
        if !snapshot.fits(number, &part) {
            return Err(Malformed::Contradiction.at(&key).into());
        }
        let (size, part) = (part.size(), Arc::new(part));
        self.parts.put(key, Arc::clone(&part), size);
        Ok(part)
    }

    /// What stands under a key that is there as long as its snapshot is.
    async fn there(&self, key: String) -> Result<(String, Bytes), Miss> {
        match self.kv.get(&key).await? {
            Some(entry) => Ok((key, entry.value)),
            None => Err(Miss::Gone(key)),
        }
    }

    /// The record of a snapshot with this id.
    pub(super) async fn record_in(
        &self,
        known: &Known,
        snapshot: &Snapshot,
        id: &RecordId,
    ) -> Result<Option<Stored>, Miss> {
        let part = self.part(known, snapshot, snapshot.part_of(id)).await?;
        let place = part.records.binary_search_by_key(id, |it| it.record.id);
        Ok(place
            .ok()
            .and_then(|place| part.records.get(place))
            .cloned())
    }
}

/// Goes through the records of a snapshot in the order of their ids.
#[derive(Debug)]
pub(super) struct Walker<'a, K> {
    store: &'a OnKv<K>,
    known: &'a Known,
    snapshot: Option<Arc<Snapshot>>,
    after: Bound<RecordId>,
    /// The number of the part that comes next.
    next: usize,
    /// The part at hand, and which of its records comes next.
    current: Option<(Arc<Part>, usize)>,
}

impl<'a, K: KvStore> Walker<'a, K> {
    /// Begins at `after`. Without a snapshot there are no records.
    pub(super) fn new(
        store: &'a OnKv<K>,
        known: &'a Known,
        snapshot: Option<Arc<Snapshot>>,
        after: Bound<RecordId>,
    ) -> Self {
        let next = match (&snapshot, &after) {
            (Some(snapshot), Bound::Included(id) | Bound::Excluded(id)) => snapshot.part_of(id),
            _ => 0,
        };
        Self {
            store,
            known,
            snapshot,
            after,
            next,
            current: None,
        }
    }

    /// The next record whose id is less than `id`. If there is none, passes over the record with
    /// this id, if there is one: a newer one stands elsewhere.
    pub(super) async fn before(&mut self, id: Option<RecordId>) -> Result<Option<Stored>, Miss> {
        let Some(stored) = self.peek().await? else {
            return Ok(None);
        };
        let is_before = id.is_none_or(|id| stored.record.id < id);
        if is_before || id == Some(stored.record.id) {
            self.pass();
        }
        Ok(is_before.then_some(stored))
    }

    async fn peek(&mut self) -> Result<Option<Stored>, Miss> {
        loop {
            if let Some((part, place)) = &self.current
                && let Some(stored) = part.records.get(*place)
            {
                return Ok(Some(stored.clone()));
            }
            let Some(snapshot) = self.snapshot.clone() else {
                return Ok(None);
            };
            if self.next >= snapshot.firsts.len() {
                return Ok(None);
            }
            let part = self.store.part(self.known, &snapshot, self.next).await?;
            let place = part
                .records
                .partition_point(|it| !self.follows(&it.record.id));
            self.current = Some((part, place));
            self.next += 1;
        }
    }

    fn pass(&mut self) {
        if let Some((_, place)) = &mut self.current {
            *place += 1;
        }
    }

    /// Whether a record with this id is to be shown.
    fn follows(&self, id: &RecordId) -> bool {
        match &self.after {
            Bound::Included(from) => id >= from,
            Bound::Excluded(after) => id > after,
            Bound::Unbounded => true,
        }
    }
}

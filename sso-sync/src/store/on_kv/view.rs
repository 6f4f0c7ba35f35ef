//! What a handle knows of a domain: decisions without I/O.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::store::{FeedBatch, Mark, RecordId, Seq, Version};

use super::format::Base;
use super::read::bucket_of;

/// What a handle knows of one life of a domain. It may be behind, but is never wrong: both logs
/// only grow, and what was compacted only moves on.
#[derive(Debug)]
pub(super) struct View {
    /// The root that was seen last.
    pub(super) version: Version,
    /// What that root says was compacted.
    pub(super) base: Option<Base>,
    /// How many statements there are at least.
    pub(super) statements: u64,
    /// The batches after the base, by the places of their first records, without gaps.
    slots: BTreeMap<Seq, SlotInfo>,
    /// The live ones of the records in these batches.
    live: BTreeMap<RecordId, Seq>,
    /// Where the last batch ends.
    tail: Seq,
    /// Size of the largest batch that was seen, in bytes.
    largest: usize,
}

/// What is known of a batch whose content is not at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SlotInfo {
    /// The place of its last record.
    pub(super) last: Seq,
    /// [`Batch::size`](crate::store::Batch::size).
    pub(super) size: usize,
    /// Tells the batch from one that a late writer puts under the same key after the batch was
    /// compacted.
    pub(super) version: Version,
}

/// What a look at the store has shown, in the order in which it was done.
#[derive(Debug)]
pub(super) struct Look {
    /// The end of the feed that was known before.
    pub(super) from: Seq,
    /// The batches that were listed after it.
    pub(super) slots: Vec<(FeedBatch, Version)>,
    /// Whether there may be more.
    pub(super) more: bool,
}

/// What follows from a [`Look`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Look again: something moved meanwhile, or there is more.
    Again,
    /// All that there was when the look began is known; the feed ended here.
    Complete(Seq),
    /// The batch that begins here was not listed, but a later one was.
    Gap(Seq),
}

impl View {
    /// What a root says.
    pub(super) fn new(version: Version, base: Option<Base>) -> Self {
        Self {
            version,
            base,
            statements: 1,
            slots: BTreeMap::new(),
            live: BTreeMap::new(),
            tail: base.map_or(Seq::START, |base| base.seq),
            largest: SMALL_BATCH,
        }
    }

    /// Where the last batch ends.
    pub(super) const fn tail(&self) -> Seq {
        self.tail
    }

    /// How far the domain has grown.
    pub(super) const fn mark(&self) -> Mark {
        Mark {
            statements: self.statements,
            seq: self.tail,
        }
    }

    /// What was compacted, in the feed.
    pub(super) fn compacted(&self) -> Seq {
        self.base.map_or(Seq::START, |base| base.seq)
    }

    /// How many batches to ask for at once.
    pub(super) fn page(&self) -> usize {
        (PAGE / self.largest).clamp(1, LONGEST_PAGE)
    }

    /// Takes in a look and the root that was read after it.
    ///
    /// Only batches that begin up to the floor of the root may have been removed before it was
    /// read. So if the floor is not beyond where the look began, the list was complete.
    pub(super) fn learn(&mut self, look: &Look, version: Version, base: Option<Base>) -> Progress {
        let floor = base.map_or(Seq::START, |base| base.floor);
        if floor > look.from {
            self.rebase(version, base);
            return Progress::Again;
        }
        let (end, gap) = self.push_all(look);
        self.rebase(version, base);
        match gap {
            true => Progress::Gap(end.plus(1)),
            false if look.more || self.compacted() > end => Progress::Again,
            false => Progress::Complete(end),
        }
    }

    /// Adds batches up to the first gap; answers where they end, and whether there is a gap.
    fn push_all(&mut self, look: &Look) -> (Seq, bool) {
        let mut end = look.from;
        for (slot, version) in &look.slots {
            if slot.first != end.plus(1) {
                return (end, true);
            }
            self.push(slot, version.clone());
            end = slot.last();
        }
        (end, false)
    }

    /// Adds a batch that is known to be in its place, unless it is known already.
    pub(super) fn push(&mut self, slot: &FeedBatch, version: Version) {
        if slot.first != self.tail.plus(1) {
            return;
        }
        for (place, record) in slot.batch.records().iter().enumerate() {
            self.live.insert(record.id, slot.first.plus(place));
        }
        let size = slot.batch.size();
        let last = slot.last();
        let info = SlotInfo {
            last,
            size,
            version,
        };
        self.slots.insert(slot.first, info);
        self.largest = self.largest.max(size);
        self.tail = last;
    }

    /// Goes over to a later root.
    fn rebase(&mut self, version: Version, base: Option<Base>) {
        let age = |base: Option<Base>| base.map(|base| (base.snapshot.number, base.floor));
        if age(base) <= age(self.base) {
            return;
        }
        self.version = version;
        self.base = base;
        let compacted = self.compacted();
        self.slots.retain(|_, slot| slot.last > compacted);
        self.live.retain(|_, seq| *seq > compacted);
        self.tail = self.tail.max(compacted);
    }
}

/// Questions.
impl View {
    /// The batch that begins at `first`.
    pub(super) fn slot(&self, first: Seq) -> Option<&SlotInfo> {
        self.slots.get(&first)
    }

    /// The place of the first record of the batch that holds `seq`.
    pub(super) fn first_of(&self, seq: Seq) -> Option<Seq> {
        let (first, slot) = self.slots.range(..=seq).next_back()?;
        (slot.last >= seq).then_some(*first)
    }

    /// The batches from the one that holds the record after `after` on, by their first records.
    pub(super) fn slots_after(&self, after: Seq) -> impl Iterator<Item = (Seq, &SlotInfo)> {
        let from = self.first_of(after.plus(1));
        let range = from.map(|from| self.slots.range(from..));
        range
            .into_iter()
            .flatten()
            .map(|(first, slot)| (*first, slot))
    }

    /// The end of the last whole batch up to `through`.
    pub(super) fn whole_until(&self, through: Seq) -> Seq {
        match self.slots.range(..=through).next_back() {
            None => self.compacted(),
            Some((_, slot)) if slot.last <= through => slot.last,
            Some((first, _)) => Seq::new(first.number().saturating_sub(1)),
        }
    }

    /// The place of the live record with this id, if it is in a batch after the base.
    pub(super) fn find(&self, id: &RecordId) -> Option<Seq> {
        self.live.get(id).copied()
    }

    /// The first `count` of these records in a bucket from `after` on, in the order of their ids.
    pub(super) fn live_in(
        &self,
        bucket: u8,
        after: Bound<RecordId>,
        count: usize,
    ) -> Vec<(RecordId, Seq)> {
        self.live
            .range((after, Bound::Unbounded))
            .take_while(|(id, _)| bucket_of(id) == bucket)
            .take(count)
            .map(|(id, seq)| (*id, *seq))
            .collect()
    }
}

/// How many bytes of batches to ask for at once, if they are not larger than those before.
const PAGE: usize = 8 * 1024 * 1024;

const LONGEST_PAGE: usize = 256;

/// How large batches are taken to be before one was seen.
const SMALL_BATCH: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::super::key::Name;
    use super::*;
    use crate::store::{Batch, Record};

    #[test]
    fn a_list_with_a_root_whose_floor_is_not_beyond_its_beginning_is_believed() {
        let mut view = view();
        let progress = view.learn(&look(10, &[11, 13]), version(2), base(20, 10, 10));
        assert_eq!(progress, Progress::Complete(Seq::new(14)));
        assert_eq!(view.find(&id(13)), Some(Seq::new(13)));
    }

    #[test]
    fn a_list_that_begins_below_the_floor_is_not_believed() {
        let mut view = view();
        let progress = view.learn(&look(10, &[11, 13]), version(2), base(21, 11, 12));
        assert_eq!(progress, Progress::Again);
        assert_eq!((view.tail(), view.find(&id(13))), (Seq::new(12), None));
    }

    #[test]
    fn a_root_that_is_ahead_of_the_list_asks_for_another_look() {
        let mut view = view();
        let progress = view.learn(&look(10, &[11]), version(2), base(20, 10, 14));
        assert_eq!(progress, Progress::Again);
        assert_eq!((view.tail(), view.find(&id(11))), (Seq::new(14), None));
    }

    #[test]
    fn a_list_with_a_gap_is_believed_up_to_it() {
        let mut view = view();
        let progress = view.learn(&look(10, &[11, 15]), version(1), base(10, 0, 10));
        assert_eq!(progress, Progress::Gap(Seq::new(13)));
        assert_eq!(view.tail(), Seq::new(12));
    }

    #[test]
    fn a_list_that_was_cut_short_asks_for_another_look() {
        let mut view = view();
        let mut look = look(10, &[11]);
        look.more = true;
        let progress = view.learn(&look, version(1), base(10, 0, 10));
        assert_eq!((progress, view.tail()), (Progress::Again, Seq::new(12)));
    }

    #[test]
    fn a_look_that_comes_late_takes_nothing_back() {
        let mut view = view();
        let late = look(10, &[11]);
        view.learn(&look(10, &[11, 13]), version(2), base(20, 10, 12));
        let progress = view.learn(&late, version(1), base(10, 0, 10));
        assert_eq!(progress, Progress::Complete(Seq::new(12)));
        assert_eq!(
            (view.tail(), view.version.clone()),
            (Seq::new(14), version(2))
        );
    }

    #[test]
    fn the_last_whole_batch_is_found_from_both_sides() {
        let mut view = view();
        view.learn(&look(10, &[11, 13]), version(1), base(10, 0, 10));
        let ends = [9, 11, 12, 13, 14, 15].map(|it| view.whole_until(Seq::new(it)).number());
        assert_eq!(ends, [10, 10, 12, 12, 14, 14]);
    }

    #[test]
    fn the_batch_with_the_next_record_comes_next() {
        let mut view = view();
        view.learn(&look(10, &[11, 13]), version(1), base(10, 0, 10));
        let next = [10, 11, 12, 13, 14].map(|after| {
            let mut slots = view.slots_after(Seq::new(after));
            slots.next().map(|(first, _)| first.number())
        });
        assert_eq!(next, [Some(11), Some(11), Some(13), Some(13), None]);
    }

    /// Of a domain whose first ten records were compacted.
    fn view() -> View {
        View::new(version(1), base(10, 0, 10))
    }

    /// Batches of two records that begin at these places.
    fn look(from: u64, firsts: &[u64]) -> Look {
        let slots = firsts.iter().map(|first| {
            let records = [*first, first + 1].map(|place| Record {
                id: id(place),
                body: "body".into(),
            });
            let slot = FeedBatch {
                first: Seq::new(*first),
                batch: Batch::new("envelope".into(), records.to_vec()).unwrap(),
            };
            (slot, version(100 + first))
        });
        Look {
            from: Seq::new(from),
            slots: slots.collect(),
            more: false,
        }
    }

    fn base(number: u32, floor: u64, seq: u64) -> Option<Base> {
        Some(Base {
            snapshot: Name { number, nonce: 0 },
            floor: Seq::new(floor),
            seq: Seq::new(seq),
            parts: 1,
            pages: 1,
            records: 1,
        })
    }

    fn id(place: u64) -> RecordId {
        RecordId::new([u8::try_from(place).unwrap(); 32])
    }

    fn version(number: u64) -> Version {
        Version::from(number)
    }
}

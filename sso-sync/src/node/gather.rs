//! Which of the waiting changes go into the next batch.

use std::collections::{BTreeSet, VecDeque};

use crate::store::{Batch, DomainCaps, Record, RecordId};

/// Takes from the front of `waiting` what fits into one batch: each id once, in order. What does
/// not fit stays; so does a second change of an id, behind the first.
pub(crate) fn gather<T>(
    waiting: &mut VecDeque<T>,
    max: usize,
    id: impl Fn(&T) -> RecordId,
) -> Vec<T> {
    let (mut taken, mut left) = (Vec::new(), VecDeque::new());
    let mut ids = BTreeSet::new();
    for change in waiting.drain(..) {
        if taken.len() < max && ids.insert(id(&change)) {
            taken.push(change);
        } else {
            left.push_back(change);
        }
    }
    *waiting = left;
    taken
}

/// How many of these records, from the first on, fit into a batch that every hub takes; at least
/// one.
pub(crate) fn fitting(records: &[Record]) -> usize {
    let mut size = Batch::OVERHEAD + crate::feed::Envelope::MAX_BYTES;
    let fit = records.iter().take_while(|record| {
        size += record.size();
        size <= DomainCaps::MIN
    });
    fit.count().max(1).min(records.len())
}

/// Most changes of one batch: records of the smallest size.
pub(crate) const MAX_GATHERED: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_id_is_in_a_batch_once_and_changes_keep_their_order() {
        let mut waiting: VecDeque<_> = [(1, 'a'), (2, 'b'), (1, 'c'), (3, 'd')].into();
        let taken = gather(&mut waiting, 8, |it| id(it.0));
        assert_eq!(taken, [(1, 'a'), (2, 'b'), (3, 'd')]);
        assert_eq!(waiting, [(1, 'c')]);
    }

    #[test]
    fn a_batch_takes_so_many_and_no_more() {
        let mut waiting: VecDeque<_> = (0..3).collect();
        assert_eq!(gather(&mut waiting, 2, |it| id(*it)), [0, 1]);
        assert_eq!(waiting, [2]);
    }

    #[test]
    fn records_are_split_where_a_hub_takes_no_more() {
        let record = |size: usize| Record {
            id: id(1),
            body: vec![0; size].into(),
        };
        let half = DomainCaps::MIN / 2 - 512;
        assert_eq!(fitting(&[record(half), record(half)]), 2);
        assert_eq!(fitting(&[record(half), record(half), record(half)]), 2);
        assert_eq!(fitting(&[record(DomainCaps::MIN), record(1)]), 1);
        assert_eq!(fitting(&[]), 0);
    }

    fn id(number: u8) -> RecordId {
        RecordId::new([number; 32])
    }
}

//! Bounded answers.

use crate::store::Stored;

/// How much more fits into an answer: as much as was asked for, but at least one thing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    left: usize,
    is_empty: bool,
}

impl Room {
    /// For `max_bytes`.
    pub(super) const fn new(max_bytes: usize) -> Self {
        Self {
            left: max_bytes,
            is_empty: true,
        }
    }

    /// Whether a thing of `size` bytes still fits; it takes its room then.
    pub(super) fn takes(&mut self, size: usize) -> bool {
        let fits = self.is_empty || size <= self.left;
        if fits {
            self.left = self.left.saturating_sub(size);
            self.is_empty = false;
        }
        fits
    }
}

/// Records, as many as there is room for.
#[derive(Debug)]
pub(super) struct Filling {
    room: Room,
    records: Vec<Stored>,
}

impl Filling {
    /// For `max_bytes`.
    pub(super) const fn new(max_bytes: usize) -> Self {
        Self {
            room: Room::new(max_bytes),
            records: Vec::new(),
        }
    }

    /// Adds a record if it fits, and says whether it does.
    pub(super) fn add(&mut self, stored: Stored) -> bool {
        let fits = self.room.takes(stored.record.size());
        if fits {
            self.records.push(stored);
        }
        fits
    }

    /// How many more bytes fit.
    pub(super) const fn left(&self) -> usize {
        self.room.left
    }

    pub(super) fn into_inner(self) -> Vec<Stored> {
        self.records
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_thing_always_fits() {
        let mut room = Room::new(0);
        assert!(room.takes(10) && !room.takes(1));
    }

    #[test]
    fn things_fit_up_to_the_last_byte() {
        let mut room = Room::new(10);
        assert!(room.takes(4) && !room.takes(7) && room.takes(6));
    }
}

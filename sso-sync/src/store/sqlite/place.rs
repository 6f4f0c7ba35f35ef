//! Where the rows of a domain are: its number and a running number, in one key.
//!
//! Rows of all domains stand in one table. With the number of the domain in the upper bits, what
//! a domain gets is added at the end of its own range, and read from there in order.

use std::ops::RangeInclusive;

/// Numbers a domain within a file. Never given twice, so that nothing of an erased domain comes
/// back with the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DomainNumber(i64);

impl DomainNumber {
    /// Largest number.
    pub(super) const MAX: i64 = (1 << (63 - AT_BITS)) - 1;

    /// The number that the file gave; `None` if it is none.
    pub(super) fn new(number: i64) -> Option<Self> {
        (1..=Self::MAX).contains(&number).then_some(Self(number))
    }

    /// The number as the file has it.
    pub(super) const fn number(self) -> i64 {
        self.0
    }

    /// The key of the row `at`; that of the last possible row if there can be none.
    pub(super) fn place(self, at: u64) -> i64 {
        self.0 << AT_BITS | at.min(MAX_AT).cast_signed()
    }

    /// The keys of all rows of the domain.
    pub(super) fn places(self) -> RangeInclusive<i64> {
        self.place(0)..=self.place(MAX_AT)
    }
}

/// What [`DomainNumber::place`] was made of, without the domain.
pub(super) const fn at(place: i64) -> u64 {
    place.cast_unsigned() & MAX_AT
}

/// Largest running number of a row: a million changes a second reach it in twelve days, a
/// thousand in 34 years.
pub(super) const MAX_AT: u64 = (1 << AT_BITS) - 1;

const AT_BITS: u32 = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_domain_stand_together_and_in_order() {
        let domain = DomainNumber::new(5).unwrap();
        let places = domain.places();
        assert_eq!(*places.start(), domain.place(0));
        assert_eq!(domain.place(1), domain.place(0) + 1);
        assert_eq!(*places.end() + 1, DomainNumber::new(6).unwrap().place(0));
        assert_eq!(at(domain.place(77)), 77);
    }

    #[test]
    fn the_last_row_of_the_last_domain_has_a_key() {
        let last = DomainNumber::new(DomainNumber::MAX).unwrap();
        assert_eq!(last.place(MAX_AT), i64::MAX);
        assert_eq!(last.place(u64::MAX), i64::MAX);
        assert_eq!(at(i64::MAX), MAX_AT);
    }

    #[test]
    fn numbers_out_of_range_are_none() {
        for number in [i64::MIN, -1, 0, DomainNumber::MAX + 1, i64::MAX] {
            assert_eq!(DomainNumber::new(number), None, "{number}");
        }
        assert!(DomainNumber::new(1).is_some());
    }
}

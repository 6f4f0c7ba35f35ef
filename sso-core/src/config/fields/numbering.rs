//! Numbers that keep an order, with gaps, so that two administrators who each add something in the
//! middle do not have to renumber what the other one touched.

/// How far apart numbers are made.
pub(super) const STEP: u32 = 10;

/// Reads a number from 1, without leading zeros: one number has one text.
pub(super) fn parse(text: &str) -> Option<u32> {
    let number = text.parse().ok().filter(|number| *number > 0)?;
    (u32::to_string(&number) == text).then_some(number)
}

/// Ascending numbers for items in this order. Numbers that they have are kept where that is possible;
/// an item without one gets one from the middle of the gap.
pub(super) fn ascending(have: &[Option<u32>]) -> Vec<u32> {
    let mut numbers = Vec::with_capacity(have.len());
    let mut last = 0;
    for (index, own) in have.iter().enumerate() {
        let rest = have.get(index + 1..).unwrap_or_default();
        last = match own {
            Some(own) if *own > last => *own,
            Some(_) | None => between(last, next(rest, last)),
        };
        numbers.push(last);
    }
    numbers
}

/// The first number behind `last` that somebody further on has already.
fn next(rest: &[Option<u32>], last: u32) -> Option<u32> {
    rest.iter().flatten().copied().find(|own| *own > last)
}

fn between(last: u32, next: Option<u32>) -> u32 {
    match next {
        Some(next) if next - last > 1 => last + (next - last) / 2,
        Some(_) | None => last.saturating_add(STEP),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_begin_with_a_gap() {
        assert_eq!(ascending(&[None, None, None]), [10, 20, 30]);
    }

    #[test]
    fn what_is_put_between_two_changes_neither() {
        let numbers = ascending(&[Some(10), None, None, Some(20), None]);
        assert_eq!(numbers, [10, 15, 17, 20, 30]);
    }

    #[test]
    fn what_moves_back_or_finds_no_gap_is_numbered_anew() {
        assert_eq!(ascending(&[Some(20), Some(10)]), [20, 30]);
        assert_eq!(ascending(&[Some(1), None, Some(2)]), [1, 11, 21]);
    }

    #[test]
    fn a_number_has_one_text() {
        assert_eq!(parse("7"), Some(7));
        for text in ["", "0", "07", "+7", "-1", "7 ", "4294967296"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn numbers_ascend_whatever_was_there(
            have in proptest::collection::vec(proptest::option::of(1_u32..40), 0..20),
        ) {
            let numbers = ascending(&have);
            prop_assert_eq!(numbers.len(), have.len());
            prop_assert!(numbers.is_sorted_by(|one, next| one < next));
            let again: Vec<_> = numbers.iter().copied().map(Some).collect();
            prop_assert_eq!(ascending(&again), numbers);
        }
    }
}

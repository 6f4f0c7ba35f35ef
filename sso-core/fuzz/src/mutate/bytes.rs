//! Bytes: flipped, inserted, deleted, copied.

use fastrand::Rng;

use super::{insert, pick};

/// One change that knows nothing of what it changes.
pub(super) fn change(data: &mut Vec<u8>, other: &[u8], random: &mut Rng) {
    if data.is_empty() {
        return insert(data, 0, other.get(..1).unwrap_or(b"<"));
    }
    let at = random.usize(..data.len());
    match random.u8(..7) {
        0 => data[at] ^= 1 << random.u8(..8),
        1 => data[at] = *pick(INTERESTING, random).unwrap_or(&0),
        2 => insert(data, at, &[random.u8(..)]),
        3 => drop(data.drain(at..end(data, at, random))),
        4 => {
            let copy = data[at..end(data, at, random)].to_vec();
            let to = random.usize(..=data.len());
            insert(data, to, &copy);
        }
        5 => data.truncate(at + 1),
        _ if other.is_empty() => {}
        _ => {
            let from = random.usize(..other.len());
            let theirs = &other[from..end(other, from, random)];
            insert(data, at, theirs);
        }
    }
}

/// The end of a run from `at`: a few bytes most often, seldom many.
fn end(data: &[u8], at: usize, random: &mut Rng) -> usize {
    let most = 1 << random.u32(..10);
    (at + 1 + random.usize(..most)).min(data.len())
}

const INTERESTING: &[u8] = b"<>&\"'=/:#;!?[]-% \t\r\n\0\x7F\x80\xC0\xEF\xFF0AZ_";

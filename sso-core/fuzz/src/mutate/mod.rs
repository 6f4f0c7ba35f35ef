//! New documents from old ones: mostly well-formed, seldom well-meant.
//!
//! Everything is decided by the random numbers that come along, so the same ones make the same
//! document again.
#![expect(
    clippy::indexing_slicing,
    reason = "offsets are those that a scan of the same bytes has found"
)]

mod bytes;
mod pieces;
mod query;
mod rewrite;
mod text;
mod tree;

use fastrand::Rng;

pub use query::query;
pub use text::text;

/// What every mutator is: it changes `data`, and may take parts of `other`.
pub type Mutator = fn(data: &[u8], other: &[u8], random: &mut Rng) -> Vec<u8>;

/// Changes an XML document in one to about six places: subtrees, attributes, namespaces, markup
/// that another parser may read otherwise, and what means the same in other words.
#[must_use]
pub fn xml(data: &[u8], other: &[u8], random: &mut Rng) -> Vec<u8> {
    several(data, random, |data, random| {
        let change = pick(&CHANGES, random).unwrap_or(&CHANGES[0]);
        change(data, other, random);
    })
}

/// Changes anything in one to about six places, knowing nothing of it.
#[must_use]
pub fn bytes(data: &[u8], other: &[u8], random: &mut Rng) -> Vec<u8> {
    several(data, random, |data, random| {
        bytes::change(data, other, random)
    })
}

type Change = fn(&mut Vec<u8>, &[u8], &mut Rng);

/// As often as it stands here.
const CHANGES: [Change; 24] = [
    tree::duplicate,
    tree::duplicate,
    tree::relocate,
    tree::relocate,
    tree::delete,
    tree::wrap,
    tree::splice,
    tree::splice,
    tree::exchange_attributes,
    tree::copy_attribute,
    tree::delete_attribute,
    tree::change_text,
    pieces::declare_namespace,
    pieces::declare_namespace,
    pieces::insert_into_content,
    pieces::insert_into_content,
    pieces::insert_anywhere,
    rewrite::quotes,
    rewrite::spaces_in_a_tag,
    rewrite::empty_element,
    rewrite::character_reference,
    rewrite::cdata,
    rewrite::line_ends,
    bytes::change,
];

/// One change is the likeliest, each further one half as likely.
fn several(
    data: &[u8],
    random: &mut Rng,
    mut change: impl FnMut(&mut Vec<u8>, &mut Rng),
) -> Vec<u8> {
    let mut data = data.to_vec();
    for _ in 0..=random.u64(..).trailing_zeros() {
        change(&mut data, random);
        data.truncate(MAX_BYTES);
    }
    data
}

fn pick<'t, T>(from: &'t [T], random: &mut Rng) -> Option<&'t T> {
    match from.len() {
        0 => None,
        length => from.get(random.usize(..length)),
    }
}

fn insert(data: &mut Vec<u8>, at: usize, piece: &[u8]) {
    let at = at.min(data.len());
    data.splice(at..at, piece.iter().copied());
}

/// Somewhat more than any target accepts.
const MAX_BYTES: usize = 300 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus;

    #[test]
    fn every_change_changes_some_document_of_the_corpus() {
        let documents = [corpus::files("documents"), corpus::files("signed")].concat();
        for (number, change) in CHANGES.iter().enumerate() {
            let mut random = Rng::with_seed(7);
            let mut changes = || {
                let mut any = || pick(&documents, &mut random).unwrap();
                let (before, other) = (any(), any());
                let mut after = before.clone();
                change(&mut after, other, &mut random);
                after != *before
            };
            assert!((0..1_000).any(|_| changes()), "change {number}");
        }
    }
}

//! Lines and tables of a configuration.

use fastrand::Rng;

use super::{bytes, insert, pick, several};

/// Changes a text in one to about six places: whole lines most often.
#[must_use]
pub fn text(data: &[u8], other: &[u8], random: &mut Rng) -> Vec<u8> {
    several(data, random, |data, random| match random.u8(..4) {
        0 => bytes::change(data, other, random),
        1 => {
            let word = pick(&WORDS, random).unwrap_or(&WORDS[0]);
            let at = random.usize(..=data.len());
            insert(data, at, word.as_bytes());
        }
        _ => change_lines(data, other, random),
    })
}

fn change_lines(data: &mut Vec<u8>, other: &[u8], random: &mut Rng) {
    parts(data, other, b'\n', random);
}

/// Deletes, copies, exchanges or takes over one of the parts between separators.
pub(super) fn parts(data: &mut Vec<u8>, other: &[u8], separator: u8, random: &mut Rng) {
    let is_separator = |it: &u8| *it == separator;
    let mut parts: Vec<_> = data.split(is_separator).map(<[u8]>::to_vec).collect();
    let theirs: Vec<_> = other.split(is_separator).collect();
    let (from, to) = (random.usize(..parts.len()), random.usize(..parts.len()));
    match random.u8(..4) {
        0 => drop(parts.remove(from)),
        1 => parts.insert(to, parts[from].clone()),
        2 => parts.swap(from, to),
        _ => parts.insert(
            to,
            pick(&theirs, random).map_or_else(Vec::new, |it| it.to_vec()),
        ),
    }
    *data = parts.join(&separator);
}

const WORDS: [&str; 16] = [
    "\"\"\"",
    "'''",
    "[[",
    "]]",
    "= true",
    "= -1",
    "= 18446744073709551616",
    "= 1e400",
    "\\u0000",
    "\"\\uD800\"",
    "#",
    ".",
    "[identity_providers.attributes]\n",
    "\u{FEFF}",
    "= 1979-05-27T07:32:00Z",
    "= {}",
];

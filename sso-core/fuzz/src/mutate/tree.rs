//! Subtrees and attributes: copied, moved, wrapped, exchanged.

use fastrand::Rng;

use super::{insert, pick};
use crate::scan::{Span, attributes, elements, leaves};

/// Copies a subtree to some place between elements.
pub(super) fn duplicate(data: &mut Vec<u8>, _other: &[u8], random: &mut Rng) {
    let spans = elements(data);
    if let Some(span) = pick(&spans, random) {
        let copy = data[span.whole.clone()].to_vec();
        let at = gap(&spans, random);
        insert(data, at, &copy);
    }
}

/// Moves a subtree elsewhere.
pub(super) fn relocate(data: &mut Vec<u8>, _other: &[u8], random: &mut Rng) {
    if let Some(span) = pick(&elements(data), random) {
        let moved: Vec<_> = data.drain(span.whole.clone()).collect();
        let at = gap(&elements(data), random);
        insert(data, at, &moved);
    }
}

/// Deletes a subtree.
pub(super) fn delete(data: &mut Vec<u8>, _other: &[u8], random: &mut Rng) {
    if let Some(span) = pick(&elements(data), random) {
        data.drain(span.whole.clone());
    }
}

/// Puts a subtree into an element of its own, or into a copy of another element's tags.
pub(super) fn wrap(data: &mut Vec<u8>, _other: &[u8], random: &mut Rng) {
    let spans = elements(data);
    let (Some(span), Some(around)) = (pick(&spans, random), pick(&spans, random)) else {
        return;
    };
    let (before, behind) = match random.u8(..3) {
        0 => tags(data, around),
        1 => (OBJECT.0.to_vec(), OBJECT.1.to_vec()),
        _ => (EXTENSIONS.0.to_vec(), EXTENSIONS.1.to_vec()),
    };
    insert(data, span.whole.end, &behind);
    insert(data, span.whole.start, &before);
}

/// Takes a subtree of another document, instead of one of this or beside it.
pub(super) fn splice(data: &mut Vec<u8>, other: &[u8], random: &mut Rng) {
    let (spans, theirs) = (elements(data), elements(other));
    let (Some(span), Some(theirs)) = (pick(&spans, random), pick(&theirs, random)) else {
        return;
    };
    let place = match random.bool() {
        true => span.whole.clone(),
        false => span.content.end..span.content.end,
    };
    data.splice(place, other[theirs.whole.clone()].iter().copied());
}

/// Exchanges two attributes, within one tag or between two.
pub(super) fn exchange_attributes(data: &mut Vec<u8>, _other: &[u8], random: &mut Rng) {
    let all = all_attributes(data, random);
    let (Some(one), Some(two)) = (pick(&all, random), pick(&all, random)) else {
        return;
    };
    let (first, second) = if one.start <= two.start {
        (one, two)
    } else {
        (two, one)
    };
    if first.end <= second.start {
        let earlier = data[first.clone()].to_vec();
        let later: Vec<_> = data.splice(second.clone(), earlier).collect();
        data.splice(first.clone(), later);
    }
}

/// Copies an attribute into some tag.
pub(super) fn copy_attribute(data: &mut Vec<u8>, _other: &[u8], random: &mut Rng) {
    let all = all_attributes(data, random);
    let (Some(from), Some(to)) = (pick(&all, random), pick(&all, random)) else {
        return;
    };
    let copy = data[from.clone()].to_vec();
    insert(data, to.end, &copy);
}

/// Deletes an attribute.
pub(super) fn delete_attribute(data: &mut Vec<u8>, _other: &[u8], random: &mut Rng) {
    if let Some(attribute) = pick(&all_attributes(data, random), random) {
        data.drain(attribute.clone());
    }
}

/// Puts another text into an element that holds nothing but text.
pub(super) fn change_text(data: &mut Vec<u8>, _other: &[u8], random: &mut Rng) {
    if let Some(leaf) = pick(&leaves(data), random) {
        let text = pick(&TEXTS, random).unwrap_or(&TEXTS[0]);
        data.splice(leaf.content.clone(), text.bytes());
    }
}

/// Somewhere between elements, where a subtree may stand.
fn gap(spans: &[Span], random: &mut Rng) -> usize {
    let Some(span) = pick(spans, random) else {
        return 0;
    };
    match random.u8(..4) {
        0 => span.whole.start,
        1 => span.content.start,
        2 => span.content.end,
        _ => span.whole.end,
    }
}

/// The attributes of two elements.
fn all_attributes(data: &[u8], random: &mut Rng) -> Vec<std::ops::Range<usize>> {
    let spans = elements(data);
    let chosen = [pick(&spans, random), pick(&spans, random)];
    let tags = chosen.into_iter().flatten();
    tags.flat_map(|it| attributes(data, &it.tag)).collect()
}

fn tags(data: &[u8], span: &Span) -> (Vec<u8>, Vec<u8>) {
    let end = data[span.content.end..span.whole.end].to_vec();
    (data[span.tag.clone()].to_vec(), end)
}

const OBJECT: (&[u8], &[u8]) = (
    b"<ds:Object xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">",
    b"</ds:Object>",
);
const EXTENSIONS: (&[u8], &[u8]) = (
    b"<samlp:Extensions xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\">",
    b"</samlp:Extensions>",
);
const TEXTS: [&str; 8] = [
    "admin@example.com",
    "",
    " ",
    "alice@example.com<!---->.evil",
    "&#x61;lice",
    "<![CDATA[alice]]>",
    "https://evil.example",
    "2099-01-01T00:00:00Z",
];

//! Other words for the same: what a signature must survive.

use fastrand::Rng;

use super::{insert, pick};
use crate::scan::{attributes, elements, leaves};

/// Puts the other quotes around a value that has neither in it.
#[expect(clippy::ptr_arg, reason = "every change has this form")]
pub(super) fn quotes(data: &mut Vec<u8>, _other: &[u8], random: &mut Rng) {
    let Some(span) = pick(&elements(data), random).cloned() else {
        return;
    };
    let Some(attribute) = pick(&attributes(data, &span.tag), random).cloned() else {
        return;
    };
    let is_quote = |it: &u8| matches!(it, b'"' | b'\'');
    let text = &mut data[attribute];
    if text.iter().copied().filter(|it| is_quote(it)).count() == 2 {
        for quote in text.iter_mut().filter(|it| is_quote(it)) {
            *quote ^= b'"' ^ b'\'';
        }
    }
}

/// Adds white space before an attribute, around its `=`, or before the end of a tag.
pub(super) fn spaces_in_a_tag(data: &mut Vec<u8>, _other: &[u8], random: &mut Rng) {
    let Some(span) = pick(&elements(data), random).cloned() else {
        return;
    };
    let tag = &data[span.tag.clone()];
    let is_place = |it: &u8| matches!(it, b' ' | b'=' | b'>');
    let places: Vec<_> = (0..tag.len()).filter(|at| is_place(&tag[*at])).collect();
    let space = *pick(b" \t\n\r", random).unwrap_or(&b' ');
    if let Some(place) = pick(&places, random) {
        let slash = usize::from(tag[..*place].ends_with(b"/"));
        insert(data, span.tag.start + place - slash, &[space]);
    }
}

/// `<a/>` for `<a></a>`, and back.
pub(super) fn empty_element(data: &mut Vec<u8>, _other: &[u8], random: &mut Rng) {
    let mut empty = elements(data);
    empty.retain(|it| it.content.is_empty());
    let Some(span) = pick(&empty, random) else {
        return;
    };
    if span.whole == span.tag {
        let name = name(&data[span.tag.clone()]).to_vec();
        let end = [b"></", &*name, b">"].concat();
        data.splice(span.tag.end - 2..span.tag.end, end);
    } else {
        data.splice(span.tag.end - 1..span.whole.end, *b"/>");
    }
}

/// Writes a letter or a digit of some text as a reference.
pub(super) fn character_reference(data: &mut Vec<u8>, _other: &[u8], random: &mut Rng) {
    let Some(leaf) = pick(&leaves(data), random).cloned() else {
        return;
    };
    let is_plain = |at: &usize| data[*at].is_ascii_alphanumeric();
    let places: Vec<_> = leaf.content.filter(is_plain).collect();
    if let Some(&at) = pick(&places, random) {
        let byte = data[at];
        let reference = match random.bool() {
            true => format!("&#{byte};"),
            false => format!("&#x{byte:X};"),
        };
        data.splice(at..=at, reference.into_bytes());
    }
}

/// Puts the text of an element into a `CDATA` section.
pub(super) fn cdata(data: &mut Vec<u8>, _other: &[u8], random: &mut Rng) {
    if let Some(leaf) = pick(&leaves(data), random) {
        insert(data, leaf.content.end, b"]]>");
        insert(data, leaf.content.start, b"<![CDATA[");
    }
}

/// Ends a line in another way.
pub(super) fn line_ends(data: &mut Vec<u8>, _other: &[u8], random: &mut Rng) {
    let lines: Vec<_> = (0..data.len()).filter(|at| data[*at] == b'\n').collect();
    if let Some(&line) = pick(&lines, random) {
        let end: &[u8] = if random.bool() { b"\r\n" } else { b"\r" };
        data.splice(line..=line, end.iter().copied());
    }
}

fn name(tag: &[u8]) -> &[u8] {
    let is_end = |it: &u8| it.is_ascii_whitespace() || matches!(it, b'/' | b'>');
    let name = tag.strip_prefix(b"<").unwrap_or_default();
    let length = name.iter().position(is_end).unwrap_or(name.len());
    &name[..length]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_stands_for_a_character_of_a_text_and_for_nothing_else() {
        let mut random = Rng::with_seed(7);
        for _ in 0..100 {
            let mut data = b"<a b='c'><d/>e<f>-g </f></a>".to_vec();
            character_reference(&mut data, b"", &mut random);
            let text = String::from_utf8(data).unwrap();
            let expected =
                ["&#103;", "&#x67;"].map(|it| format!("<a b='c'><d/>e<f>-{it} </f></a>"));
            assert!(expected.contains(&text), "{text}");
        }
    }
}

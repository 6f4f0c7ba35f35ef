//! The target of this name.

use sso_core::xml::canonical::exclusive;
use sso_core::xml::{Comments, Document, Element, Limits};

use crate::others::bergshamra::{ElementRead, Reading, in_its_words};

/// Whatever is accepted means the same after being written anew, and another parser reads it as we
/// do.
///
/// # Panics
///
/// If not.
pub fn parser(data: &[u8]) {
    for comments in [Comments::Refuse, Comments::Drop] {
        let limits = Limits {
            comments,
            ..Limits::message()
        };
        if let Ok(document) = Document::parse(data, &limits) {
            survives_a_round_trip(&document, &limits);
            is_read_so_elsewhere(data, &document);
        }
    }
}

fn survives_a_round_trip(document: &Document<'_>, limits: &Limits) {
    let Ok(once) = exclusive(document.root(), None, &[]) else {
        return;
    };
    // Declarations may gather on the element that uses them, and escapes make it longer.
    let roomy = Limits {
        max_attributes: 2 * limits.max_attributes,
        max_bytes: 8 * limits.max_bytes,
        ..limits.clone()
    };
    let again = Document::parse(&once, &roomy).expect("what is canonical is accepted");
    assert_eq!(elements(&again), elements(document));
    assert_eq!(exclusive(again.root(), None, &[]).unwrap(), once);
}

fn is_read_so_elsewhere(data: &[u8], document: &Document<'_>) {
    let text = std::str::from_utf8(data).expect("the parser has decoded it");
    let words = in_its_words(text);
    let theirs = Reading::parse(&words).unwrap_or_else(|why| panic!("uppsala: {why}"));
    let (theirs, ours) = (theirs.elements(), elements(document));
    assert_eq!(theirs.len(), ours.len(), "elements");
    let mut pairs = theirs.iter().zip(&ours);
    let differing = pairs.find(|(theirs, ours)| theirs != ours);
    assert_eq!(differing, None, "theirs and ours");
}

fn elements<'d>(document: &'d Document<'_>) -> Vec<ElementRead<'d>> {
    let root = document.root();
    let all = std::iter::once(root).chain(root.descendants());
    all.map(read).collect()
}

fn read(element: Element<'_>) -> ElementRead<'_> {
    let attributes = element.attributes();
    let mut attributes: Vec<_> = attributes
        .map(|it| (it.namespace(), it.local_name(), it.value()))
        .collect();
    attributes.sort_unstable();
    ElementRead {
        namespace: element.namespace(),
        local_name: element.local_name(),
        attributes,
        text: element.text().ok().map(str::to_owned),
    }
}

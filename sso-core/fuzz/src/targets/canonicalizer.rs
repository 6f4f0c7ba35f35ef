//! The target of this name.

use sso_core::xml::canonical::exclusive;
use sso_core::xml::{Document, Element, Limits};

use crate::compare::difference;
use crate::others::bergshamra::{Reading, in_its_words};
use crate::path::Path;

/// Whatever element of whatever document: its canonical octets are the same elsewhere, with and
/// without inclusive prefixes, and without one of its children.
///
/// # Panics
///
/// If not.
pub fn canonicalizer(data: &[u8]) {
    let Ok(document) = Document::parse(data, &Limits::metadata(1 << 20)) else {
        return;
    };
    let text = std::str::from_utf8(data).expect("the parser has decoded it");
    let words = in_its_words(text);
    let theirs = Reading::parse(&words).unwrap_or_else(|why| panic!("uppsala: {why}"));
    let comparison = Comparison(theirs);
    let root = document.root();
    comparison.check(root, None, &[]);
    for element in sample(root) {
        let prefixes = ["#default", prefix_of(element), "xs"];
        comparison.check(element, None, &[]);
        comparison.check(element, None, &prefixes);
        comparison.check(element, element.children().next(), &prefixes[..1]);
    }
}

struct Comparison<'d>(Reading<'d>);

impl Comparison<'_> {
    fn check(&self, element: Element<'_>, omit: Option<Element<'_>>, prefixes: &[&str]) {
        let Ok(ours) = exclusive(element, omit, prefixes) else {
            return;
        };
        let (apex, omit) = (Path::of(element), omit.map(Path::of));
        let theirs = self.0.canonical(&apex, omit.as_ref(), prefixes);
        let theirs = theirs.unwrap_or_else(|why| panic!("bergshamra: {why}"));
        if ours != theirs {
            let (place, why) = (apex.to_xpath(), difference(&ours, &theirs));
            panic!("{place} with {prefixes:?} differs {why}")
        }
    }
}

/// A few elements from all over the document.
fn sample(root: Element<'_>) -> impl Iterator<Item = Element<'_>> {
    let step = root.descendants().count() / SAMPLES + 1;
    root.descendants().step_by(step)
}

/// Some prefix that is declared there, so that it can be kept where nobody uses it.
fn prefix_of(element: Element<'_>) -> &'static str {
    let is_declared = |prefix: &&str| element.namespace_of_prefix(prefix).is_some();
    PREFIXES.into_iter().find(is_declared).unwrap_or("p")
}

const SAMPLES: usize = 4;
const PREFIXES: [&str; 6] = ["xsi", "ds", "saml", "saml2", "samlp", "md"];

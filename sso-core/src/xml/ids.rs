//! Identifiers: no two alike, so that a reference means one element whoever resolves it.

use super::characters::is_ncname;
use super::namespace::XML;
use super::{Attribute, Document, Element, Limits, XmlError};
use crate::excerpt::excerpt;

/// Checks all identifiers of `document`.
///
/// What counts as an identifier is meant to be more than any one implementation takes for one:
/// an attacker looks for two that disagree.
pub(super) fn check(document: &Document<'_>, limits: &Limits) -> Result<(), XmlError> {
    let root = document.root();
    let mut ids = Vec::new();
    for element in std::iter::once(root).chain(root.descendants()) {
        if let Some(id) = only_id(element)? {
            check_form(element, id, limits)?;
            ids.push(id.value());
        }
    }
    ids.sort_unstable();
    match ids.windows(2).find(|pair| pair.first() == pair.last()) {
        Some(pair) => Err(duplicate(pair.first().copied().unwrap_or_default())),
        None => Ok(()),
    }
}

fn only_id(element: Element<'_>) -> Result<Option<Attribute<'_>>, XmlError> {
    let mut ids = element
        .attributes()
        .filter(|attribute| is_id(attribute.local_name()));
    let first = ids.next();
    match ids.next() {
        Some(second) => Err(duplicate(second.value())),
        None => Ok(first),
    }
}

/// Whether an attribute with this local name, in whatever namespace, is an identifier to somebody.
fn is_id(local: &str) -> bool {
    local.eq_ignore_ascii_case("id") || matches!(local, "AssertionID" | "RequestID" | "ResponseID")
}

/// Identifiers that schemas declare as `xs:ID` must be names, others merely be short: elements of
/// strangers have a lower-case `id` that is a number or a URI.
fn check_form(element: Element<'_>, id: Attribute<'_>, limits: &Limits) -> Result<(), XmlError> {
    let is_declared = matches!(
        (id.namespace(), id.local_name()),
        ("", "ID" | "Id") | (XML, "id")
    );
    if id.value().len() <= limits.max_name && (!is_declared || is_ncname(id.value())) {
        return Ok(());
    }
    Err(XmlError::BadId {
        at: element.place().start as usize,
        found: excerpt(id.value()),
        max: limits.max_name,
    })
}

fn duplicate(id: &str) -> XmlError {
    XmlError::DuplicateId { id: excerpt(id) }
}

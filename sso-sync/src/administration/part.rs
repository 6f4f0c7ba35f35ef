//! What takes the room in a configuration.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::seal::ConfigDocument;

/// A part of a configuration: an identity provider, say.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// The beginning of the paths of its settings.
    pub path: String,
    /// How many bytes its paths and values have.
    pub bytes: usize,
}

impl Part {
    /// The largest parts of a document, at most three, the largest first.
    pub(super) fn largest(document: &ConfigDocument) -> Vec<Self> {
        let mut sizes = BTreeMap::<String, usize>::new();
        for path in document.paths() {
            let value = document.value(path).map_or(0, <[u8]>::len);
            *sizes.entry(part_of(path)).or_default() += path.len() + value;
        }
        let parts = sizes.into_iter();
        let mut parts: Vec<_> = parts.map(|(path, bytes)| Self { path, bytes }).collect();
        parts.sort_by_key(|part| Reverse(part.bytes));
        parts.truncate(SHOWN);
        parts
    }

    pub(super) fn list(parts: &[Self]) -> String {
        let parts = parts.iter();
        let parts: Vec<_> = parts
            .map(|it| format!("{} ({} bytes)", it.path, it.bytes))
            .collect();
        parts.join(", ")
    }
}

/// The settings of one provider or key are one part.
fn part_of(path: &str) -> String {
    let words: Vec<_> = path.splitn(3, '.').collect();
    match words.as_slice() {
        [list, name, _] => format!("{list}.{name}"),
        _ => path.into(),
    }
}

const SHOWN: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_parts_are_named_with_everything_that_belongs_to_them() {
        let document = ConfigDocument::new()
            .with("base_url", "x".repeat(50))
            .with("identity_providers.one.certificates", "x".repeat(200))
            .with("identity_providers.one.name", "x".repeat(100))
            .with("identity_providers.two.certificates", "x".repeat(250))
            .with("tls.certificate", "x".repeat(60));
        let largest = Part::largest(&document);
        let paths: Vec<_> = largest.iter().map(|it| it.path.as_str()).collect();
        let expected = [
            "identity_providers.one",
            "identity_providers.two",
            "tls.certificate",
        ];
        assert_eq!(paths, expected);
        assert!(Part::list(&largest).starts_with("identity_providers.one (362 bytes), "));
    }
}

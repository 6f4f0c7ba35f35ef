//! The chapter on rejections lists every code, and no other.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

#[test]
fn every_code_is_documented_and_every_documented_code_exists() {
    let (known, documented) = (codes_of_the_program(), codes_of_the_chapter());
    assert!(known.len() > 50, "the sources were not read: {known:?}");
    let missing: Vec<_> = known.difference(&documented).collect();
    let gone: Vec<_> = documented.difference(&known).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "missing {missing:?}, gone {gone:?}"
    );
}

/// The texts on the right of `=>` in the functions that map an error to its code.
fn codes_of_the_program() -> BTreeSet<&'static str> {
    SOURCES
        .iter()
        .flat_map(|source| source.lines())
        .filter_map(|line| line.trim().split_once("=> \""))
        .filter_map(|(_, rest)| rest.strip_suffix("\","))
        .filter(|text| text.bytes().all(is_of_a_code))
        .collect()
}

/// Advice and names of parameters have spaces and capitals.
const fn is_of_a_code(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_')
}

fn codes_of_the_chapter() -> BTreeSet<&'static str> {
    CHAPTER
        .lines()
        .filter(|line| line.starts_with("| `"))
        .flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2))
        .collect()
}

const CHAPTER: &str = include_str!("../src/docs/rejections.md");

const SOURCES: [&str; 6] = [
    include_str!("../src/saml/binding/mod.rs"),
    include_str!("../src/saml/encryption/error.rs"),
    include_str!("../src/saml/logout/rejection.rs"),
    include_str!("../src/saml/rejection.rs"),
    include_str!("../src/signature/error.rs"),
    include_str!("../src/xml/error.rs"),
];

//! The contracts name their cases, and the cases are those.

use std::collections::BTreeSet;

#[test]
fn every_promise_of_level_1_has_its_case() {
    let cases = include_str!("../../src/testkit/kv/mod.rs");
    same_names(CONTRACTS[0], cases);
}

#[test]
fn every_promise_of_level_2_has_its_case() {
    let cases = include_str!("../../src/testkit/domain/mod.rs");
    same_names(CONTRACTS[1], cases);
}

#[test]
fn every_case_says_what_it_is_about() {
    for (contract, files) in [(CONTRACTS[0], &KV[..]), (CONTRACTS[1], &DOMAIN[..])] {
        let documented: BTreeSet<_> = files.iter().flat_map(|file| documented(file)).collect();
        let silent: Vec<_> = promised(contract)
            .difference(&documented)
            .copied()
            .collect();
        assert!(silent.is_empty(), "without a doc comment: {silent:#?}");
    }
}

fn same_names(contract: &str, cases: &str) {
    let (promised, listed) = (promised(contract), listed(cases));
    let missing: Vec<_> = promised.difference(&listed).collect();
    assert!(missing.is_empty(), "promised without a case: {missing:#?}");
    let unknown: Vec<_> = listed.difference(&promised).collect();
    assert!(unknown.is_empty(), "cases of no promise: {unknown:#?}");
}

/// The bold words in the documentation of the trait.
fn promised(contract: &str) -> BTreeSet<&str> {
    let comments = contract
        .lines()
        .take_while(|line| !line.contains("pub trait"));
    let comments = comments.filter(|line| line.starts_with("///"));
    let bold = comments.flat_map(|line| line.split("**").skip(1).step_by(2));
    bold.filter(|name| name.contains('_')).collect()
}

/// The names that the macro lists, and the tests that it writes out.
fn listed(cases: &str) -> BTreeSet<&str> {
    let (_, list) = cases.split_once("@cases [$place]").unwrap();
    let (list, rest) = list.split_once("\n        }\n").unwrap();
    let list = list
        .lines()
        .filter_map(|line| line.trim().strip_suffix(','));
    let (rest, _) = rest.split_once("(@cases").unwrap();
    let written = rest
        .lines()
        .filter_map(|line| line.trim().strip_prefix("fn "));
    let written = written.filter_map(|line| line.strip_suffix("() {"));
    list.chain(written).collect()
}

/// The public functions after a doc comment.
fn documented(file: &str) -> Vec<&str> {
    let lines: Vec<_> = file.lines().collect();
    let mut documented = Vec::new();
    for (before, line) in lines.iter().zip(&lines[1..]) {
        let line = line
            .strip_prefix("pub async fn ")
            .or_else(|| line.strip_prefix("pub fn "));
        if let Some((name, _)) = line.and_then(|line| line.split_once('<'))
            && before.starts_with("/// ")
        {
            documented.push(name);
        }
    }
    documented
}

const CONTRACTS: [&str; 2] = [
    include_str!("../../src/store/kv.rs"),
    include_str!("../../src/store/domain.rs"),
];

/// The files with cases of level 1.
const KV: [&str; 8] = [
    include_str!("../../src/testkit/kv/accidents.rs"),
    include_str!("../../src/testkit/kv/basics.rs"),
    include_str!("../../src/testkit/kv/handles.rs"),
    include_str!("../../src/testkit/kv/hints.rs"),
    include_str!("../../src/testkit/kv/keys.rs"),
    include_str!("../../src/testkit/kv/known.rs"),
    include_str!("../../src/testkit/kv/list.rs"),
    include_str!("../../src/testkit/kv/swap.rs"),
];

/// The files with cases of level 2.
const DOMAIN: [&str; 9] = [
    include_str!("../../src/testkit/domain/accidents.rs"),
    include_str!("../../src/testkit/domain/bounds.rs"),
    include_str!("../../src/testkit/domain/chain.rs"),
    include_str!("../../src/testkit/domain/commits.rs"),
    include_str!("../../src/testkit/domain/compaction.rs"),
    include_str!("../../src/testkit/domain/feed.rs"),
    include_str!("../../src/testkit/domain/handles.rs"),
    include_str!("../../src/testkit/domain/known.rs"),
    include_str!("../../src/testkit/domain/sets.rs"),
];

//! The catalogue of attacks is complete, and its tests exist.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, iter};

#[test]
fn every_row_is_there_once_and_in_its_place() {
    let rows: Vec<_> = rows().into_iter().map(|row| row.id).collect();
    assert_eq!(rows, all_ids());
}

#[test]
fn every_test_that_is_named_exists() {
    let tests = tests();
    let missing: Vec<_> = rows()
        .into_iter()
        .flat_map(|row| row.tests)
        .filter(|name| !tests.contains(*name))
        .collect();
    assert!(tests.len() > 1_000, "the sources were not read: {tests:?}");
    assert!(missing.is_empty(), "named but gone: {missing:#?}");
}

#[test]
fn every_test_with_a_row_in_its_name_stands_in_that_row() {
    let rows: BTreeMap<_, _> = rows().into_iter().map(|row| (row.id, row.tests)).collect();
    let tests = tests();
    let missing: Vec<_> = tests
        .iter()
        .flat_map(|name| ids_of(name).into_iter().map(move |id| (id, name)))
        .filter(|(id, name)| {
            !rows
                .get(id)
                .is_some_and(|tests| tests.contains(&name.as_str()))
        })
        .collect();
    assert!(missing.is_empty(), "there but not named: {missing:#?}");
}

#[test]
fn every_row_is_shown_or_says_why_not() {
    for row in rows() {
        let is_shown = row.state == State::Tested && !row.tests.is_empty();
        assert!(is_shown || row.reason.len() > 10, "{}", row.id);
        let does_apply = row.state != State::DoesNotApply;
        assert!(does_apply || row.tests.is_empty(), "{}", row.id);
    }
}

#[test]
fn the_numbers_at_its_head_are_true() {
    let attacks = || rows().into_iter().filter(|row| !row.id.starts_with("OK-"));
    let count = |state| attacks().filter(|row| row.state == state).count();
    let numbers = format!(
        "Of {} rows, {} are tested, {} are tested in part, {} do not apply, and {} are about what is not built yet.",
        attacks().count(),
        count(State::Tested),
        count(State::InPart),
        count(State::DoesNotApply),
        count(State::NotBuilt),
    );
    assert!(CHAPTER.contains(&numbers), "{numbers}");
}

/// A line of the table.
struct Row {
    id: String,
    tests: Vec<&'static str>,
    state: State,
    /// Why it is not shown, or not all of it.
    reason: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    DoesNotApply,
    InPart,
    NotBuilt,
    Tested,
}

fn rows() -> Vec<Row> {
    let lines = CHAPTER.lines().filter(|line| line.starts_with("| "));
    let cells = lines.map(|line| line.trim_matches('|').split(" | ").map(str::trim));
    cells
        .filter_map(|mut cells| {
            let id = cells.next()?;
            let shown = cells.last()?.trim_end_matches('|').trim();
            (id != "Row" && !id.starts_with('-')).then(|| row(id, shown))
        })
        .collect()
}

fn row(id: &str, shown: &'static str) -> Row {
    let unshown = [NOT_BUILT, NOT_APPLIED]
        .into_iter()
        .find_map(|why| Some((why, shown.split_once(why)?)));
    let (why, (tests, reason)) = unshown.unwrap_or(("", (shown, "")));
    let tests: Vec<_> = tests.split('`').skip(1).step_by(2).collect();
    let state = match (why, tests.is_empty()) {
        (NOT_BUILT, true) => State::NotBuilt,
        (NOT_BUILT, false) => State::InPart,
        (NOT_APPLIED, _) => State::DoesNotApply,
        _ => State::Tested,
    };
    Row {
        id: id.to_owned(),
        tests,
        state,
        reason,
    }
}

fn all_ids() -> Vec<String> {
    CLASSES
        .iter()
        .flat_map(|(class, last)| (1..=*last).map(move |number| format!("{class}-{number:02}")))
        .flat_map(|id| {
            let beside = BESIDE.contains(&id.as_str()).then(|| format!("{id}b"));
            iter::once(id).chain(beside)
        })
        .collect()
}

/// The rows that the name of a test begins with: `slo_05_slo_10_…`, `enc_02_03_…`.
fn ids_of(name: &str) -> Vec<String> {
    let mut ids = Vec::new();
    let mut class = None;
    for part in name.split('_') {
        let upper = part.to_uppercase();
        if CLASSES.iter().any(|(known, _)| *known == upper) {
            class = Some(upper);
            continue;
        }
        match &class {
            Some(class) if is_number(part) => ids.push(format!("{class}-{part}")),
            _ => break,
        }
    }
    ids
}

fn is_number(part: &str) -> bool {
    let digits = part.trim_end_matches('b');
    digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The names of all functions of the workspace that are tests.
fn tests() -> BTreeSet<String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = BTreeSet::new();
    for package in ["sso-core", "sso-sync", "sso-bin"] {
        for part in ["src", "tests"] {
            collect(&workspace.join(package).join(part), &mut found);
        }
    }
    found
}

fn collect(folder: &PathBuf, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.extend(tests_in(&fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The functions that stand behind `#[test]` or `#[tokio::test]`.
fn tests_in(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some(rest) = line.trim_start_matches("async ").strip_prefix("fn ") {
            let name = rest.split_once('(').map(|(name, _)| name.to_owned());
            names.extend(name.filter(|_| is_test));
            is_test = false;
        }
    }
    names
}

const CHAPTER: &str = include_str!("../../../src/docs/catalogue.md");
const NOT_APPLIED: &str = "does not apply: ";
const NOT_BUILT: &str = "not built yet: ";

/// The classes of the catalogue, and the number of the last row of each.
const CLASSES: [(&str, usize); 15] = [
    ("XSW", 27),
    ("SIG", 22),
    ("C14N", 24),
    ("KEY", 20),
    ("ENC", 15),
    ("DOS", 14),
    ("PRO", 35),
    ("CFG", 12),
    ("HTTP", 19),
    ("SLO", 10),
    ("MD", 8),
    ("ART", 3),
    ("REQ", 2),
    ("HA", 3),
    ("OK", 22),
];

/// Rows with another one of the same number beside them.
const BESIDE: [&str; 3] = ["HTTP-10", "PRO-05", "SLO-01"];

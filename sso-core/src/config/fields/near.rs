//! Settings that are called alike, for those who mistyped one.

use super::{Fields, PROVIDERS, provider_of, setting, settings};
use crate::config::{IdpName, Problem};

/// `path` names no setting.
pub(super) fn no_such_setting(path: &str) -> Problem {
    if let Some((name, _)) = provider_of(path)
        && IdpName::new(name).is_err()
    {
        let expected = "a name of 1 to 32 of a-z, 0-9 and -";
        return Problem::new(path, format!("{name:?}"), expected, "Choose another name.");
    }
    let known = settings()
        .iter()
        .map(|setting| named_like(setting.pattern(), path));
    let fix = match nearest(path, known) {
        near if near.is_empty() => "Look it up in the list of settings.".to_owned(),
        near => format!("Did you mean {}?", near.join(" or ")),
    };
    Problem::new(
        path,
        "no setting of this name",
        "the path of a setting",
        fix,
    )
}

/// Nothing stands at `path`.
pub(super) fn not_set(path: &str, fields: &Fields) -> Problem {
    if setting::find(path).is_some() {
        let fix = "Nothing is to be done.";
        return Problem::new(path, "nothing", "a setting that is set", fix);
    }
    let present = fields.iter().flat_map(|(path, _)| prefixes(path));
    let fix = match nearest(path, present.map(str::to_owned)) {
        near if near.is_empty() => "List the settings that are set.".to_owned(),
        near => format!("Did you mean {}?", near.join(" or ")),
    };
    Problem::new(path, "nothing", "a setting that is set", fix)
}

/// No identity provider is called `name`.
pub(super) fn no_such_provider(name: &str, fields: &Fields) -> Problem {
    let entries = fields.providers();
    let names = entries.iter().map(|entry| entry.name.to_owned());
    let fix = match nearest(name, names) {
        near if near.is_empty() => "Set its metadata first.".to_owned(),
        near => format!(
            "Did you mean {}? If not, set its metadata first.",
            near.join(" or ")
        ),
    };
    let setting = format!("{PROVIDERS}.{name}");
    Problem::new(
        setting,
        "no identity provider of this name",
        "one that there is",
        fix,
    )
}

/// The pattern with the name or number that stands in `path`, as far as there is one.
fn named_like(pattern: &str, path: &str) -> String {
    let mut found = path.split('.');
    let parts = pattern.split('.').map(|part| match (part, found.next()) {
        ("NAME" | "N", Some(found)) if !found.is_empty() => found,
        (part, _) => part,
    });
    parts.collect::<Vec<_>>().join(".")
}

/// `a.b.c` and what it lies below: `a.b` and `a`.
fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices('.').map(|(end, _)| end);
    ends.chain([path.len()]).filter_map(|end| path.get(..end))
}

/// The few of `known` that are most like `typed`, or end like it.
fn nearest(typed: &str, known: impl Iterator<Item = String>) -> Vec<String> {
    let mut near: Vec<_> = known
        .map(|known| (distance_of(typed, &known), known))
        .filter(|(distance, _)| *distance <= FAR)
        .collect();
    near.sort();
    near.dedup();
    let first = near.first().map(|(distance, _)| *distance);
    near.into_iter()
        .filter(|(distance, _)| Some(*distance) == first)
        .map(|(_, known)| known)
        .take(SHOWN)
        .collect()
}

/// The distance of whole paths, or a little more if the last parts are the same.
fn distance_of(typed: &str, known: &str) -> usize {
    let last = |path: &str| provider_of(path).map_or(path, |(_, rest)| rest).to_owned();
    match last(typed) == last(known) {
        true => distance(typed, known).min(FAR),
        false => distance(typed, known),
    }
}

/// How many letters must be changed, put in or left out (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().take(LONGEST).collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().take(LONGEST).enumerate() {
        row = next_row(&row, index + 1, letter, &other);
    }
    row.last().copied().unwrap_or_default()
}

fn next_row(above: &[usize], start: usize, letter: char, other: &[char]) -> Vec<usize> {
    let mut row = Vec::with_capacity(above.len());
    let mut left = start;
    row.push(left);
    for (pair, found) in above.windows(2).zip(other) {
        let &[diagonal, up] = pair else { continue };
        left = (up.min(left) + 1).min(diagonal + usize::from(*found != letter));
        row.push(left);
    }
    row
}

/// From how many changes on two paths are not alike.
const FAR: usize = 3;
const SHOWN: usize = 3;
const LONGEST: usize = 120;

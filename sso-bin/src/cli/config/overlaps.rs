//! What two administrators changed at once: the person decides.

use std::collections::BTreeMap;

use sso_core::config::fields::{self, Fields};
use sso_sync::administration::{Administrator, Choice, Overlaps};
use sso_sync::seal::{ConfigDocument, Overlap};
use zeroize::Zeroizing;

use crate::cli::Context;
use crate::failure::{Failure, Trouble};

/// Shows base, theirs and mine of each setting that both changed, and asks which one it shall be.
pub(super) fn resolve(
    context: &Context,
    administrator: &Administrator,
    overlaps: &Overlaps,
) -> Result<ConfigDocument, Failure> {
    let who = saved_by(administrator, overlaps.theirs);
    if !context.terminal.is_interactive() {
        return Err(conflict(overlaps, &who));
    }
    context.terminal.remark(&format!(
        "{who} saved revision {} meanwhile, and changed the same:",
        overlaps.theirs
    ));
    let mut choices = BTreeMap::new();
    for overlap in &overlaps.merge.overlaps {
        choices.insert(overlap.path.clone(), choose(context, overlap)?);
    }
    let resolved = overlaps.resolve(&choices);
    resolved.map_err(|open| Failure::because(format!("not decided: {}", open.join(", "))))
}

fn choose(context: &Context, overlap: &Overlap) -> Result<Choice, Failure> {
    let shown = |value: &Option<Zeroizing<Vec<u8>>>| shown(&overlap.path, value.as_ref());
    context.terminal.remark(&format!(
        "\n{}\n  before  {}\n  theirs  {}\n  mine    {}",
        overlap.path,
        shown(&overlap.base),
        shown(&overlap.theirs),
        shown(&overlap.mine)
    ));
    let options = ["mine", "theirs", "something else", "stop, save nothing"].map(str::to_owned);
    match context.terminal.choose("Which one?", &options)? {
        0 => Ok(Choice::Mine),
        1 => Ok(Choice::Theirs),
        2 => other(context, &overlap.path),
        _ => Err(Failure::domain(
            Trouble::Conflict,
            "nothing was saved",
            "sso-connect config edit, which begins with the newest revision",
        )),
    }
}

fn other(context: &Context, path: &str) -> Result<Choice, Failure> {
    let terminal = &context.terminal;
    loop {
        let text = terminal.ask(&format!("{path} shall be"), None)?;
        let mut one = Fields::new();
        if one.set(path, &text).is_ok() {
            let value = one.value(path).map(|value| value.as_bytes().to_vec());
            return Ok(Choice::Other(value.map(Zeroizing::new)));
        }
        terminal.remark(&match fields::describe(path) {
            Some(setting) => format!("That cannot be: {setting}"),
            None => "This program does not know the setting: choose mine or theirs".into(),
        });
    }
}

/// The value in one line; a secret is not shown.
fn shown(path: &str, value: Option<&Zeroizing<Vec<u8>>>) -> String {
    let Some(text) = value.map(|value| String::from_utf8_lossy(value)) else {
        return "(not set)".into();
    };
    let one = Fields::new().with(path, text.as_ref().to_owned());
    one.shown(path).unwrap_or_default()
}

fn saved_by(administrator: &Administrator, revision: u64) -> String {
    let entry = administrator.history().into_iter();
    let mut entry = entry.filter(|entry| entry.number == revision);
    entry
        .next()
        .map_or_else(|| "Somebody".into(), |it| it.signer)
}

fn conflict(overlaps: &Overlaps, who: &str) -> Failure {
    let paths = overlaps.merge.overlaps.iter().map(|it| it.path.as_str());
    let paths: Vec<_> = paths.collect();
    Failure::domain(
        Trouble::Conflict,
        format!(
            "{who} saved revision {} meanwhile and changed the same settings: {}; nothing was saved",
            overlaps.theirs,
            paths.join(", ")
        ),
        "look at it (sso-connect config diff), and give the command again",
    )
}

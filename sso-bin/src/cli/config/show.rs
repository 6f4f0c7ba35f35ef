//! Looking at the configuration.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Serialize;
use sso_core::UnixTime;
use sso_core::config::fields::{self, Fields};
use sso_sync::administration::HistoryEntry;

use super::{lines, revision};
use crate::args::{ConfigDiffArgs, ConfigGetArgs, ConfigHistoryArgs, Output};
use crate::cli::{Context, sign_in, to_json};
use crate::control::Moment;
use crate::failure::Failure;
use crate::settings::SettingsError;
use crate::terminal::Table;

pub(super) async fn get(context: &Context, args: &ConfigGetArgs) -> Result<(), Failure> {
    let administrator = sign_in::administrator(context, &args.login).await?;
    let number = match args.revision {
        Some(number) => number,
        None => administrator.current()?.0,
    };
    let found = revision(&administrator, number)?;
    let path = args.path.as_deref().unwrap_or_default();
    if !path.is_empty() && found.get(path).next().is_none() {
        return Err(not_set(path, number));
    }
    context.print(&match args.output {
        Output::Json => to_json(&values(&found, path))?,
        Output::Text => text(&found, path),
    })
}

fn text(found: &Fields, path: &str) -> String {
    found
        .get(path)
        .map(|(path, _)| format!("{path}: {}\n", found.shown(path).unwrap_or_default()))
        .collect()
}

/// Values as they are, but for secrets, of which there is only the name.
fn values<'a>(found: &'a Fields, path: &'a str) -> BTreeMap<&'a str, Option<&'a str>> {
    found
        .get(path)
        .map(|(path, value)| (path, (!fields::is_secret(path)).then_some(value)))
        .collect()
}

fn not_set(path: &str, number: u64) -> Failure {
    let what = format!("{path} is not set in revision {number}");
    match fields::describe(path) {
        Some(setting) => Failure::refused(what, format!("its default applies: {setting}")),
        None => Failure::refused(what, "sso-connect config list"),
    }
}

pub(super) fn list(context: &Context) -> Result<(), Failure> {
    let settings = fields::settings().iter();
    let lines: String = settings.map(|setting| format!("{setting}\n")).collect();
    context.print(&lines)
}

pub(super) async fn diff(context: &Context, args: &ConfigDiffArgs) -> Result<(), Failure> {
    let administrator = sign_in::administrator(context, &args.login).await?;
    let newest = administrator.current()?.0;
    let (from, to) = match (args.from, args.to) {
        (Some(from), to) => (from, to.unwrap_or(newest)),
        (None, _) => (newest.saturating_sub(1), newest),
    };
    let (older, newer) = (
        revision(&administrator, from)?,
        revision(&administrator, to)?,
    );
    let lines = lines(&older, &newer);
    context.print(&match lines.is_empty() {
        true => format!("Revisions {from} and {to} are the same.\n"),
        false => format!("From revision {from} to revision {to}:\n{lines}"),
    })
}

/// One revision, for programs.
#[derive(Serialize)]
struct HistoryLine {
    revision: u64,
    restores: Option<u64>,
    time: Moment,
    administrator: String,
    server: Option<String>,
    version: Option<String>,
}

pub(super) async fn history(context: &Context, args: &ConfigHistoryArgs) -> Result<(), Failure> {
    let administrator = sign_in::administrator(context, &args.login).await?;
    let lines: Vec<_> = administrator.history().into_iter().map(line).collect();
    context.print(&match args.output {
        Output::Json => to_json(&lines)?,
        Output::Text => table(context, &lines),
    })
}

fn line(entry: HistoryEntry) -> HistoryLine {
    let server = entry.via;
    let version = server.as_ref().map(|server| server.program.clone());
    HistoryLine {
        revision: entry.number,
        restores: entry.restores,
        time: Moment(UnixTime::from_secs(entry.time)),
        administrator: entry.signer,
        server: server.map(|server| server.name),
        version: version.filter(|version| !version.is_empty()),
    }
}

fn table(context: &Context, lines: &[HistoryLine]) -> String {
    if lines.is_empty() {
        return "Nothing was saved yet: sso-connect config edit\n".into();
    }
    let head = Table::new(&["REVISION", "SAVED", "BY", "AT"]);
    let rows = lines.iter().fold(head, |table, line| {
        let number = match line.restores {
            Some(restored) => format!("{} (again {restored})", line.revision),
            None => line.revision.to_string(),
        };
        table.row([
            number,
            context.zone.show(line.time.0),
            line.administrator.clone(),
            line.server.clone().unwrap_or_default(),
        ])
    });
    rows.to_string()
}

pub(super) fn validate(context: &Context, file: &Path) -> Result<(), Failure> {
    let text = fs::read_to_string(file).map_err(|error| {
        Failure::refused(
            format!("{}: {error}", file.display()),
            format!("ls -l {}", file.display()),
        )
    })?;
    let fields = Fields::from_toml(&text).map_err(|error| SettingsError::Shared {
        reason: format!("{}: {error}", file.display()),
    })?;
    let checked = fields
        .check_with_keys(context.now(), &context.token_keys()?)
        .map_err(SettingsError::of_shared)?;
    context.print(&format!(
        "The configuration is valid: {} with {} identity providers.\n",
        checked.service().base_url(),
        checked.identity_providers().len()
    ))
}

//! `sso-connect config`: the configuration that the servers of a domain share.

pub(super) mod begin;
mod draft;
mod edit;
mod overlaps;
pub(super) mod save;
mod show;

use sso_core::config::fields::Fields;
use sso_sync::administration::Administrator;
use sso_sync::seal::ConfigDocument;

use super::Context;
use crate::args::ConfigCommand;
use crate::failure::Failure;

pub(super) async fn run(context: &Context, command: &ConfigCommand) -> Result<(), Failure> {
    match command {
        ConfigCommand::Diff(args) => show::diff(context, args).await,
        ConfigCommand::DiscardDraft => draft::discard(context).await,
        ConfigCommand::Edit(args) => edit::edit(context, args).await,
        ConfigCommand::Get(args) => show::get(context, args).await,
        ConfigCommand::History(args) => show::history(context, args).await,
        ConfigCommand::List => show::list(context),
        ConfigCommand::Rollback(args) => edit::rollback(context, args).await,
        ConfigCommand::SaveDraft(args) => draft::save(context, args).await,
        ConfigCommand::Set(args) => edit::set(context, args).await,
        ConfigCommand::Unset(args) => edit::unset(context, args).await,
        ConfigCommand::Validate { file } => show::validate(context, file),
    }
}

/// The settings in a revision: what is no text was written by a newer program, and is kept.
pub(super) fn fields_of(document: &ConfigDocument) -> Result<Fields, Failure> {
    document
        .paths()
        .map(|path| {
            let value = document.value(path).unwrap_or_default();
            let text = std::str::from_utf8(value);
            text.map(|text| (path, text)).map_err(|_| newer(path))
        })
        .collect()
}

/// The same the other way round.
pub(super) fn document_of(fields: &Fields) -> ConfigDocument {
    fields
        .iter()
        .fold(ConfigDocument::new(), |document, (path, value)| {
            document.with(path, value.as_bytes())
        })
}

/// The settings in revision `number`.
fn revision(administrator: &Administrator, number: u64) -> Result<Fields, Failure> {
    fields_of(&administrator.document(number)?)
}

fn newer(path: &str) -> Failure {
    Failure::refused(
        format!("a newer program wrote {path}, and this one cannot read it"),
        "use the version that the other servers run",
    )
}

/// What differs, one line each.
fn lines(older: &Fields, newer: &Fields) -> String {
    older
        .changes(newer)
        .iter()
        .map(|change| format!("{change}\n"))
        .collect()
}

//! `sso-connect domain`: how a domain begins, and how it ends.

mod adopt;
mod backup;
mod delete;
mod held;
mod leave;
mod move_hub;
pub(super) mod notice;
mod settle;
mod status;

use super::{Context, found};
use crate::args::DomainCommand;
use crate::failure::Failure;
use crate::terminal::confirm_by_typing;

pub(super) async fn run(context: &Context, command: &DomainCommand) -> Result<(), Failure> {
    match command {
        DomainCommand::Adopt(args) => adopt::run(context, args).await,
        DomainCommand::CancelDeletion(args) => delete::cancel(context, args).await,
        DomainCommand::ConfirmDeletion(args) => delete::confirm(context, args).await,
        DomainCommand::Delete(args) => delete::announce(context, args).await,
        DomainCommand::Export(args) => backup::export(context, args).await,
        DomainCommand::Found(args) => found::run(context, args).await,
        DomainCommand::Import(args) => backup::import(context, args).await,
        DomainCommand::Leave(args) => leave::run(context, args).await,
        DomainCommand::MoveHub(args) => move_hub::run(context, args).await,
        DomainCommand::Settle(args) => settle::run(context, args).await,
        DomainCommand::Status(args) => status::run(context, args).await,
    }
}

/// Somebody must have typed the `name` of the domain: behind `option`, or when asked.
fn agree(
    context: &Context,
    what: &str,
    name: &str,
    option: &str,
    typed: Option<&str>,
) -> Result<(), Failure> {
    let option = format!("{option} {name}");
    match typed {
        Some(typed) if typed.trim() == name => Ok(()),
        Some(_) => Err(Failure::refused(
            format!("nothing was changed: the name {name} was not repeated"),
            option,
        )),
        None => confirm_by_typing(&*context.terminal, what, name, &option),
    }
}

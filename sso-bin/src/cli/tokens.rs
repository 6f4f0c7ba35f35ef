//! `sso-connect tokens`: how machines join without an administrator.

use serde::Serialize;
use sso_core::UnixTime;
use sso_sync::administration::Token;

use super::servers::one_of;
use super::{Context, sign_in, to_json};
use crate::args::{Output, TokensCommand, TokensListArgs, TokensMintArgs, TokensWithdrawArgs};
use crate::control::Moment;
use crate::failure::Failure;
use crate::terminal::Table;

pub(super) async fn run(context: &Context, command: &TokensCommand) -> Result<(), Failure> {
    match command {
        TokensCommand::List(args) => list(context, args).await,
        TokensCommand::Mint(args) => mint(context, args).await,
        TokensCommand::Withdraw(args) => withdraw(context, args).await,
    }
}

/// A new token, for programs.
#[derive(Serialize)]
struct Made<'a> {
    id: String,
    token: &'a str,
    until: Moment,
}

async fn mint(context: &Context, args: &TokensMintArgs) -> Result<(), Failure> {
    let mut administrator = sign_in::administrator(context, &args.login).await?;
    let until = context.now().later(args.life);
    let minted = administrator.mint_token(&args.purpose, until).await?;
    let text = minted.token.to_text();
    let hub = sign_in::known_hub(context, &args.login.hub)?;
    context.print(&match args.output {
        Output::Json => to_json(&Made {
            id: minted.id.to_string(),
            token: &text,
            until: Moment(until),
        })?,
        Output::Text => format!(
            "{}\n\nOne server may join with it until {}:\n  sso-connect enrol --hub {hub} --token-file \
             FILE\nIt deserves the care of a password, and is not shown again. To make it worthless \
             before:\n  sso-connect tokens withdraw {}\n",
            *text,
            context.zone.show(until),
            minted.id
        ),
    })
}

/// A token, for programs.
#[derive(Serialize)]
struct Line {
    id: String,
    purpose: String,
    by: String,
    until: Moment,
    state: &'static str,
}

async fn list(context: &Context, args: &TokensListArgs) -> Result<(), Failure> {
    let administrator = sign_in::administrator(context, &args.login).await?;
    let lines: Vec<_> = administrator
        .tokens()
        .into_iter()
        .map(|token| line(context, token))
        .collect();
    context.print(&match args.output {
        Output::Json => to_json(&lines)?,
        Output::Text => table(context, &lines),
    })
}

fn line(context: &Context, token: Token) -> Line {
    let until = UnixTime::from_secs(token.expires);
    Line {
        id: token.id.to_string(),
        purpose: token.name,
        by: token.by,
        until: Moment(until),
        state: match (token.is_good, context.now() < until) {
            (true, true) => "good",
            (true, false) => "expired",
            (false, _) => "over",
        },
    }
}

fn table(context: &Context, lines: &[Line]) -> String {
    let head = Table::new(&["TOKEN", "STATE", "UNTIL", "FOR", "BY"]);
    let rows = lines.iter().fold(head, |table, line| {
        table.row([
            line.id.chars().take(SHOWN).collect(),
            line.state.into(),
            context.zone.show(line.until.0),
            line.purpose.clone(),
            line.by.clone(),
        ])
    });
    rows.to_string()
}

async fn withdraw(context: &Context, args: &TokensWithdrawArgs) -> Result<(), Failure> {
    let mut administrator = sign_in::administrator(context, &args.login).await?;
    let tokens = administrator.tokens().into_iter();
    let all = tokens.map(|token| (token.id, token.id.to_string()));
    let (id, _) = one_of(all, &args.token, "token", "sso-connect tokens list")?;
    administrator.withdraw_token(id).await?;
    context.print(&format!("Withdrawn: nobody can join with {id} any more.\n"))
}

/// So much of an id is shown in a table.
const SHOWN: usize = 12;

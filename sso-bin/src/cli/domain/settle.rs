//! `domain settle`: which of two histories goes on.

use std::time::Duration;

use sso_sync::chain::Permissions;

use crate::args::{DomainSettleArgs, Keep, Output};
use crate::cli::{Context, sign_in, to_json};
use crate::control::{Client, ForkReport, Report, SettledReport};
use crate::failure::{Failure, Trouble};
use crate::terminal::Table;

pub(super) async fn run(context: &Context, args: &DomainSettleArgs) -> Result<(), Failure> {
    let client = Client::open(&context.dir()?)?;
    let fork = client.fork().await?;
    let Some(code) = fork.code.clone() else {
        return show(context, args, &fork);
    };
    if args.keep.is_none() || args.output == Output::Text {
        show(context, args, &fork)?;
    }
    let Some(keep) = chosen(context, args)? else {
        return Ok(());
    };
    expect_possible(&code, keep, &fork)?;
    expect_permission(context, args).await?;
    client.settle(keep == Keep::Hub).await?;
    let settled = match keep {
        Keep::Here => client.fork().await?,
        Keep::Hub => follow(context, &client).await?,
    };
    context.print(&match args.output {
        Output::Json => to_json(&settled)?,
        Output::Text => told(keep, &settled),
    })
}

fn show(context: &Context, args: &DomainSettleArgs, fork: &ForkReport) -> Result<(), Failure> {
    context.print(&match args.output {
        Output::Json => to_json(fork)?,
        Output::Text => text(context, fork),
    })
}

/// What is known of both sides, in words.
fn text(context: &Context, fork: &ForkReport) -> String {
    let Some(code) = &fork.code else {
        let before = fork.settled.as_ref().map(result).unwrap_or_default();
        return format!("There is one history only: nothing is to be settled.\n{before}");
    };
    let what = match code.as_str() {
        "chain-fork" => "Two authority chains of this domain exist",
        _ => "Two histories of the users of this domain exist",
    };
    let from = fork.at.map(|at| format!(" (place {at})"));
    let since = fork.since.map(|it| context.zone.show(it.0));
    format!(
        "{what}{}; found here {}.\nNobody is kept from signing in, and nothing is written until one \
         of them is chosen.\n\n{}{}",
        from.unwrap_or_default(),
        since.unwrap_or_else(|| "just now".into()),
        sides(context, fork),
        differences(fork)
    )
}

fn sides(context: &Context, fork: &ForkReport) -> String {
    let hub = fork
        .hub
        .map_or_else(|| "does not answer".into(), |at| at.to_string());
    let head = Table::new(&["WHO", "ENDS AT", "HISTORY", "LAST SEEN"])
        .row(["this server", &fork.here.to_string(), "here", "now"].map(String::from))
        .row(["the hub".into(), hub, side(fork.hub_is_here), "now".into()]);
    let table = fork.servers.iter().fold(head, |table, server| {
        let seen = server.seen.map(|it| context.zone.show(it.0));
        table.row([
            server.name.clone(),
            server.at.map_or_else(|| "?".into(), |at| at.to_string()),
            side(server.same),
            seen.unwrap_or_else(|| "never".into()),
        ])
    });
    table.to_string()
}

fn side(is_here: Option<bool>) -> String {
    match is_here {
        Some(true) => "as here",
        Some(false) => "the other one",
        None => "cannot be told",
    }
    .into()
}

fn differences(fork: &ForkReport) -> String {
    let (Some(here), Some(there), Some(both)) = (fork.only_here, fork.only_at_hub, fork.different)
    else {
        return String::new();
    };
    format!(
        "\nOnly this server has {here} records, only the hub {there}; {both} are on both sides in \
         another state.\n"
    )
}

/// What is to be kept, if that is said; a person is asked.
fn chosen(context: &Context, args: &DomainSettleArgs) -> Result<Option<Keep>, Failure> {
    if args.keep.is_some() || !context.terminal.is_interactive() || args.output == Output::Json {
        if args.keep.is_none() {
            context.terminal.remark(HOW);
        }
        return Ok(args.keep);
    }
    let options = [HUB, HERE, NOTHING].map(String::from);
    let chosen = context
        .terminal
        .choose("Which history goes on?", &options)?;
    Ok(match chosen {
        0 => Some(Keep::Hub),
        1 => Some(Keep::Here),
        _ => None,
    })
}

fn expect_possible(code: &str, keep: Keep, fork: &ForkReport) -> Result<(), Failure> {
    match keep {
        Keep::Hub if code == "chain-fork" => Err(Failure::refused(
            "the authority chain forked: who belongs to the domain is not the same on both sides, \
             so this server cannot take over the other one as it is; nothing was changed",
            "stop this server; sso-connect domain leave --although-the-hub-serves-it, then \
             sso-connect enrol: its users come along",
        )),
        Keep::Here if fork.hub_is_here == Some(false) => Err(Failure::refused(
            "the hub holds the other history, and no server can take that from it; nothing was \
             changed",
            "whoever runs the hub restores a backup from before the fork, which the servers of \
             this side complete; or: sso-connect domain settle --keep hub",
        )),
        _ => Ok(()),
    }
}

/// Whoever is signed in, password and second factor are asked for.
async fn expect_permission(context: &Context, args: &DomainSettleArgs) -> Result<(), Failure> {
    let administrator = sign_in::sign_in(context, &args.login).await?;
    if administrator.permissions().include(Permissions::SSO) {
        return Ok(());
    }
    Err(Failure::domain(
        Trouble::Denied,
        "nothing was changed: to settle a fork needs the permission SSO",
        "let an administrator who has it give the command",
    ))
}

/// Waits until everything is taken over.
async fn follow(context: &Context, client: &Client) -> Result<ForkReport, Failure> {
    context.terminal.remark(
        "This server takes over what the hub holds; sign-ins go on meanwhile. If you stop waiting, \
         it goes on by itself.",
    );
    loop {
        if may_be_over(&client.report().await?) {
            let fork = client.fork().await?;
            if fork.code.is_some() || fork.settled.as_ref().is_some_and(|it| it.done) {
                return Ok(fork);
            }
        }
        tokio::time::sleep(PACE).await;
    }
}

/// Whether everything is taken over, or another fork was found, perhaps.
fn may_be_over(report: &Report) -> bool {
    let sync = report.hub.as_ref().map(|it| &it.sync);
    sync.is_some_and(|it| it.phase == "stopped" || (it.complete && !it.taking_over))
}

fn told(keep: Keep, fork: &ForkReport) -> String {
    match (keep, &fork.settled) {
        (Keep::Hub, Some(settled)) if settled.done => result(settled),
        (Keep::Hub, _) => "Another fork was found meanwhile: sso-connect domain settle\n".into(),
        (Keep::Here, _) => {
            "What this server holds goes on. Servers of the other side take it over \
                            with: sso-connect domain settle --keep hub\n"
                .into()
        }
    }
}

fn result(settled: &SettledReport) -> String {
    let SettledReport {
        taken,
        clashing,
        unopened,
        ..
    } = settled;
    let mut text = format!(
        "This server holds what the hub holds. {taken} records that only this server had were taken \
         over.\n"
    );
    if *clashing > 0 {
        text += &format!(
            "{clashing} were on both sides in another state, or are larger than the hub takes; what \
             the hub had counts:\n  {}\n",
            settled.clashes.join("\n  ")
        );
    }
    if *unopened > 0 {
        text += &format!("{unopened} did not open here, and were left out.\n");
    }
    text
}

const HUB: &str = "what the hub holds: this server takes it over, and adds what only it has";
const HERE: &str = "what this server holds: the hub has it as well, or is given it";
const NOTHING: &str = "leave everything as it is";
const HOW: &str = "To choose: sso-connect domain settle --keep hub, or --keep here.";
const PACE: Duration = Duration::from_millis(500);

//! `sso-connect sync`: how the server keeps up with its domain, and a full comparison.

use super::{Context, to_json};
use crate::args::{Output, SyncArgs};
use crate::control::{Client, SyncDone, SyncReport};
use crate::failure::Failure;

pub(super) async fn run(context: &Context, args: &SyncArgs) -> Result<(), Failure> {
    let client = Client::open(&context.dir()?)?;
    match args.full {
        true => full(context, &client, args).await,
        false => show(context, &client, args).await,
    }
}

async fn show(context: &Context, client: &Client, args: &SyncArgs) -> Result<(), Failure> {
    let hub = client.report().await?.hub.ok_or_else(|| {
        Failure::refused(
            "this server belongs to no domain: there is nothing to keep up with",
            "sso-connect enrol",
        )
    })?;
    context.print(&match args.output {
        Output::Json => to_json(&hub.sync)?,
        Output::Text => text(context, &hub.sync),
    })
}

/// In words: what is here, of how many, and what it is doing.
pub(super) fn text(context: &Context, sync: &SyncReport) -> String {
    let mut text = match (sync.complete, sync.phase.as_str()) {
        (true, _) => format!("{}\n", complete(sync.of, &sync.digest)),
        (false, "filling") => format!(
            "{} of {} users are here{}; people can sign in meanwhile\n",
            sync.users,
            sync.of,
            left(sync)
        ),
        (false, _) => format!("{} of {} users are here\n", sync.users, sync.of),
    };
    if let Some(since) = sync.away_since {
        text += &format!(
            "the hub is out of reach since {}: known users sign in, new ones have to wait\n",
            context.zone.show(since.0)
        );
    }
    if let Some(detail) = &sync.detail {
        text += &format!("{}: {detail}\n", sync.phase);
    }
    if sync.lag > 0 {
        text += &format!("{} changes of others are on their way\n", sync.lag);
    }
    if sync.waiting > 0 {
        text += &format!("{} changes of this server wait for the hub\n", sync.waiting);
    }
    text
}

fn left(sync: &SyncReport) -> String {
    let Some(rate) = sync.rate.filter(|rate| *rate > 0) else {
        return String::new();
    };
    let seconds = sync.of.saturating_sub(sync.users) / rate;
    format!(" ({rate} a second, about {seconds} s left)")
}

async fn full(context: &Context, client: &Client, args: &SyncArgs) -> Result<(), Failure> {
    context
        .terminal
        .remark("Comparing everything with the hub; sign-ins go on meanwhile.");
    let done = client.sync(args.force).await?;
    context.print(&match args.output {
        Output::Json => to_json(&done)?,
        Output::Text => told(&done),
    })?;
    match done.equal {
        true => Ok(()),
        false => Err(Failure::refused(
            "the copy of this server still differs from the domain",
            "sso-connect sync --full --force",
        )),
    }
}

fn told(done: &SyncDone) -> String {
    let SyncDone {
        of,
        compared,
        missing,
        changed,
        surplus,
        ..
    } = done;
    let mended = match missing + changed + surplus {
        0 => "Nothing differed.\n".to_owned(),
        _ => format!(
            "Mended: {missing} were missing, {changed} were of another version, {surplus} did not \
             belong here.\n"
        ),
    };
    let end = match done.equal {
        true => format!("{}.\n", complete(*of, &done.digest)),
        false => String::new(),
    };
    format!("Compared {compared} of 256 parts one by one. {mended}{end}")
}

/// Everything is here, in words.
pub(super) fn complete(of: u64, digest: &str) -> String {
    let digest: String = digest.chars().take(8).collect();
    format!("all {of} of {of} users, digest equal ({digest}…)")
}

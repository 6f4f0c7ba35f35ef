//! `sso-connect upgrade`: from one version to the next, server by server.

use serde::Serialize;
use sso_sync::administration::Administrator;
use sso_sync::seal::MemberId;

use super::servers::{find, line, member};
use super::{Context, sign_in, to_json};
use crate::args::{Output, UpgradeCommand, UpgradeEndArgs, UpgradeStartArgs, UpgradeStatusArgs};
use crate::control::{Client, ServerLine, VersionsReport};
use crate::failure::{Failure, Trouble};
use crate::terminal::Table;
use crate::version;

pub(super) async fn run(context: &Context, command: &UpgradeCommand) -> Result<(), Failure> {
    match command {
        UpgradeCommand::Abort(args) => abort(context, args).await,
        UpgradeCommand::Finalize(args) => finalize(context, args).await,
        UpgradeCommand::Start(args) => start(context, args).await,
        UpgradeCommand::Status(args) => status(context, args).await,
    }
}

async fn start(context: &Context, args: &UpgradeStartArgs) -> Result<(), Failure> {
    let mut administrator = sign_in::administrator(context, &args.login).await?;
    let policy = administrator.chain().policy();
    let to = args.to.as_deref().unwrap_or_else(|| version::version());
    if args.to.is_none() && policy.is_pinned() && policy.to() == to {
        return Err(Failure::domain(
            Trouble::Version,
            format!("this is version {to}, which the servers of the domain run already"),
            "sso-connect upgrade start --to VERSION",
        ));
    }
    let from = policy.from().to_owned();
    administrator.start_upgrade(to).await?;
    context.print(&format!(
        "Upgrade from {from} to {to}: servers of both versions sign users in and write.\nNext, on \
         one server after the other: install version {to} and start it again.\nThen: sso-connect \
         upgrade status\n"
    ))
}

async fn finalize(context: &Context, args: &UpgradeEndArgs) -> Result<(), Failure> {
    let mut administrator = sign_in::administrator(context, &args.login).await?;
    let without = left_behind(&administrator, args)?;
    administrator.finalize_upgrade(&without).await?;
    let version = administrator.chain().policy().to();
    context.print(&format!(
        "The upgrade is over: the domain works with version {version}.\n"
    ))
}

async fn abort(context: &Context, args: &UpgradeEndArgs) -> Result<(), Failure> {
    let mut administrator = sign_in::administrator(context, &args.login).await?;
    let without = left_behind(&administrator, args)?;
    administrator.abort_upgrade(&without).await?;
    let version = administrator.chain().policy().to();
    context.print(&format!(
        "The upgrade was given up: the domain works with version {version}, as before.\n"
    ))
}

fn left_behind(
    administrator: &Administrator,
    args: &UpgradeEndArgs,
) -> Result<Vec<MemberId>, Failure> {
    let found = args.even_without.iter();
    let found = found.map(|server| find(administrator, server).map(|(id, _)| id));
    found.collect()
}

async fn status(context: &Context, args: &UpgradeStatusArgs) -> Result<(), Failure> {
    let said = match running(context).await? {
        Some(said) => said,
        None => asked(context, args).await?,
    };
    context.print(&match args.output {
        Output::Json => to_json(&said)?,
        Output::Text => to_text(context, &said),
    })
}

/// What the command prints.
#[derive(Debug, Serialize)]
struct Said {
    /// `pinned` or `open`.
    state: &'static str,
    from: String,
    to: String,
    schema: u64,
    /// The version of the hub's program; nothing if it was not heard.
    hub: Option<String>,
    servers: Vec<ServerLine>,
}

impl Said {
    fn new(versions: VersionsReport, servers: Vec<ServerLine>) -> Self {
        Self {
            state: if versions.is_open() { "open" } else { "pinned" },
            from: versions.from,
            to: versions.to,
            schema: versions.schema,
            hub: versions.hub,
            servers,
        }
    }

    fn waiting(&self) -> impl Iterator<Item = &ServerLine> {
        self.servers.iter().filter(|it| it.version != self.to)
    }
}

/// What the server that runs here knows; an older program does not say with which versions the
/// domain works.
async fn running(context: &Context) -> Result<Option<Said>, Failure> {
    let Some((dir, _)) = context.membership()? else {
        return Ok(None);
    };
    let Some(client) = Client::find(&dir).await? else {
        return Ok(None);
    };
    let report = client.report().await?;
    match report.hub.and_then(|it| it.versions) {
        Some(versions) => Ok(Some(Said::new(versions, client.servers().await?))),
        None => Ok(None),
    }
}

/// What the hub says to an administrator.
async fn asked(context: &Context, args: &UpgradeStatusArgs) -> Result<Said, Failure> {
    let this = member(context)?;
    let mut administrator = sign_in::administrator(context, &args.login).await?;
    let upgrade = administrator.upgrade().await?;
    let servers = upgrade.servers.iter().map(|it| line(it, this)).collect();
    Ok(Said::new((&upgrade.policy).into(), servers))
}

fn to_text(context: &Context, said: &Said) -> String {
    let (from, to) = (&said.from, &said.to);
    let head = match said.state {
        "open" => format!("An upgrade from {from} to {to} is under way.\n"),
        _ => format!("No upgrade is under way: the domain works with version {to}.\n"),
    };
    let hub = said.hub.as_ref();
    let hub = hub.map_or_else(String::new, |it| format!("The hub runs version {it}.\n"));
    format!("{head}{hub}\n{}\n{}", servers(context, said), next(said))
}

fn servers(context: &Context, said: &Said) -> String {
    let head = Table::new(&["SERVER", "VERSION", "STATE", "LAST SEEN"]);
    let table = said.servers.iter().fold(head, |table, line| {
        let seen = line.seen.map(|seen| context.zone.show(seen.0));
        table.row([
            format!("{}{}", line.name, if line.this { " *" } else { "" }),
            line.version.clone(),
            line.state.clone(),
            seen.unwrap_or_else(|| "never".into()),
        ])
    });
    table.to_string()
}

fn next(said: &Said) -> String {
    let to = &said.to;
    let names: Vec<_> = said.waiting().map(|it| it.name.as_str()).collect();
    match (said.state, names.is_empty()) {
        ("open", true) => {
            format!("All servers run {to}. Next, on one of them: sso-connect upgrade finalize\n")
        }
        ("open", false) => format!(
            "Next: install version {to} on {} and start it again, one server after the other.\nTo \
             give it up: sso-connect upgrade abort\n",
            names.join(", ")
        ),
        (_, false) => format!(
            "These do not run version {to}: they sign known users in and write nothing until it is \
             installed there: {}\n",
            names.join(", ")
        ),
        _ => "To begin one: sso-connect upgrade start --to VERSION\n".into(),
    }
}

//! `hostname status`: the names, and whether people still come by the former ones.

use serde::Serialize;
use sso_core::config::SharedConfig;

use super::place;
use crate::args::{HostnameStatusArgs, Output};
use crate::cli::{Context, to_json};
use crate::control::{Client, Moment};
use crate::failure::Failure;
use crate::terminal::Table;

/// A name of the service.
#[derive(Serialize)]
struct NameLine {
    base_url: String,
    entity_id: String,
    former: bool,
}

/// When people came by a former name, at one server.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Use {
    /// The server.
    pub(super) server: String,
    /// The last time, or as early as its program can tell; nothing if nobody knows.
    pub(super) last: Option<Moment>,
}

#[derive(Serialize)]
struct Shown {
    names: Vec<NameLine>,
    servers: Vec<Use>,
}

pub(super) async fn run(context: &Context, args: &HostnameStatusArgs) -> Result<(), Failure> {
    let config = place::config(context).await?;
    let servers = match has_former(&config) {
        true => uses(context).await?,
        false => Vec::new(),
    };
    let names = config.services().map(|service| NameLine {
        base_url: service.base_url().into(),
        entity_id: service.entity_id().to_string(),
        former: config.is_former(service),
    });
    let shown = Shown {
        names: names.collect(),
        servers,
    };
    context.print(&match args.output {
        Output::Json => to_json(&shown)?,
        Output::Text => text(context, &shown),
    })
}

/// What the servers say; all of them, since each sees only who comes to it.
pub(super) async fn uses(context: &Context) -> Result<Vec<Use>, Failure> {
    let client = Client::open(&context.dir()?)?;
    let own = client.report().await?;
    if own.hub.is_none() {
        return Ok(vec![Use {
            server: "this server".into(),
            last: own.former_sign_in,
        }]);
    }
    let lines = client.servers().await?;
    let live = lines.into_iter().filter(|line| line.state != "revoked");
    let uses = live.map(|line| Use {
        last: match line.this {
            true => own.former_sign_in,
            false => line.former_sign_in,
        },
        server: line.name,
    });
    Ok(uses.collect())
}

fn has_former(config: &SharedConfig) -> bool {
    config.services().count() > 1
}

fn text(context: &Context, shown: &Shown) -> String {
    let head = Table::new(&["NAME", "ENTITY ID", "STATE"]);
    let names = shown.names.iter().fold(head, |table, name| {
        let state = match name.former {
            true => "former",
            false => "present",
        };
        table.row([
            name.base_url.clone(),
            name.entity_id.clone(),
            state.to_owned(),
        ])
    });
    if shown.servers.is_empty() {
        return names.to_string();
    }
    let head = Table::new(&["SERVER", "NOBODY BY A FORMER NAME SINCE"]);
    let servers = shown.servers.iter().fold(head, |table, server| {
        let last = server.last.map(|it| context.zone.show(it.0));
        let last = last.unwrap_or_else(|| "unknown".into());
        table.row([server.server.clone(), last])
    });
    format!("{names}\n{servers}")
}

//! `domain status`: which domain it is, and whether somebody wants it deleted.

use serde::Serialize;
use sso_sync::administration::Administrator;
use sso_sync::chain::Role;

use super::notice;
use crate::args::{DomainStatusArgs, Output};
use crate::cli::{Context, sign_in, to_json};
use crate::control::{Client, DeletionReport};
use crate::failure::Failure;

pub(super) async fn run(context: &Context, args: &DomainStatusArgs) -> Result<(), Failure> {
    let said = match of_server(context).await? {
        Some(said) => said,
        None => of_hub(context, args).await?,
    };
    context.print(&match args.output {
        Output::Json => to_json(&said)?,
        Output::Text => to_text(context, &said),
    })
}

/// What the command prints.
#[derive(Debug, Serialize)]
struct Said {
    domain: String,
    servers: u64,
    administrators: Option<u64>,
    users: u64,
    deletion: Option<DeletionReport>,
}

/// The running server knows it.
async fn of_server(context: &Context) -> Result<Option<Said>, Failure> {
    let Some((dir, _)) = context.membership()? else {
        return Ok(None);
    };
    let Some(client) = Client::find(&dir).await? else {
        return Ok(None);
    };
    let servers = client.servers().await?.len() as u64;
    let Some(hub) = client.report().await?.hub else {
        return Ok(None);
    };
    Ok(Some(Said {
        domain: hub.domain,
        servers,
        administrators: None,
        users: hub.sync.of,
        deletion: hub.deletion,
    }))
}

/// Without one an administrator asks the hub.
async fn of_hub(context: &Context, args: &DomainStatusArgs) -> Result<Said, Failure> {
    let mut administrator = sign_in::administrator_in_silence(context, &args.login).await?;
    let users = administrator.live_records().await?;
    let chain = administrator.chain();
    Ok(Said {
        domain: chain.name().into(),
        servers: chain.nodes().count() as u64,
        administrators: Some(administrators(&administrator)),
        users,
        deletion: chain.ending().map(DeletionReport::of),
    })
}

fn administrators(administrator: &Administrator) -> u64 {
    let members = administrator.chain().members();
    let active = members
        .filter(|it| it.revoked().is_none() && matches!(it.role(), Role::Administrator { .. }));
    active.count() as u64
}

fn to_text(context: &Context, said: &Said) -> String {
    let mut text = format!(
        "domain          {}\nservers         {}\n",
        said.domain, said.servers
    );
    if let Some(administrators) = said.administrators {
        text += &format!("administrators  {administrators}\n");
    }
    text += &format!("users           {}\n", said.users);
    match &said.deletion {
        None => text += "deletion        nobody wants it\n",
        Some(deletion) => {
            text += &format!(
                "deletion        announced by {} on {}\n",
                deletion.by,
                context.zone.show(deletion.announced.0)
            );
            text += &notice::text(context, &said.domain, deletion);
            text += "\n";
        }
    }
    text
}

//! Who has a change already.

use std::time::Duration;

use sso_sync::administration::{Administrator, Server, Told};

use super::Context;
use crate::failure::Failure;

/// Says which servers work with `revision` already, as far as they told within a few seconds.
///
/// It is a convenience: if the hub cannot be asked, nothing is said.
pub(super) async fn tell(
    context: &Context,
    administrator: &mut Administrator,
    revision: u64,
) -> Result<(), Failure> {
    let mut servers = Vec::new();
    for _ in 0..ROUNDS {
        let Ok(found) = administrator.servers().await else {
            return Ok(());
        };
        servers = found;
        if servers.is_empty() || servers.iter().all(|server| has(server, revision)) {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    if servers.is_empty() {
        return Ok(());
    }
    context.print(&said(&servers, revision))
}

fn said(servers: &[Server], revision: u64) -> String {
    let names = |wanted: bool| -> Vec<&str> {
        let found = servers.iter().filter(|it| has(it, revision) == wanted);
        found.map(|server| server.name.as_str()).collect()
    };
    match (names(true), names(false)) {
        (all, none) if none.is_empty() => format!("It is in force on {}.\n", all.join(", ")),
        (some, _) if some.is_empty() => {
            "The servers take it up within seconds, or say why not: sso-connect servers list\n"
                .into()
        }
        (some, others) => format!(
            "It is in force on {}; not yet known of {}: sso-connect servers list\n",
            some.join(", "),
            others.join(", ")
        ),
    }
}

fn has(server: &Server, revision: u64) -> bool {
    match &server.told {
        Told::Status { status, .. } => status.revision >= revision,
        _ => false,
    }
}

const ROUNDS: usize = 4;
const PAUSE: Duration = Duration::from_millis(500);

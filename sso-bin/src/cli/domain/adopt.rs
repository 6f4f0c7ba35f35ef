//! `domain adopt`: builds the domain anew, on another hub, from this server's verified copy.

use super::leave;
use crate::args::DomainAdoptArgs;
use crate::cli::{Context, enrol, found};
use crate::failure::Failure;

/// First the server leaves, with everything; then it founds a domain and brings everything along.
/// Interrupted in between it is a server of its own, and goes on when the command is given again.
pub(super) async fn run(context: &Context, args: &DomainAdoptArgs) -> Result<(), Failure> {
    enrol::expect_stopped(context).await?;
    if !found::is_under_way(context) {
        match context.membership()? {
            Some((dir, settings)) => leave::leave(context, &dir, &settings, &args.leave).await?,
            None => leave::finish(context)?,
        }
    }
    found::run(context, &args.found).await?;
    context.print(&others(context)?)
}

/// What is left to do, in order.
fn others(context: &Context) -> Result<String, Failure> {
    let root = context.root.display();
    let Some((_, settings)) = context.membership()? else {
        return Ok(String::new());
    };
    let ca = settings.hub_ca.as_ref();
    let enrol = format!(
        "sso-connect enrol --hub {} --domain {}{}",
        settings.hub,
        settings.domain,
        ca.map_or_else(String::new, |ca| format!(" --hub-ca {}", ca.display()))
    );
    Ok(format!(
        "\nIn this order:\n  1. Here: sso-connect serve --data-dir {root}\n  2. On every other server of \
         the domain of before, one after the other: stop it, then\n       {enrol} --data-dir NEW\n       \
         sso-connect serve --data-dir NEW\n     NEW is an empty folder. Until its turn it goes on \
         signing in whom it knows.\n  3. The other administrators are invited anew: sso-connect \
         administrators invite ADDRESS\n\nGive adopt on no other server. One that knows users who are \
         missing here brings them along instead: stop it, then sso-connect domain leave, and {enrol}, \
         both in the folder that it has.\n"
    ))
}

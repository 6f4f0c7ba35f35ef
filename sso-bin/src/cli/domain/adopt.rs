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
    context.print(
        "\nThe other servers of the domain of before: on each, in an empty folder, sso-connect \
         enrol. Until then they go on signing in whom they know.\n",
    )
}

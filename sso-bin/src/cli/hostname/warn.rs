//! A base URL that is changed like any other setting: what follows from it is said before it is saved.

use sso_core::config::Service;
use sso_core::config::fields::Fields;

use super::{look, present};
use crate::cli::Context;
use crate::failure::Failure;
use crate::hostname::EntityChoice;

/// Says what a change of the base URL means; nothing if it stays, or if the present one becomes a
/// former name.
pub(in crate::cli) async fn warn(
    context: &Context,
    before: &Fields,
    after: &Fields,
) -> Result<(), Failure> {
    let urls = (before.value("base_url"), after.value("base_url"));
    let (Some(old), Some(new)) = urls else {
        return Ok(());
    };
    let stays = after
        .value("former_base_urls")
        .unwrap_or_default()
        .contains(old);
    let service = Service::new(new).ok().filter(|_| old != new && !stays);
    let (Some(service), Ok(config)) = (service, before.check(context.now())) else {
        return Ok(());
    };
    let entity_id = match after.value("entity_id") {
        Some(_) => EntityChoice::Keep,
        None => EntityChoice::New,
    };
    let found = look(
        context,
        &config,
        present(context, &config).await,
        &service,
        entity_id,
    )
    .await;
    for problem in &found.problems {
        context.print(&format!("In the way: {}.\n", problem.what))?;
    }
    context.print(&format!(
        "{old} stops working at once, with the sign-ins that are under way there and the sessions. To \
         have both names for a while: sso-connect hostname change {new}\n"
    ))
}

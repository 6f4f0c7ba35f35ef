//! A base URL that is changed like any other setting: what follows from it is said before it is saved.

use sso_core::config::Service;
use sso_core::config::fields::Fields;

use super::{look, present};
use crate::cli::Context;
use crate::failure::Failure;
use crate::hostname::{EntityChoice, is_same};

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
    let moves = !is_same(old, new) && !stays(after, old);
    let service = Service::new(new).ok().filter(|_| moves);
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

/// Whether the name is a former one from then on.
fn stays(after: &Fields, base_url: &str) -> bool {
    let former = after.value("former_base_urls").unwrap_or_default();
    let former: Vec<String> = serde_json::from_str(former).unwrap_or_default();
    former.iter().any(|it| is_same(it, base_url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_if_it_is_a_former_one_and_not_if_another_only_begins_so() {
        let with = |former: &str| Fields::new().with("former_base_urls", former);
        let old = "https://old.example";
        assert!(stays(&with(r#"["https://OLD.example:443/"]"#), old));
        assert!(!stays(&with(r#"["https://old.example.org"]"#), old));
        assert!(!stays(&with(r#"["https://old.example:8443"]"#), old));
    }
}

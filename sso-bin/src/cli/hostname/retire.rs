//! `hostname retire`: a former name goes, when nobody comes by it any more.

use std::time::Duration;

use sso_core::UnixTime;
use sso_core::config::SharedConfig;

use super::place::Place;
use super::{service, status};
use crate::args::HostnameRetireArgs;
use crate::cli::Context;
use crate::cli::config::save::Review;
use crate::failure::Failure;
use crate::hostname;

pub(super) async fn run(context: &Context, args: &HostnameRetireArgs) -> Result<(), Failure> {
    let place = Place::of(context, &args.login).await?;
    let config = place.config(context)?;
    let base_url = meant(&config, &args.name)?;
    let retired = hostname::retire(&place.document()?, &base_url);
    let after = retired.map_err(|error| Failure::refused(error.to_string(), error.fix()))?;
    if !args.anyway {
        expect_unused(context, args.unused).await?;
    }
    let review = match args.yes {
        true => Review::Yes,
        false => Review::Ask,
    };
    place.save(context, &after, review).await
}

/// A former name by its host, whatever its port is, or by its base URL.
fn meant(config: &SharedConfig, name: &str) -> Result<String, Failure> {
    let wanted = service(name, config)?;
    let mut former = config.services().filter(|it| config.is_former(it));
    let is_it = |it: &&sso_core::config::Service| match name.starts_with("https://") {
        true => it.base_url() == wanted.base_url(),
        false => it.host() == wanted.host(),
    };
    let found = former.find(is_it);
    Ok(found.unwrap_or(&wanted).base_url().into())
}

async fn expect_unused(context: &Context, hours: u32) -> Result<(), Failure> {
    let uses = status::uses(context).await.map_err(|failure| {
        let fix = failure.fix().unwrap_or_default();
        let what = format!("nobody can tell whether the name is still used: {failure}");
        Failure::refused(what, format!("{fix}; or add --anyway"))
    })?;
    let limit = context
        .now()
        .earlier(Duration::from_secs(u64::from(hours) * 3600));
    let objections: Vec<_> = uses
        .iter()
        .filter_map(|it| objection(context, it, limit))
        .collect();
    match objections.is_empty() {
        true => Ok(()),
        false => Err(Failure::refused(
            format!(
                "the name is not retired, since in the last {hours} hours people came by a former \
                 name, or may have: {}",
                objections.join("; ")
            ),
            "wait, or lead people to the new name, and look: sso-connect hostname status; or add \
             --anyway, and their sign-ins fail",
        )),
    }
}

fn objection(context: &Context, seen: &status::Use, limit: UnixTime) -> Option<String> {
    match seen.last {
        Some(last) if last.0 < limit => None,
        Some(last) => Some(format!(
            "at {} until {}",
            seen.server,
            context.zone.show(last.0)
        )),
        None => Some(format!("{} has not said", seen.server)),
    }
}

//! `hostname change`: from then on both names work.

use sso_core::config::document::KeyPairDocument;

use super::place::Place;
use super::{first, in_the_way, look, present, read, service};
use crate::args::HostnameChangeArgs;
use crate::cli::Context;
use crate::cli::config::save::Review;
use crate::failure::Failure;
use crate::hostname::{Plan, Verdict};

pub(super) async fn run(context: &Context, args: &HostnameChangeArgs) -> Result<(), Failure> {
    let place = Place::of(context, &args.login).await?;
    let config = place.config(context)?;
    let new = service(&args.name, &config)?;
    let tls = pair(args)?;
    let certificate = match &tls {
        Some(pair) => Some(first(&pair.certificate)?),
        None => present(context, &config).await,
    };
    let found = look(context, &config, certificate, &new, args.entity_id).await;
    context.print(&found.to_string())?;
    if found.verdict == Verdict::NotYet && !args.anyway {
        return Err(refused(&in_the_way(&found)));
    }
    let plan = Plan {
        base_url: new.base_url().into(),
        entity_id: args.entity_id,
        tls,
    };
    let planned = plan.apply(&place.document()?);
    let after = planned.map_err(|error| Failure::refused(error.to_string(), error.fix()))?;
    let review = match args.yes {
        true => Review::Yes,
        false => Review::Ask,
    };
    place.save(context, &after, review).await
}

fn pair(args: &HostnameChangeArgs) -> Result<Option<KeyPairDocument>, Failure> {
    match (&args.certificate, &args.key) {
        (Some(certificate), Some(key)) => {
            let pair = KeyPairDocument::new(read(certificate)?, read(key)?);
            Ok(Some(pair))
        }
        _ => Ok(None),
    }
}

fn refused(failure: &Failure) -> Failure {
    let fix = failure.fix().unwrap_or_default();
    let what = format!("nothing was changed: {failure}");
    Failure::refused(what, format!("{fix}; or add --anyway if that comes later"))
}

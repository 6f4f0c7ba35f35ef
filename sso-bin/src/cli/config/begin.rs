//! What somebody begins with who changes the configuration: the newest at the hub, else the newest
//! that this server has.

use std::sync::Arc;

use bytes::Bytes;
use sso_core::config::fields::Fields;
use sso_sync::administration::Administrator;
use sso_sync::chain::Chain;
use sso_sync::mirror::{Place as _, SqlitePlace};
use sso_sync::store::{DomainId, DomainStore};

use super::save::{Change, Review, check, is_away, save};
use super::{draft, fields_of, lines};
use crate::args::LoginArgs;
use crate::cli::{Context, enrol, sign_in};
use crate::domain::Vault;
use crate::failure::Failure;

/// The newest configuration that can be had.
#[derive(Debug)]
pub(in crate::cli) struct Begun {
    pub(in crate::cli) base: u64,
    pub(in crate::cli) fields: Fields,
    who: Who,
}

/// Who changes it.
#[derive(Debug)]
enum Who {
    /// Somebody who is signed in.
    Administrator(Box<Administrator>),
    /// Nobody as yet, since the hub is away: what is made becomes a draft.
    Later(Failure),
}

pub(in crate::cli) async fn begin(context: &Context, login: &LoginArgs) -> Result<Begun, Failure> {
    match sign_in::administrator(context, login).await {
        Ok(administrator) => {
            let (base, document) = administrator.current()?;
            let fields = fields_of(&document)?;
            let who = Who::Administrator(Box::new(administrator));
            Ok(Begun { base, fields, who })
        }
        Err(failure) if is_away(&failure) => without_hub(context, failure).await,
        Err(failure) => Err(failure),
    }
}

/// Saves what was made of it, or keeps it as a draft.
pub(in crate::cli) async fn finish(
    context: &Context,
    begun: Begun,
    fields: Fields,
    review: Review,
) -> Result<(), Failure> {
    let base = begun.base;
    match begun.who {
        Who::Administrator(mut administrator) => {
            save(
                context,
                &mut administrator,
                &Change { base, fields },
                review,
            )
            .await
        }
        Who::Later(failure) => {
            check(context, &fields)?;
            context.print(&lines(&begun.fields, &fields))?;
            draft::keep(context, &Change { base, fields }).await?;
            Err(failure)
        }
    }
}

async fn without_hub(context: &Context, failure: Failure) -> Result<Begun, Failure> {
    let Some((base, fields)) = own_copy(context).await? else {
        return Err(failure);
    };
    context.terminal.remark(&format!(
        "The hub is out of reach: this is revision {base}, the newest that this server has."
    ));
    let who = Who::Later(failure);
    Ok(Begun { base, fields, who })
}

/// The newest configuration in the copy of this server, and its number; `None` if this is no server
/// of a domain, or it has no copy yet.
pub(in crate::cli) async fn own_copy(context: &Context) -> Result<Option<(u64, Fields)>, Failure> {
    let Some((dir, settings)) = context.membership()? else {
        return Ok(None);
    };
    let vault = Vault::open(&dir)?;
    let (Some(domain), true) = (settings.domain_id(), dir.node_folder().exists()) else {
        return Ok(None);
    };
    let Some(keys) = vault.node_keys(domain).await? else {
        return Ok(None);
    };
    let store = SqlitePlace::open(&dir.node_folder())?.chain();
    let statements = statements(&store, &domain).await?;
    let chain: Chain = enrol::chain_of(&statements)?;
    enrol::configuration(&chain, &statements, &keys).map(Some)
}

async fn statements(
    store: &Arc<dyn DomainStore>,
    domain: &DomainId,
) -> Result<Vec<Bytes>, Failure> {
    let mut all = Vec::new();
    loop {
        let from = u64::try_from(all.len()).unwrap_or(u64::MAX);
        let some = store.statements(domain, from, SOME_BYTES).await;
        let some = some.map_err(|error| Failure::because(format!("the folder node: {error}")))?;
        if some.is_empty() {
            return Ok(all);
        }
        all.extend(some);
    }
}

const SOME_BYTES: usize = 16 * 1024 * 1024;

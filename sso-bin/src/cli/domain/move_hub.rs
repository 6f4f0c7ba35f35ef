//! `domain move-hub`: this server asks for its hub at another address.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sso_sync::feed::HubHead;
use sso_sync::link::{CallError, HubClient};
use sso_sync::mirror::{Place as _, SqlitePlace};
use sso_sync::store::{DomainId, DomainStore};
use sso_sync::wire::Code;

use crate::args::{DomainMoveHubArgs, HubOptions};
use crate::cli::{Context, sign_in};
use crate::control::Client;
use crate::data_dir::DataDir;
use crate::domain::{DomainSettings, HubAddress, Proxy, Vault};
use crate::failure::{Failure, Trouble};

pub(super) async fn run(context: &Context, args: &DomainMoveHubArgs) -> Result<(), Failure> {
    let Some((dir, settings)) = context.membership()? else {
        return Err(Failure::refused(
            "this server belongs to no domain: it has no hub",
            "sso-connect enrol --hub URL --domain NAME",
        ));
    };
    let options = HubOptions {
        hub: Some(args.hub.clone()),
        hub_ca: args.hub_ca.clone().or_else(|| settings.hub_ca.clone()),
        proxy: args.proxy.clone(),
        ..HubOptions::default()
    };
    let mut address = sign_in::address(context, &options)?;
    if address.proxy == Proxy::Environment {
        address.proxy = settings.address()?.proxy;
    }
    let found = look(context, &dir, &settings, &address).await?;
    context.print(&format!("{}\n", found.told(&settings.domain)))?;
    save(&dir, &settings, &address)?;
    let next = match Client::find(&dir).await? {
        Some(_) => {
            "The running server still asks at the old one.\n\nNext:\n  systemctl restart \
                    sso-connect\n"
        }
        None => "\nNext:\n  sso-connect serve\n",
    };
    context.print(&format!(
        "{} now says {}. {next}",
        dir.domain_file().display(),
        address.shown()
    ))
}

/// With one rename: nobody finds half of it.
fn save(dir: &DataDir, settings: &DomainSettings, address: &HubAddress) -> Result<(), Failure> {
    let mut settings = settings.clone();
    address.shown().clone_into(&mut settings.hub);
    settings.hub_ca.clone_from(&address.ca);
    settings.proxy = address.proxy.to_text().map(|it| it.to_string());
    settings.save(dir)
}

/// How the chain of a hub stands to the one that this server holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// It has less.
    Behind,
    /// It has the same, or more.
    Level,
}

impl Found {
    fn told(self, domain: &str) -> String {
        match self {
            Self::Level => format!("That hub serves {domain}, as this server knows it."),
            Self::Behind => format!(
                "That hub serves {domain}, and lacks what came last: the servers give it back what \
                 it lost, by themselves."
            ),
        }
    }
}

/// Asks the hub at another address, as this server, before anything is changed.
async fn look(
    context: &Context,
    dir: &DataDir,
    settings: &DomainSettings,
    address: &HubAddress,
) -> Result<Found, Failure> {
    let domain = settings
        .domain_id()
        .ok_or_else(|| unusable("names no domain"))?;
    let keys = Vault::open(dir)?.node_keys(domain).await?;
    let keys = keys.ok_or_else(|| unusable("has no keys beside it"))?;
    let client = HubClient::new(context.hubs.link(address)?, domain, Arc::new(keys));
    let refused = |error: CallError| not_this(address, &settings.domain, &error);
    let head = client.head(None, Duration::ZERO).await.map_err(refused)?;
    let place = SqlitePlace::open(&dir.node_folder())?;
    let held = place.chain();
    let own = held
        .head(&domain)
        .await
        .map_err(|error| unreadable(&error))?;
    let own = own.map_or(0, |head| head.statements);
    let found = match head.statements < own {
        true => Found::Behind,
        false => Found::Level,
    };
    // The last statement that both have: it holds the hashes of all before it.
    let Some(last) = own.min(head.statements).checked_sub(1) else {
        return Ok(found);
    };
    let theirs = client.statements(last).await.map_err(refused)?;
    match theirs.first() == statement(&*held, domain, last).await?.as_ref() {
        true => Ok(found),
        false => Err(other_history(&head, address)),
    }
}

async fn statement(
    store: &dyn DomainStore,
    domain: DomainId,
    position: u64,
) -> Result<Option<Bytes>, Failure> {
    let page = store.statements(&domain, position, 1).await;
    Ok(page.map_err(|error| unreadable(&error))?.into_iter().next())
}

fn not_this(address: &HubAddress, domain: &str, error: &CallError) -> Failure {
    let shown = address.shown();
    match error.code() {
        Some(Code::UnknownDomain) => Failure::refused(
            format!("nothing was changed: the hub at {shown} does not have the domain {domain}"),
            "restore hub.db and keys of the old hub there; if they are lost: sso-connect domain adopt",
        ),
        _ => Failure::domain(
            Trouble::Unreachable,
            format!("nothing was changed: the hub at {shown} does not serve {domain}: {error}"),
            "see whether it runs and the address is right; --hub-ca and --proxy say how it is reached",
        ),
    }
}

fn other_history(head: &HubHead, address: &HubAddress) -> Failure {
    Failure::refused(
        format!(
            "nothing was changed: the hub at {} has another authority chain, of {} statements, than \
             this server",
            address.shown(),
            head.statements
        ),
        "restore a newer backup of the old hub there; sso-connect domain settle tells what differs",
    )
}

fn unreadable(error: &sso_sync::store::StoreError) -> Failure {
    Failure::because(format!("the copy of this server cannot be read: {error}"))
}

fn unusable(why: &str) -> Failure {
    Failure::refused(
        format!("nothing was changed: domain.toml {why}"),
        "sso-connect status",
    )
}

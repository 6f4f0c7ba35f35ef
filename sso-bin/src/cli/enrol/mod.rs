//! `sso-connect enrol`: makes this server one of a domain.

mod answers;
mod bring;
mod download;
mod join;
mod known;
mod standalone;
mod summary;

use bytes::Bytes;
use sso_core::config::fields::Fields;
use sso_sync::admin::EnrolmentToken;
use sso_sync::administration::{Administrator, Office, unlock};
use sso_sync::chain::Chain;
use sso_sync::seal::MemberKeys;
use zeroize::Zeroizing;

use super::{Context, config, sign_in};
use crate::args::EnrolArgs;
use crate::control::Client;
use crate::data_dir::DataDir;
use crate::domain::{DomainSettings, Vault};
use crate::failure::Failure;

use answers::Answers;
pub(super) use join::{Joined, Joining, chain_of};
pub(super) use standalone::Standalone;

pub(super) async fn run(context: &Context, args: &EnrolArgs) -> Result<(), Failure> {
    expect_stopped(context).await?;
    let answers = Answers::gather(context, args)?;
    let joined = match answers.token(context)? {
        Some(token) => by_token(context, &answers, &token).await?,
        None => by_administrator(context, &answers).await?,
    };
    finish(context, &joined).await
}

async fn by_administrator(context: &Context, answers: &Answers) -> Result<Arrived, Failure> {
    let address = sign_in::address(context, &answers.hub)?;
    let who = sign_in::who(context, &answers.hub, &answers.sign_in)?;
    expect_domain(context, who.domain.as_str())?;
    let office = context.office_at(&address)?;
    let joining = Joining::new(context, address, answers.name.as_deref())?;
    let mut administrator = sign_in::sign_in_as(context, &office, who, &answers.sign_in).await?;
    context.print(&format!(
        "Signed in as {}.\n",
        administrator.who().administrator
    ))?;
    join::describe(context, administrator.chain())?;
    join::gate(administrator.chain())?;
    let standalone = Standalone::find(context, answers.users).await?;
    standalone.announce(context, administrator.chain().name())?;
    standalone.ask(context, &administrator).await?;
    let joined = joining
        .by_administrator(context, &mut administrator)
        .await?;
    arrive(context, &joined, standalone).await?;
    arrived_as(&administrator, joined)
}

/// The server is one of the domain for good: first its users, then itself, then its files.
pub(super) async fn arrive(
    context: &Context,
    joined: &Joined,
    standalone: Standalone,
) -> Result<(), Failure> {
    standalone.bring_along(context, joined).await?;
    joined.arrive(context, &standalone)?;
    standalone.set_aside(joined).await
}

/// What the administrator can tell of the configuration.
pub(super) fn arrived_as(
    administrator: &Administrator,
    joined: Joined,
) -> Result<Arrived, Failure> {
    let (revision, document) = administrator.current()?;
    Ok(Arrived {
        joined,
        revision,
        fields: config::fields_of(&document)?,
    })
}

async fn by_token(
    context: &Context,
    answers: &Answers,
    token: &EnrolmentToken,
) -> Result<Arrived, Failure> {
    let address = sign_in::address(context, &answers.hub)?;
    let office: Office = context.office_at(&address)?;
    let joining = Joining::new(context, address, answers.name.as_deref())?;
    let standalone = Standalone::find(context, answers.users).await?;
    let joined = joining.by_token(context, &office, token).await?;
    let chain = joined.chain()?;
    standalone.announce(context, chain.name())?;
    standalone.ask_as_server(context, &joined).await?;
    arrive(context, &joined, standalone).await?;
    join::describe(context, &chain)?;
    let (revision, fields) = configuration(&chain, &joined.statements, &joined.keys)?;
    Ok(Arrived {
        joined,
        revision,
        fields,
    })
}

/// The configuration, opened with the keys of the server itself.
pub(super) fn configuration(
    chain: &Chain,
    statements: &[Bytes],
    keys: &MemberKeys,
) -> Result<(u64, Fields), Failure> {
    let closed = |error: sso_sync::seal::SealError| {
        Failure::because(format!(
            "the configuration of the domain does not open: {error}"
        ))
    };
    let ring = unlock(chain, statements, keys).map_err(closed)?;
    let Some(revision) = chain.configuration() else {
        return Ok((0, Fields::new()));
    };
    let (number, epoch, schema) = (revision.number, revision.epoch, revision.schema);
    let document = ring.open_document(number, epoch, schema, &revision.sealed);
    Ok((number, config::fields_of(&document.map_err(closed)?)?))
}

/// A server that belongs to a domain, with its configuration.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) joined: Joined,
    pub(super) revision: u64,
    pub(super) fields: Fields,
}

/// Says what the server has now, and brings the users; also for a domain that was founded.
pub(super) async fn finish(context: &Context, arrived: &Arrived) -> Result<(), Failure> {
    context.print(&summary::configuration(context, arrived)?)?;
    let link = context.hubs.link(&arrived.joined.address)?;
    download::download(context, &arrived.joined, link).await?;
    context.print(&summary::next(context))
}

/// A running server of a domain has its copy open, and fills it by itself.
pub(super) async fn expect_stopped(context: &Context) -> Result<(), Failure> {
    let Some((dir, settings)) = context.membership()? else {
        return Ok(());
    };
    match Client::find(&dir).await? {
        None => Ok(()),
        Some(_) => Err(Failure::refused(
            format!(
                "this server runs, and is {} of the domain {} already",
                settings.server, settings.domain
            ),
            "sso-connect sync",
        )),
    }
}

/// A server belongs to one domain.
fn expect_domain(context: &Context, wanted: &str) -> Result<(), Failure> {
    match context.membership()? {
        Some((_, settings)) if settings.domain != wanted => {
            Err(other_domain(&settings, context, wanted))
        }
        _ => Ok(()),
    }
}

fn other_domain(settings: &DomainSettings, context: &Context, wanted: &str) -> Failure {
    Failure::refused(
        format!(
            "{} is the data folder of the server {} of the domain {}, which cannot join {wanted} as \
             well",
            context.root.display(),
            settings.server,
            settings.domain
        ),
        "choose another folder with --data-dir",
    )
}

/// The folder and what seals in it.
pub(super) fn place(context: &Context) -> Result<(DataDir, Vault), Failure> {
    let dir = DataDir::ensure(&context.root)?;
    let vault = Vault::open(&dir)?;
    Ok((dir, vault))
}

/// What domain.toml shall say.
pub(super) fn settings_of(joined: &Joined) -> Result<DomainSettings, Failure> {
    let (chain, address) = (joined.chain()?, &joined.address);
    let proxy = address.proxy.to_text();
    let standing = chain.standing(joined.keys.id());
    let server = standing.map_or(joined.name.as_str(), |it| it.member().name());
    Ok(DomainSettings {
        hub: address.shown().into(),
        domain: chain.name().into(),
        id: chain.domain().to_string(),
        server: server.to_owned(),
        node: joined.keys.id().to_string(),
        administrator: joined.administrator.clone(),
        hub_ca: address.ca.clone(),
        proxy: proxy.map(|proxy: Zeroizing<String>| proxy.as_str().to_owned()),
        former_sessions_until: None,
    })
}

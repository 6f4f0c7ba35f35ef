//! `sso-connect hostname`: the name of the service, and how it is changed.

mod change;
mod place;
mod retire;
mod status;
mod warn;

use std::fs;
use std::path::Path;

use rustls_pki_types::CertificateDer;
use sso_core::cert::{self, HostName};
use sso_core::config::{Service, SharedConfig};
use url::Url;

pub(super) use warn::warn;

use super::certificate::acme::last_issued;
use super::{Context, to_json};
use crate::args::{HostnameCheckArgs, HostnameCommand, Output};
use crate::failure::Failure;
use crate::hostname::{EntityChoice, Examination, Verdict, examine};
use crate::tls;

pub(super) async fn run(context: &Context, command: &HostnameCommand) -> Result<(), Failure> {
    match command {
        HostnameCommand::Check(args) => check(context, args).await,
        HostnameCommand::Change(args) => change::run(context, args).await,
        HostnameCommand::Status(args) => status::run(context, args).await,
        HostnameCommand::Retire(args) => retire::run(context, args).await,
    }
}

async fn check(context: &Context, args: &HostnameCheckArgs) -> Result<(), Failure> {
    let config = place::config(context).await?;
    let certificate = match &args.certificate {
        Some(file) => Some(first(&read(file)?)?),
        None => present(context, &config).await,
    };
    let new = service(&args.name, &config)?;
    let found = look(context, &config, certificate, &new, args.entity_id).await;
    context.print(&match args.output {
        Output::Json => to_json(&found)?,
        Output::Text => found.to_string(),
    })?;
    match found.verdict {
        Verdict::Ready => Ok(()),
        Verdict::NotYet => Err(in_the_way(&found)),
    }
}

/// What the name `name` would mean for `config`; nothing if that is the name already.
pub(super) async fn of_change(
    context: &Context,
    config: &SharedConfig,
    name: &str,
) -> Result<Option<Examination>, Failure> {
    let new = service(name, config)?;
    if new.base_url() == config.service().base_url() {
        return Ok(None);
    }
    let certificate = present(context, config).await;
    let found = look(context, config, certificate, &new, EntityChoice::Keep).await;
    Ok(Some(found))
}

/// What `new` would mean for `config`.
async fn look(
    context: &Context,
    config: &SharedConfig,
    certificate: Option<CertificateDer<'static>>,
    new: &Service,
    entity_id: EntityChoice,
) -> Examination {
    let names = context.names.as_ref();
    examine(config, certificate, new, entity_id, names, context.now()).await
}

/// The certificate that browsers get now: the one that was issued by itself, that of the domain, or
/// that of this server.
async fn present(context: &Context, config: &SharedConfig) -> Option<CertificateDer<'static>> {
    if config.acme().is_some()
        && let Some(issued) = last_issued(context).await
        && let Ok(issued) = first(&issued)
    {
        return Some(issued);
    }
    let of_domain = config.tls().and_then(|pair| pair.chain().first().cloned());
    let own = || tls::certificate(&context.dir().ok()?).ok();
    of_domain.or_else(own)
}

/// A name alone has the port of the present one.
fn service(name: &str, config: &SharedConfig) -> Result<Service, Failure> {
    let refused = |error: &dyn std::fmt::Display| {
        Failure::refused(error.to_string(), "give a host name, or https://HOST:PORT")
    };
    if name.starts_with("https://") {
        return Service::new(name).map_err(|error| refused(&error));
    }
    let host = HostName::parse(name).map_err(|error| refused(&error))?;
    let now = Url::parse(config.service().base_url()).ok();
    let port = now.and_then(|now| now.port()).unwrap_or(443);
    let base_url = format!("https://{}:{port}", host.in_url());
    Service::new(&base_url).map_err(|error| refused(&error))
}

fn in_the_way(found: &Examination) -> Failure {
    let what = format!("{} cannot be used yet", found.name.base_url);
    let fixes: Vec<_> = found.problems.iter().map(|it| it.fix.as_str()).collect();
    Failure::refused(what, fixes.join("; "))
}

fn read(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file).map_err(|error| {
        Failure::refused(
            format!("{}: {error}", file.display()),
            format!("ls -l {}", file.display()),
        )
    })
}

fn first(pem: &str) -> Result<CertificateDer<'static>, Failure> {
    let chain = cert::certificates(pem).map_err(|error| Failure::because(error.to_string()))?;
    let first = chain.into_iter().next();
    first.ok_or_else(|| Failure::because("there is no certificate in it"))
}

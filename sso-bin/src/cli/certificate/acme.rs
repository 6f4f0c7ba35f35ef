//! `sso-connect certificate acme`: an authority that issues the certificate by itself.

use std::fmt;
use std::fs;

use sso_core::UnixTime;
use sso_core::cert::{Chain, certificates};
use sso_core::config::document::{AcmeDocument, KeyPairDocument};

use super::{hosts, preview};
use crate::acme::{FileShelf, Shared, Shelf as _, renewal};
use crate::args::{AcmeCommand, AcmeOnArgs};
use crate::cli::Context;
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::settings::{self, SettingsError};
use crate::wiring;

pub(super) async fn run(context: &Context, command: &AcmeCommand) -> Result<(), Failure> {
    let dir = folder(context)?;
    match command {
        AcmeCommand::Off => put(context, &dir, None),
        AcmeCommand::On(args) => put(context, &dir, Some(document(args)?)),
        AcmeCommand::Renew => renew(context, &dir).await,
        AcmeCommand::Status => status(context, &dir).await,
    }
}

/// Servers of a domain would each order for themselves, and use up what the authority allows.
fn folder(context: &Context) -> Result<DataDir, Failure> {
    match context.membership()? {
        None => context.dir(),
        Some(_) => Err(Failure::refused(
            "ACME is for a server that belongs to no domain, as yet",
            "sso-connect certificate import tls FILE…",
        )),
    }
}

fn document(args: &AcmeOnArgs) -> Result<AcmeDocument, Failure> {
    let mut document = AcmeDocument::new(&args.directory);
    document.contact.clone_from(&args.contact);
    document.challenge = Some(args.challenge.clone());
    if let Some(file) = &args.ca {
        let text = fs::read_to_string(file).map_err(|error| {
            let what = format!("{}: {error}", file.display());
            Failure::refused(what, format!("ls -l {}", file.display()))
        })?;
        document.ca = Some(text);
    }
    Ok(document)
}

fn put(context: &Context, dir: &DataDir, acme: Option<AcmeDocument>) -> Result<(), Failure> {
    let mut document = settings::read(dir)?;
    document.acme = acme;
    let checked = settings::check(dir, document.clone(), context.now());
    checked.map_err(SettingsError::of_candidate)?;
    settings::write(dir, &document)?;
    context.print("Saved. A running server takes it up at SIGHUP.\n")
}

async fn renew(context: &Context, dir: &DataDir) -> Result<(), Failure> {
    if settings::read(dir)?.acme.is_none() {
        return Err(off());
    }
    let shelf = FileShelf::new(dir.clone());
    let mut shared = shelf.read().await.map_err(unusable)?;
    let now = wiring::now().as_secs();
    if shared.lease.as_ref().is_some_and(|it| now < it.until) {
        return Err(busy());
    }
    shared.wanted = true;
    match shelf.put(shared).await.map_err(unusable)? {
        true => {
            context.print("The running server orders it now: sso-connect certificate acme status\n")
        }
        false => Err(busy()),
    }
}

fn busy() -> Failure {
    Failure::refused(
        "the running server works on it just now",
        "sso-connect certificate acme status",
    )
}

async fn status(context: &Context, dir: &DataDir) -> Result<(), Failure> {
    let document = settings::read(dir)?;
    let Some(acme) = &document.acme else {
        return Err(off());
    };
    let shared = FileShelf::new(dir.clone()).read().await.map_err(unusable)?;
    let host = hosts(&document).into_iter().next().unwrap_or_default();
    let mut text = format!("Authority: {}\n", acme.directory);
    text += &issued(context, shared.certificate.as_ref())?;
    text += &outlook(context, &shared, &host);
    context.print(&text)
}

fn issued(context: &Context, pair: Option<&KeyPairDocument>) -> Result<String, Failure> {
    let Some(pair) = pair else {
        return Ok("Nothing was issued yet.\n".into());
    };
    let mut found = certificates(&pair.certificate)
        .map_err(unusable)?
        .into_iter();
    let Some(first) = found.next() else {
        return Ok(String::new());
    };
    let chain = Chain::of(first, found.collect()).map_err(unusable)?;
    Ok(format!("Issued:\n{}", preview::block(context, &chain)?))
}

/// What is under way, or comes next.
fn outlook(context: &Context, shared: &Shared, host: &str) -> String {
    if let Some(lease) = &shared.lease
        && context.now().as_secs() < lease.until
    {
        return format!("{} orders a certificate just now.\n", lease.holder);
    }
    if let Some(failure) = &shared.failure {
        let again = context.zone.show(UnixTime::from_secs(shared.not_before));
        return format!(
            "The last attempt failed: {failure}.\nIt is tried again at {again}; at once, when it is \
             mended: sso-connect certificate acme renew\n"
        );
    }
    match renewal(shared, host) {
        Some(moment) => format!("It is renewed at {}.\n", context.zone.show(moment)),
        None => "The running server orders one: sso-connect serve\n".into(),
    }
}

fn off() -> Failure {
    Failure::refused(
        "no authority issues certificates by itself here",
        "sso-connect certificate acme on --directory URL --accept-terms",
    )
}

fn unusable(error: impl fmt::Display) -> Failure {
    Failure::because(error.to_string())
}

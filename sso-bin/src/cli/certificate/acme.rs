//! `sso-connect certificate acme`: an authority that issues the certificate by itself.

use std::fmt;
use std::fs;

use sso_core::UnixTime;
use sso_core::cert::{Chain, certificates};
use sso_core::config::document::AcmeDocument;

use super::preview;
use crate::acme::{self, AcmeReport, FileShelf, Wish};
use crate::args::{AcmeCommand, AcmeOnArgs, LoginArgs};
use crate::cli::Context;
use crate::cli::config::begin::{begin, finish, own_copy};
use crate::cli::config::save::Review;
use crate::control::Client;
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::local_settings::LocalSettings;
use crate::settings::{self, SettingsError};
use crate::wiring;

pub(super) async fn run(context: &Context, command: &AcmeCommand) -> Result<(), Failure> {
    match command {
        AcmeCommand::Off(args) => put(context, (&args.login, args.yes), None).await,
        AcmeCommand::On(args) => {
            let document = document(args)?;
            put(context, (&args.login, args.yes), Some(document)).await
        }
        AcmeCommand::Renew => renew(context).await,
        AcmeCommand::Status => status(context).await,
    }
}

/// The certificate that was issued last, as PEM, if an authority issues it by itself and anybody here
/// can tell.
pub(in crate::cli) async fn last_issued(context: &Context) -> Option<String> {
    let report = match context.membership().ok()? {
        None => of_folder(context, &context.dir().ok()?).await,
        Some((dir, _)) => Client::open(&dir).ok()?.acme().await,
    };
    report.ok()?.certificate
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

async fn put(
    context: &Context,
    (login, yes): (&LoginArgs, bool),
    acme: Option<AcmeDocument>,
) -> Result<(), Failure> {
    if context.membership()?.is_none() {
        return put_in_folder(context, acme);
    }
    let begun = begin(context, login).await?;
    let document = begun.fields.document();
    let mut document = document.map_err(SettingsError::of_shared)?;
    document.acme = acme;
    let mut fields = begun.fields.clone();
    let applied = fields.apply(&document);
    applied.map_err(SettingsError::of_shared)?;
    let review = if yes { Review::Yes } else { Review::Ask };
    finish(context, begun, fields, review).await
}

fn put_in_folder(context: &Context, acme: Option<AcmeDocument>) -> Result<(), Failure> {
    let dir = context.dir()?;
    let mut document = settings::read(&dir)?;
    document.acme = acme;
    let checked = settings::check(&dir, document.clone(), context.now());
    checked.map_err(SettingsError::of_candidate)?;
    settings::write(&dir, &document)?;
    context.print("Saved. A running server takes it up at SIGHUP.\n")
}

async fn renew(context: &Context) -> Result<(), Failure> {
    authority(context).await?;
    let wish = match context.membership()? {
        None => {
            let shelf = shelf(&context.dir()?).await?;
            let wish = acme::want(&shelf, wiring::now()).await;
            wish.map_err(unusable)?
        }
        Some((dir, _)) => Client::open(&dir)?.renew().await?,
    };
    match wish {
        Wish::Noted => {
            context.print("A running server orders it now: sso-connect certificate acme status\n")
        }
        Wish::Busy => Err(Failure::refused(
            "a server works on it just now",
            "sso-connect certificate acme status",
        )),
    }
}

async fn status(context: &Context) -> Result<(), Failure> {
    let mut text = format!("Authority: {}\n", authority(context).await?);
    let report = match context.membership()? {
        None => of_folder(context, &context.dir()?).await?,
        Some((dir, _)) => Client::open(&dir)?.acme().await?,
    };
    text += &issued(context, report.certificate.as_deref())?;
    text += &outlook(context, &report);
    context.print(&text)
}

/// The directory of the authority.
async fn authority(context: &Context) -> Result<String, Failure> {
    let acme = match context.membership()? {
        None => settings::read(&context.dir()?)?.acme,
        Some(_) => {
            let copy = own_copy(context).await?;
            let document = copy.map(|(_, fields)| fields.document()).transpose();
            document
                .map_err(SettingsError::of_shared)?
                .and_then(|it| it.acme)
        }
    };
    acme.map(|it| it.directory).ok_or_else(off)
}

async fn of_folder(context: &Context, dir: &DataDir) -> Result<AcmeReport, Failure> {
    let names = acme::names(&settings::load(dir, context.now())?);
    let report = AcmeReport::of(&shelf(dir).await?, &names, context.now()).await;
    report.map_err(unusable)
}

async fn shelf(dir: &DataDir) -> Result<FileShelf, Failure> {
    let key = wiring::data_key(dir, &LocalSettings::load(dir)?).await?;
    Ok(FileShelf::new(dir.clone(), key))
}

fn issued(context: &Context, certificate: Option<&str>) -> Result<String, Failure> {
    let Some(certificate) = certificate else {
        return Ok("Nothing was issued yet.\n".into());
    };
    let mut found = certificates(certificate).map_err(unusable)?.into_iter();
    let Some(first) = found.next() else {
        return Ok(String::new());
    };
    let chain = Chain::of(first, found.collect()).map_err(unusable)?;
    Ok(format!("Issued:\n{}", preview::block(context, &chain)?))
}

/// What is under way, or comes next.
fn outlook(context: &Context, report: &AcmeReport) -> String {
    let mut text = left_out(report);
    let show = |moment| context.zone.show(UnixTime::from_secs(moment));
    if let Some(obstacle) = &report.obstacle {
        text += &format!(
            "Nothing is ordered meanwhile, and what was issued stays in use: {obstacle}.\n"
        );
    }
    if let Some(server) = &report.orders {
        return text + &format!("{server} orders a certificate just now.\n");
    }
    if let Some(failure) = &report.failure {
        let again = show(report.again);
        return text
            + &format!(
                "The last attempt failed: {failure}.\nIt is tried again at {again}; at once, when it \
                 is mended: sso-connect certificate acme renew\n"
            );
    }
    text + &match report.renewal {
        Some(moment) => format!("It is renewed at {}.\n", show(moment)),
        None => "A running server orders one: sso-connect serve\n".into(),
    }
}

fn left_out(report: &AcmeReport) -> String {
    match report.left_out.as_slice() {
        [] => String::new(),
        names => format!(
            "Not in it, since the authority could not see that it is ours: {}. When DNS leads there \
             again: sso-connect certificate acme renew; or: sso-connect hostname retire\n",
            names.join(", ")
        ),
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

//! `sso-connect domain found`: begins a domain, with this server as its first one.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use sso_core::config::fields::Fields;
use sso_sync::admin::{Founding as Handed, RecoveryCode};
use sso_sync::administration::{Administrator, Founded, Founding, Office};

use super::config::save::{Change, Review, save};
use super::enrol::{self, Joining, Standalone};
use super::{Context, sign_in};
use crate::args::FoundArgs;
use crate::domain::{HubAddress, Vault};
use crate::failure::Failure;
use crate::settings;
use crate::settings::SettingsError;
use crate::terminal::{Hidden, Secret};
use crate::version;

pub(super) async fn run(context: &Context, args: &FoundArgs) -> Result<(), Failure> {
    enrol::expect_stopped(context).await?;
    let handed = handed(context, args)?;
    let address = address(context, args, &handed)?;
    let standalone = Standalone::find(context, args.users).await?;
    let domain = handed.invitation().domain().as_str();
    standalone.announce(context, domain)?;
    let fields = own_configuration(context)?;
    let office = context.office_at(&address)?;
    let joining = Joining::new(context, address, args.name.as_deref())?;

    let founded = found(context, args, &office, &handed).await?;
    let mut administrator = founded.administrator;
    context.print(&format!(
        "The domain {domain} has begun; its administrator is {}.\n",
        administrator.who().administrator
    ))?;
    show_code(
        context,
        args.recovery_code_file.as_deref(),
        &founded.recovery_code,
    )?;
    standalone.ask(context, &administrator).await?;
    let joined = joining
        .by_administrator(context, &mut administrator)
        .await?;
    if let Some(fields) = fields {
        first_revision(context, &mut administrator, fields).await?;
    }
    enrol::arrive(context, &joined, standalone).await?;
    Vault::of_folder(&context.root)?.remove(FOUNDING)?;
    enrol::finish(context, &enrol::arrived_as(&administrator, joined)?).await
}

/// Whether a beginning is kept that was interrupted.
pub(super) fn is_under_way(context: &Context) -> bool {
    context.root.join("founding.sealed").exists()
}

/// The text from the operator of the hub.
fn handed(context: &Context, args: &FoundArgs) -> Result<Handed, Failure> {
    let text = Secret {
        question: "Text from the operator of the hub",
        option: "--founding-file",
        file: args.founding_file.as_deref(),
        variable: "SSO_CONNECT_FOUNDING",
        times: Hidden::Once,
    }
    .obtain(&*context.terminal, &context.environment)?;
    Handed::parse(&text).map_err(|error| {
        Failure::refused(
            error.to_string(),
            "paste the whole line, or put it into a file: --founding-file FILE",
        )
    })
}

fn address(context: &Context, args: &FoundArgs, handed: &Handed) -> Result<HubAddress, Failure> {
    let mut options = args.hub.clone();
    options.hub.get_or_insert_with(|| handed.hub().to_owned());
    sign_in::address(context, &options)
}

/// Keeps the beginning before the hub hears of it, so that an interrupted command goes on.
async fn found(
    context: &Context,
    args: &FoundArgs,
    office: &Office,
    handed: &Handed,
) -> Result<Founded, Failure> {
    let vault = Vault::of_folder(&context.root)?;
    let founding = match vault.load(FOUNDING).await? {
        Some(kept) => Founding::from_bytes(&kept).map_err(|error| {
            let file = context.root.join("founding.sealed");
            Failure::refused(error.to_string(), format!("rm {}", file.display()))
        })?,
        None => {
            let founding = Founding::new(handed.invitation(), &version::program(), context.now())?;
            vault.store(FOUNDING, &founding.to_bytes()).await?;
            founding
        }
    };
    let secret = Secret {
        question: "New password of the administrator",
        option: "--password-file",
        file: args.sign_in.password_file.as_deref(),
        variable: "SSO_CONNECT_PASSWORD",
        times: Hidden::Twice,
    };
    let password = sign_in::new_password(context, &secret)?;
    let (invitation, code) = (handed.invitation(), handed.code());
    let founded = office.found(&founding, invitation, code, &password).await?;
    sign_in::remember(&vault, &founded.administrator)?;
    Ok(founded)
}

/// The one time that the recovery code is seen.
pub(super) fn show_code(
    context: &Context,
    file: Option<&Path>,
    code: &RecoveryCode,
) -> Result<(), Failure> {
    let text = code.to_text();
    if let Some(file) = file {
        write_new(file, &text)?;
        return context.print(&format!(
            "The recovery code is in {}. Print it, lock it away, and delete the file.\n",
            file.display()
        ));
    }
    context.print(&format!(
        "\nRecovery code, for when the password is lost:\n\n    {}\n\nPrint it and lock it away: it is \
         shown once, and whoever has it is the administrator.\n\n",
        *text
    ))
}

/// Never over something, and for the owner only.
fn write_new(file: &Path, text: &str) -> Result<(), Failure> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(file)
        .and_then(|mut out| out.write_all(format!("{text}\n").as_bytes()));
    written.map_err(|error| {
        Failure::refused(
            format!("{}: {error}", file.display()),
            "name a file that is not there yet; then make another code: sso-connect password \
             change --new-recovery-code",
        )
    })
}

/// The configuration of a server of its own, with its keys, to become the domain's.
fn own_configuration(context: &Context) -> Result<Option<Fields>, Failure> {
    let config = context.root.join("config.toml");
    if !config.exists() {
        return Ok(None);
    }
    let dir = context.dir()?;
    let document = settings::read_with_keys(&dir)?;
    let mut fields = Fields::of(&document).map_err(SettingsError::of_shared)?;
    fields.reduce_metadata();
    Ok(Some(fields))
}

async fn first_revision(
    context: &Context,
    administrator: &mut Administrator,
    fields: Fields,
) -> Result<(), Failure> {
    if administrator.current()?.0 > 0 {
        return Ok(());
    }
    let change = Change { base: 0, fields };
    save(context, administrator, &change, Review::Yes).await
}

const FOUNDING: &str = "founding";

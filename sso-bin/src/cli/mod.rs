//! The subcommands, one file each.

mod account;
mod administrators;
mod certificate;
mod check;
mod config;
mod context;
mod demo;
mod domain;
mod drain;
mod enrol;
mod found;
mod halted;
mod hostname;
mod hub;
mod idp;
mod init;
mod keys;
mod local;
mod login;
mod metadata;
mod migrate;
mod package_files;
pub(crate) mod pinned;
mod place;
mod provider_metadata;
mod retire;
mod running;
mod serve;
mod servers;
mod sign_in;
mod spread;
mod standing;
mod status;
mod sync;
mod tokens;
mod upgrade;
mod users;

use std::io::{self, Write as _};

use serde::Serialize;

use crate::args::{Cli, Command};
use crate::data_dir::DataDir;
use crate::domain::DomainSettings;
use crate::failure::Failure;

pub use context::Context;
pub use running::{Running, start, start_member};

/// Does what the command line says.
///
/// # Errors
///
/// A [`Failure`] with the exit code and, where one is known, the way to mend it.
pub async fn run(cli: Cli) -> Result<(), Failure> {
    run_in(&Context::of_process(cli.data_dir()), &cli.command).await
}

/// The same with a context of one's own.
///
/// # Errors
///
/// As for [`run`].
pub async fn run_in(context: &Context, command: &Command) -> Result<(), Failure> {
    match command {
        Command::Administrators(command) => administrators::run(context, command).await,
        Command::Certificate(command) => certificate::run(context, command).await,
        Command::Check => check::run(&standalone(context)?).await,
        Command::Config(command) => config::run(context, command).await,
        Command::Demo(args) => demo::run(args).await,
        Command::Drain(args) => drain::run(context, args).await,
        Command::Domain(command) => domain::run(context, command).await,
        Command::Enrol(args) => enrol::run(context, args).await,
        Command::Hostname(command) => hostname::run(context, command).await,
        Command::Hub(command) => hub::run(&context.root, command).await,
        Command::Idp(command) => idp::run(&standalone(context)?, command).await,
        Command::Init(args) => init::run(&context.root, args).await,
        Command::Keys(command) => keys::run(context, command),
        Command::Local(command) => local::run(context, command),
        Command::Login(args) => login::login(context, args).await,
        Command::Logout => login::logout(context).await,
        Command::Metadata(args) => metadata::run(&context.dir()?, args).await,
        Command::Migrate(command) => migrate::run(context, command).await,
        Command::PackageFiles(args) => package_files::run(args),
        Command::Password(command) => account::password(context, command).await,
        Command::Recover(args) => account::recover(context, args).await,
        Command::Retire(args) => retire::run(context, args).await,
        Command::Serve(args) => serve::run(&context.dir()?, args).await,
        Command::Servers(command) => servers::run(context, command).await,
        Command::Status(args) => status::run(context, args).await,
        Command::Sync(args) => sync::run(context, args).await,
        Command::Tokens(command) => tokens::run(context, command).await,
        Command::TwoFactor(command) => account::two_factor(context, command).await,
        Command::Upgrade(command) => upgrade::run(context, command).await,
        Command::Users(command) => users::run(context, command).await,
    }
}

/// The folder of a server with a configuration of its own.
fn standalone(context: &Context) -> Result<DataDir, Failure> {
    let dir = context.dir()?;
    match DomainSettings::load(&dir)? {
        None => Ok(dir),
        Some(settings) => Err(Failure::refused(
            format!(
                "this server belongs to the domain {}, whose servers share one configuration",
                settings.domain
            ),
            "sso-connect config edit, or config validate FILE",
        )),
    }
}

/// One line of JSON for programs.
fn to_json(value: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string(value);
    let text = text.map_err(|error| Failure::because(error.to_string()))?;
    Ok(format!("{text}\n"))
}

/// Prints to standard output; a closed pipe ends the command quietly.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::because(format!(
            "cannot write to standard output: {error}"
        ))),
        _ => Ok(()),
    }
}

//! The subcommands, one file each.

mod check;
mod demo;
mod hub;
mod idp;
mod init;
mod metadata;
mod pinned;
mod provider_metadata;
mod serve;
mod status;

use std::io::{self, Write as _};

use crate::args::{Cli, Command};
use crate::data_dir::DataDir;
use crate::failure::Failure;

pub use serve::{Running, start};

/// Does what the command line says.
///
/// # Errors
///
/// A [`Failure`] with the exit code and, where one is known, the way to mend it.
pub async fn run(cli: Cli) -> Result<(), Failure> {
    let root = cli.data_dir();
    let open = || DataDir::open(root);
    match &cli.command {
        Command::Check => check::run(&open()?),
        Command::Demo(args) => demo::run(args).await,
        Command::Hub(command) => hub::run(root, command).await,
        Command::Idp(command) => idp::run(&open()?, command).await,
        Command::Init(args) => init::run(root, args),
        Command::Metadata(args) => metadata::run(&open()?, args).await,
        Command::Serve(args) => serve::run(&open()?, args).await,
        Command::Status(args) => status::run(&open()?, args).await,
    }
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

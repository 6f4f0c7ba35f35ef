//! The `sso-connect` program as a library, so that tests start it in their own process.

pub mod acme;
pub mod address;
pub mod args;
pub mod cli;
pub mod control;
pub mod current_config;
pub mod data_dir;
pub mod data_key;
pub mod demo;
pub mod domain;
pub mod drain;
pub mod failure;
pub mod former_names;
pub mod front;
pub mod handover;
pub mod hostname;
pub mod http;
pub mod hub;
pub mod key_files;
pub mod linking;
pub(crate) mod local_server;
pub mod local_settings;
pub mod member;
pub mod network;
pub mod pages;
pub mod server;
pub mod settings;
pub mod shutdown;
pub mod status;
pub mod supervisor;
pub mod telemetry;
pub mod terminal;
pub mod tls;
pub mod token;
pub mod trace_id;
pub mod version;
pub mod webhook;
pub mod wiring;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};

use self::args::Cli;
use self::failure::Failure;

/// Does what the command line of this process says; for `main`.
pub async fn run() -> ExitCode {
    tls::install_provider();
    let told = Cli::command().version(version::version()).get_matches();
    let cli = match Cli::from_arg_matches(&told) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    match cli::run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            report(&failure);
            failure.exit_code()
        }
    }
}

/// What went wrong, and what mends it.
fn report(failure: &Failure) {
    let mut out = io::stderr().lock();
    let _ = writeln!(out, "sso-connect: {failure}");
    if let Some(fix) = failure.fix() {
        let _ = writeln!(out, "  to mend it: {fix}");
    }
}

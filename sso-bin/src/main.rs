//! The `sso-connect` program.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use sso_bin::args::Cli;
use sso_bin::cli;
use sso_bin::failure::Failure;

#[tokio::main]
async fn main() -> ExitCode {
    sso_bin::tls::install_provider();
    match cli::run(Cli::parse()).await {
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

//! The `sso-connect` program.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    sso_bin::run().await
}

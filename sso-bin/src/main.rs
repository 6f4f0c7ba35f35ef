//! The `sso-connect` program.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    if cfg!(target_feature = "crt-static") {
        sso_bin::linking::is_static();
    }
    sso_bin::run().await
}

//! A build of the program that pretends to be a newer version, for tests of upgrades.
//!
//! It is a program file of its own, of the same library: only this file is compiled and linked
//! anew. `SSO_CONNECT_PRETENDED_VERSION` makes it another version when it is built.

use std::process::ExitCode;

use sso_sync::seal::pretended;

#[tokio::main]
async fn main() -> ExitCode {
    sso_bin::version::dangerously_pretend(VERSION, pretended::SCHEMA);
    sso_bin::run().await
}

const VERSION: &str = match option_env!("SSO_CONNECT_PRETENDED_VERSION") {
    Some(version) => version,
    None => "99.0.0",
};

//! A build of the program that pretends to be a newer version, for tests of upgrades.
//!
//! It is a program file of its own, of the same library: only this file is compiled and linked
//! anew. `SSO_CONNECT_PRETENDED_VERSION` makes it another version when it is built. Its databases have
//! one more schema; `SSO_CONNECT_PRETENDED_FILES` says when it runs what older programs may do with
//! them: everything (`writable`, the default), reading (`readable`), or nothing (`closed`).

use std::process::ExitCode;

use sso_sync::local::dangerously_add_a_schema;
use sso_sync::seal::pretended;

#[tokio::main]
async fn main() -> ExitCode {
    sso_bin::version::dangerously_pretend(VERSION, pretended::SCHEMA);
    let (reader, writer) = match std::env::var("SSO_CONNECT_PRETENDED_FILES").as_deref() {
        Ok("closed") => (2, 2),
        Ok("readable") => (1, 2),
        _ => (1, 1),
    };
    dangerously_add_a_schema(reader, writer);
    sso_bin::run().await
}

const VERSION: &str = match option_env!("SSO_CONNECT_PRETENDED_VERSION") {
    Some(version) => version,
    None => "99.0.0",
};

//! `status`.

use std::net::SocketAddr;

use clap::Args;

use super::Output;

/// Arguments of `status`.
#[derive(Args, Debug)]
#[non_exhaustive]
pub struct StatusArgs {
    /// Where the server listens, instead of what local.toml says.
    #[arg(long, value_name = "IP:PORT")]
    pub server: Option<SocketAddr>,

    /// How to print the answer.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

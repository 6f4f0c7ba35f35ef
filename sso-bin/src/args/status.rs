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

pub(super) const HELP: &str = "\
Running             people can sign in
Stopped             nobody can; the reason and the command that mends it are shown
Not Configured Yet  there is no identity provider yet

The exit code is 0 for Running, 1 for the others, and 10 if no server answers.
";

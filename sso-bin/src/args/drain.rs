//! `drain`.

use clap::Args;

use super::Output;

/// Arguments of `drain`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct DrainArgs {
    /// Seconds to serve while load balancers notice: more than it takes them to send nobody here.
    /// Default: `drain_seconds` of local.toml, and if that is 0, 10; at most 300.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(0..=300))]
    pub notice: Option<u16>,

    /// Wait until the server has ended, and say how far it is meanwhile.
    #[arg(long)]
    pub wait: bool,

    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

pub(super) const HELP: &str = "\
What happens, in this order:
  1. /readyz answers 503: a load balancer that asks it sends nobody here any more. Whoever comes all
     the same is served, for the time of --notice.
  2. The server accepts no connection any more, and finishes the requests under way (30 s at most).
  3. Changes that wait for the hub are handed to it (10 s at most; they are kept on disk).
  4. The program ends with exit code 0.

Nobody has to sign in anew: a sign-in that was begun here ends at any server of the domain, and a
session is known to all. SIGTERM does the same with `drain_seconds` of local.toml; a second SIGTERM
ends the program at once.";

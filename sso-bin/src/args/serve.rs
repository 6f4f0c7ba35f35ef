//! `serve`.

use std::net::SocketAddr;

use clap::Args;

use crate::telemetry::LogFormat;

/// Arguments of `serve`.
#[derive(Args, Debug)]
#[non_exhaustive]
pub struct ServeArgs {
    /// Where to listen, instead of what local.toml says. Port 0 takes a free one.
    #[arg(long, value_name = "IP:PORT")]
    pub listen: Option<SocketAddr>,

    /// How to write the log, instead of what local.toml says.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,

    /// Make an empty database if there is none. Everybody who signed in before gets a new secret
    /// then, and what was encrypted with the old one stays closed.
    #[arg(long)]
    pub new_database: bool,
}

pub(super) const HELP: &str = "\
When the server is ready, it prints one line to standard output:
  listening on https://IP:PORT
If the address or port of local.toml cannot be used, the server is Stopped: it says why (sso-connect
status), and listens as soon as it can. An address given with --listen is tried once; if it cannot
be used, the program ends with 4.

The log goes to standard error; SSO_CONNECT_LOG=debug says more.

systemd (Type=notify) is told when the program answers for itself: people can sign in, or it says why
they cannot. A watchdog gets a sign of life whenever the program has answered itself.

Signals:
  SIGTERM, SIGINT   finish the requests under way, at most 30 seconds, and end
  SIGHUP            read config.toml and the TLS certificate again; if something is wrong with
                    them, the last good ones stay in use and the log says why.
                    All else, local.toml too, is read at the start only; a server that is
                    Stopped for its address reads that again";

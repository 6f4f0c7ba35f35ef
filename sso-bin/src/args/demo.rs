//! `demo`.

use std::net::SocketAddr;

use clap::Args;

/// Arguments of `demo`.
#[derive(Args, Debug)]
#[non_exhaustive]
pub struct DemoArgs {
    /// Where SSO Connect listens; the application takes the next port and the identity provider
    /// the one after it. Port 0 takes free ones.
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:8443")]
    pub listen: SocketAddr,
}

pub(super) const HELP: &str = "\
Starts SSO Connect, an identity provider with two people and an application behind it, and prints
where to begin and the passwords. Only this machine can connect. The data folder is a temporary one;
--data-dir is not used.

Ctrl-C ends everything.";

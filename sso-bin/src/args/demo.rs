//! `demo`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::Output;

/// Arguments of `demo`.
#[derive(Args, Debug)]
#[non_exhaustive]
pub struct DemoArgs {
    /// Where SSO Connect listens; the application takes the next port and the identity provider
    /// the one after it. Port 0 takes free ones.
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:8443")]
    pub listen: SocketAddr,

    /// Show how a domain moves to other servers while people sign in.
    #[arg(long)]
    pub migrate: bool,

    /// How many people sign in.
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 10_000,
        requires = "migrate"
    )]
    pub people: usize,

    /// Picks the same by chance as the run that printed it.
    #[arg(long, value_name = "NUMBER", requires = "migrate")]
    pub seed: Option<u64>,

    /// How long the hub is away, in seconds.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 60,
        requires = "migrate"
    )]
    pub hub_away: u64,

    /// HAProxy, to be the load balancer; without it something small is.
    #[arg(long, value_name = "PROGRAM", requires = "migrate")]
    pub haproxy: Option<PathBuf>,

    /// Another version of sso-connect, for the step in which every server gets it.
    #[arg(long, value_name = "PROGRAM", requires = "migrate")]
    pub newer: Option<PathBuf>,

    /// Keep the data folders and logs of all machines in this folder.
    #[arg(long, value_name = "DIR", requires = "migrate")]
    pub folder: Option<PathBuf>,

    /// Metadata of another identity provider that is trusted, under the name `other`.
    #[arg(long, value_name = "FILE", requires = "migrate", hide = true)]
    pub also_trust: Option<PathBuf>,

    /// How to print how the move went.
    #[arg(long, value_enum, default_value_t, requires = "migrate")]
    pub output: Output,
}

pub(super) const HELP: &str = "\
Starts SSO Connect, an identity provider with two people and an application behind it, and prints
where to begin and the passwords. Only this machine can connect. The data folder is a temporary one;
--data-dir is not used.

With --migrate it shows another story: a hub and two servers behind a load balancer, and 10,000 people
who sign in all the time, are handed their secrets, and must not notice anything. A third server
joins, the configuration changes, the host name is changed, the certificate is replaced, a server is
killed, the hub is away for a minute, every server gets another version (--newer), and the old host name
and the first server are retired. In the end everybody is asked for at every server. The exit code is 1
if a sign-in failed, or somebody was lost or had a second secret.

Ctrl-C ends everything.";

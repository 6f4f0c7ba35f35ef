//! `local`.

use clap::{Args, Subcommand, ValueEnum};

use super::Output;

/// The subcommands of `local`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum LocalCommand {
    /// Show where this server listens, and the addresses that this machine has.
    Show(LocalShowArgs),
    /// Set the private address or port. A server that is Stopped for it takes it up by itself.
    Set {
        /// Which setting.
        #[arg(value_enum)]
        setting: LocalSetting,
        /// An IP address, or a port.
        value: String,
    },
    /// Take a setting out; the default applies again: all addresses, port 8443.
    Unset {
        /// Which setting.
        #[arg(value_enum)]
        setting: LocalSetting,
    },
}

/// Arguments of `local show`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct LocalShowArgs {
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

/// What can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum LocalSetting {
    /// The address to listen on.
    #[value(name = "private_ip")]
    PrivateIp,
    /// The port to listen on.
    #[value(name = "private_port")]
    PrivatePort,
}

impl LocalSetting {
    /// Its name in `local.toml`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PrivateIp => "private_ip",
            Self::PrivatePort => "private_port",
        }
    }
}

pub(super) const HELP: &str = "\
These settings belong to this machine (local.toml) and never leave it: neither the other servers of
the domain nor the hub come to know them.

A server whose private address is not on this machine, or whose port somebody else has, is Stopped
and says so (sso-connect status). It starts by itself as soon as the cause is gone. One that runs
takes another address up at its next start.";

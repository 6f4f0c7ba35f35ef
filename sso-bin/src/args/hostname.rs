//! `hostname`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{LoginArgs, Output};
use crate::hostname::EntityChoice;

/// The subcommands of `hostname`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum HostnameCommand {
    /// Say what a new name would mean, and change nothing.
    Check(HostnameCheckArgs),
    /// Begin to change the name: both names work from then on.
    Change(HostnameChangeArgs),
    /// Show the names, and when people came by a former one last.
    Status(HostnameStatusArgs),
    /// Take a former name out of use.
    Retire(HostnameRetireArgs),
}

/// Arguments of `hostname check`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct HostnameCheckArgs {
    /// The new name, with the port of the present one; or a whole https://HOST:PORT.
    pub name: String,

    /// Whether the entity ID stays.
    #[arg(long, value_enum, default_value_t)]
    pub entity_id: EntityChoice,

    /// A certificate as PEM to look at, instead of the present one.
    #[arg(long, value_name = "FILE")]
    pub certificate: Option<PathBuf>,

    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

/// Arguments of `hostname change`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct HostnameChangeArgs {
    /// The new name, with the port of the present one; or a whole https://HOST:PORT.
    pub name: String,

    /// Whether the entity ID stays.
    #[arg(long, value_enum, default_value_t)]
    pub entity_id: EntityChoice,

    /// A certificate as PEM for the new name; the present one stays with the old name.
    #[arg(long, value_name = "FILE", requires = "key")]
    pub certificate: Option<PathBuf>,

    /// The private key of it as PEM.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub key: Option<PathBuf>,

    /// Change it whatever is in the way: a certificate or a DNS record that comes later.
    #[arg(long)]
    pub anyway: bool,

    /// Save without asking.
    #[arg(long)]
    pub yes: bool,

    /// Who changes it.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// Arguments of `hostname status`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct HostnameStatusArgs {
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

/// Arguments of `hostname retire`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct HostnameRetireArgs {
    /// The former name, or its base URL.
    pub name: String,

    /// For how long nobody may have come by a former name.
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    pub unused: u32,

    /// Retire it although people still come by it, or nobody can tell.
    #[arg(long)]
    pub anyway: bool,

    /// Save without asking.
    #[arg(long)]
    pub yes: bool,

    /// Who retires it.
    #[command(flatten)]
    pub login: LoginArgs,
}

pub(super) const HELP: &str = "\
A name is changed without a failed sign-in in this order:
  sso-connect hostname check NEW     what it means: certificate, identity providers, DNS
  sso-connect hostname change NEW    both names work: sign-ins, sessions and metadata of both
  tell the identity providers        the new address (ACS URL) beside the old one, or the metadata
  change DNS, and the links          people come by the new name
  change the load balancer           it asks servers by the new name, if it asks by name
  sso-connect hostname status        until nobody comes by the old one any more
  sso-connect hostname retire OLD    the old name is gone

The entity ID stays, unless --entity-id new asks for another one: then each identity provider needs a
new entry beside the old one. All servers of a domain take each step up by themselves.

hostname check ends with 0 if nothing is in the way, and with 1 if something is.";

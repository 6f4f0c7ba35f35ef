//! `administrators`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::servers::parse_duration;
use super::{HubOptions, LoginArgs, Output};

/// The subcommands of `administrators`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum AdministratorsCommand {
    /// Accept an invitation: choose a password. Whoever invited you then adds you.
    Accept(AcceptArgs),
    /// Make somebody an administrator who has accepted an invitation.
    Add(AdministratorsAddArgs),
    /// Invite somebody: prints a text to hand over, which works once.
    Invite(InviteArgs),
    /// List the administrators.
    List(AdministratorsListArgs),
    /// Take away everything that an administrator may do.
    Revoke(AdministratorsRevokeArgs),
}

/// Arguments of `administrators invite`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct InviteArgs {
    /// E-mail address of whoever is invited.
    pub address: String,

    /// How long the invitation works: 24h, 3d.
    #[arg(long, value_name = "TIME", default_value = "3d", value_parser = parse_duration)]
    pub life: Duration,

    /// Who invites.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// Arguments of `administrators accept`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct AcceptArgs {
    /// A file with the invitation in its first line. Also: SSO_CONNECT_INVITATION.
    #[arg(long, value_name = "FILE")]
    pub invitation_file: Option<PathBuf>,

    /// A file with the password to choose in its first line. Also: SSO_CONNECT_NEW_PASSWORD.
    #[arg(long, value_name = "FILE")]
    pub new_password_file: Option<PathBuf>,

    /// Where the hub is.
    #[command(flatten)]
    pub hub: HubOptions,
}

/// Arguments of `administrators add`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct AdministratorsAddArgs {
    /// E-mail address of whoever accepted the invitation.
    pub address: String,

    /// What the new administrator may do. May be repeated.
    #[arg(
        long = "permission",
        value_enum,
        value_name = "PERMISSION",
        default_value = "sso"
    )]
    pub permissions: Vec<Permission>,

    /// Who adds.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// What an administrator may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum Permission {
    /// Invite, add and revoke administrators.
    Administrators,
    /// Enrol and revoke servers, change the configuration, delete the domain.
    Sso,
}

/// Arguments of `administrators list`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct AdministratorsListArgs {
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,

    /// Who asks.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// Arguments of `administrators revoke`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct AdministratorsRevokeArgs {
    /// E-mail address, or the beginning of the id.
    pub administrator: String,

    /// Revoke without asking.
    #[arg(long)]
    pub yes: bool,

    /// Who revokes.
    #[command(flatten)]
    pub login: LoginArgs,
}

pub(super) const HELP: &str = "\
One administrator becomes another in three steps, so that not even the hub can slip somebody in:
  sso-connect administrators invite bob@example.com     prints a text: hand it over
  sso-connect administrators accept                     Bob, who chooses a password
  sso-connect administrators add bob@example.com        checks that it was Bob, and adds him";

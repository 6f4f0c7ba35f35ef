//! `domain`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{HubOptions, SignInOptions};

/// The subcommands of `domain`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum DomainCommand {
    /// Begin a domain, with this server as its first one.
    #[command(after_long_help = FOUND_HELP)]
    Found(Box<FoundArgs>),
}

/// Arguments of `domain found`.
#[derive(Args, Debug)]
#[non_exhaustive]
pub struct FoundArgs {
    /// A file with the text that `sso-connect hub domain create` printed. Also:
    /// SSO_CONNECT_FOUNDING. Otherwise it is asked for.
    #[arg(long, value_name = "FILE")]
    pub founding_file: Option<PathBuf>,

    /// What the other servers and administrators call this server. Default: the name of this
    /// machine.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// Where the hub is, if not where the text says.
    #[command(flatten)]
    pub hub: HubOptions,

    /// The password of the first administrator, which is chosen now.
    #[command(flatten)]
    pub sign_in: SignInOptions,

    /// A file to write the recovery code to, for when nobody looks at the screen. It must not be
    /// there yet; only its owner can read it.
    #[arg(long, value_name = "FILE")]
    pub recovery_code_file: Option<PathBuf>,

    /// Leave the users of this server behind, if it was one of its own. See `enrol --help`.
    #[arg(long)]
    pub leave_users_behind: bool,
}

const FOUND_HELP: &str = "\
Whoever runs the hub gives this command for a new domain and its first administrator, and hands over
the one long word that it prints:
  sso-connect hub domain create NAME --administrator ADDRESS

This command chooses the administrator's password, makes the keys of the domain, which the hub never
sees, prints the recovery code (once: it belongs into a safe), and makes this server the first of
the domain. If this server had a configuration of its own (sso-connect init), it becomes the first
revision of the domain's.

If it is interrupted, give it again with the same text and password: it goes on where it was.

Then: sso-connect config set base_url https://HOST:PORT, sso-connect serve.";

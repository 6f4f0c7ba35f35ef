//! `upgrade`.

use clap::{Args, Subcommand};

use super::{LoginArgs, Output};

/// The subcommands of `upgrade`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum UpgradeCommand {
    /// Give the upgrade up: all servers run the old version.
    Abort(UpgradeEndArgs),
    /// End the upgrade: all servers run the new version, and write in its schema.
    #[command(after_long_help = FINALIZE_HELP)]
    Finalize(UpgradeEndArgs),
    /// Open a window in which servers of the old and of a new version work together.
    Start(UpgradeStartArgs),
    /// Say how far the upgrade has come, and what is to be done next.
    Status(UpgradeStatusArgs),
}

/// Arguments of `upgrade start`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct UpgradeStartArgs {
    /// The new version. Default: the one of this program.
    #[arg(long, value_name = "VERSION", value_parser = parse_version)]
    pub to: Option<String>,

    /// Who opens it.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// Arguments of `upgrade finalize` and `upgrade abort`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct UpgradeEndArgs {
    /// A server that cannot be started now and stays behind, by its name or the beginning of its
    /// id. It serves known users and writes nothing until it runs the version of the others. May
    /// be given several times.
    #[arg(long, value_name = "SERVER")]
    pub even_without: Vec<String>,

    /// Who ends it.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// Arguments of `upgrade status`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct UpgradeStatusArgs {
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,

    /// Who asks, if no server runs here.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// A word that begins with a number, as in 1.2.3 or 1.2.3-beta.1.
fn parse_version(text: &str) -> Result<String, String> {
    let is_part = |it: char| it.is_ascii_alphanumeric() || ".-+".contains(it);
    match text.starts_with(|it: char| it.is_ascii_digit()) && text.chars().all(is_part) {
        true => Ok(text.into()),
        false => Err("expected a version, as in 1.2.3".into()),
    }
}

pub(super) const HELP: &str = "\
All servers of a domain run the same version. To bring them to another one, one by one, without
stopping sign-ins:

  sso-connect upgrade start --to VERSION   on any server
  install VERSION and start the server again, server by server, in any order
  sso-connect upgrade status               who runs what, and what comes next
  sso-connect upgrade finalize             on a server that runs VERSION

The hub may be updated before, after or meanwhile.";

const FINALIZE_HELP: &str = "\
It is refused as long as a server of the domain runs the old version, and names it. A server that is
gone for good is revoked first: sso-connect servers revoke NAME.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_begins_with_a_number() {
        for good in ["1.2.3", "0.2.0-beta.1", "2026.11+2"] {
            assert_eq!(parse_version(good).as_deref(), Ok(good));
        }
        for odd in ["", "v1.2.3", "latest", "1 2", "1.2\n"] {
            assert!(parse_version(odd).is_err(), "{odd}");
        }
    }
}

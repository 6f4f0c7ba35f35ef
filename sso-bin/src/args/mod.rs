//! The command line: what it is as a whole, and one file for each subject.

mod demo;
mod idp;
mod init;
mod metadata;
mod serve;
mod status;

use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand, ValueEnum};

pub use demo::DemoArgs;
pub use idp::{IdpAddArgs, IdpCommand, RequestBinding, RequireSigned};
pub use init::{InitArgs, NamedFile};
pub use metadata::MetadataArgs;
pub use serve::ServeArgs;
pub use status::StatusArgs;

use crate::hub::args::{HUB_HELP, HubCommand};

/// An on-premises single sign-on connector for SAML 2.0.
///
/// Towards identity providers (Entra, Okta, AD FS, Google, Keycloak …) it is a SAML service
/// provider; towards the applications behind it, it tells who signed in.
#[derive(Debug, Parser)]
#[command(name = "sso-connect", version, after_long_help = AFTER_HELP)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// The folder with configuration, keys and database. Default: /var/lib/sso-connect, and for
    /// a hub /var/lib/sso-connect-hub.
    #[arg(
        long,
        global = true,
        display_order = 900,
        value_name = "DIR",
        env = "SSO_CONNECT_DATA_DIR"
    )]
    pub data_dir: Option<PathBuf>,
}

impl Cli {
    /// The folder that the command works on.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        let default = match self.command {
            Command::Hub(_) => "/var/lib/sso-connect-hub",
            _ => "/var/lib/sso-connect",
        };
        self.data_dir
            .as_deref()
            .unwrap_or_else(|| Path::new(default))
    }
}

/// The subcommands.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Check the configuration and explain every problem in it.
    Check,
    /// Show a sign-in on this machine: no set-up, nothing is kept.
    #[command(after_long_help = demo::HELP)]
    Demo(DemoArgs),
    /// Run a hub, through which the servers of SSO domains come to know the same.
    #[command(subcommand, after_long_help = HUB_HELP)]
    Hub(HubCommand),
    /// List, add and remove identity providers.
    #[command(subcommand)]
    Idp(IdpCommand),
    /// Make the data folder, with keys and a first configuration.
    Init(InitArgs),
    /// Print the metadata that identity providers ask for.
    Metadata(MetadataArgs),
    /// Run the server.
    #[command(after_long_help = serve::HELP)]
    Serve(ServeArgs),
    /// Ask a running server how it is.
    Status(StatusArgs),
}

/// How an answer is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For programs.
    Json,
    /// For people.
    #[default]
    Text,
}

const AFTER_HELP: &str = "\
A first server:
  sso-connect init --base-url https://sso.example.com:8443
  sso-connect metadata                  give this to the identity provider
  sso-connect idp add corporate --metadata idp-metadata.xml
  sso-connect serve

Files in the data folder:
  config.toml   what all servers of a domain share: base URL, identity providers, destinations
  local.toml    what belongs to this machine: address, port, log format
  keys/         keys and certificates
  sso.sqlite3   users and their secrets, used assertions, ended sessions

Exit codes:
  0  done
  1  failed
  2  the command line makes no sense
  3  the configuration is invalid, or would be
  4  the address or port cannot be used
  5  the data folder or the database cannot be used: permissions, damage, a missing key
  6  denied: the password or code is wrong, a permission is missing, a server was revoked
  7  not signed in as an administrator, or no longer: sso-connect login
  8  conflict: somebody else changed the same settings
  9  this program has another version than the servers of the domain
 10  the hub, or the running server, does not answer
 11  the hub contradicts what is known of the domain; nothing that it said was used
 12  something has to be asked, and there is no terminal
130  interrupted

No secret is ever given on the command line.";

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}

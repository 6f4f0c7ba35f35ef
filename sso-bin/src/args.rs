//! The command line.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::hub::args::{HUB_HELP, HubCommand};
use crate::telemetry::LogFormat;

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
    #[command(after_long_help = DEMO_HELP)]
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
    #[command(after_long_help = SERVE_HELP)]
    Serve(ServeArgs),
    /// Ask a running server how it is.
    Status(StatusArgs),
}

/// Arguments of `demo`.
#[derive(Args, Debug)]
#[non_exhaustive]
pub struct DemoArgs {
    /// Where SSO Connect listens; the application takes the next port and the identity provider
    /// the one after it. Port 0 takes free ones.
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:8443")]
    pub listen: SocketAddr,
}

/// Arguments of `init`.
#[derive(Args, Debug)]
#[non_exhaustive]
pub struct InitArgs {
    /// Where browsers reach this service: https://HOST or https://HOST:PORT.
    #[arg(long, value_name = "URL")]
    pub base_url: String,

    /// An identity provider, as NAME=FILE with the file of its metadata. May be repeated.
    #[arg(long, value_name = "NAME=FILE", value_parser = parse_named_file)]
    pub idp: Vec<NamedFile>,

    /// An origin, scheme, host and port, that browsers may be sent to after a sign-in. May be
    /// repeated.
    #[arg(long, value_name = "ORIGIN")]
    pub allow_dest: Vec<String>,
}

/// The subcommands of `idp`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum IdpCommand {
    /// Add an identity provider from its metadata.
    Add(Box<IdpAddArgs>),
    /// List the identity providers.
    List,
    /// Remove an identity provider. Its users and their secrets are kept; comments in config.toml
    /// are not.
    Remove {
        /// Its name.
        name: String,
    },
}

/// Arguments of `idp add`.
#[derive(Args, Debug)]
#[non_exhaustive]
pub struct IdpAddArgs {
    /// Its name in addresses and settings: lower-case letters, digits and hyphens.
    pub name: String,

    /// Its metadata: a file, or an https:// address that is read once, now.
    #[arg(long, value_name = "FILE|URL")]
    pub metadata: String,

    /// Replace the identity provider that has this name. Comments in config.toml are lost.
    #[arg(long)]
    pub replace: bool,

    /// Which part of its responses must be signed.
    #[arg(long, value_enum, default_value_t)]
    pub require_signed: RequireSigned,

    /// How requests travel to it. Default: by redirect, if it takes that.
    #[arg(long, value_enum)]
    pub request_binding: Option<RequestBinding>,

    /// Name of its attribute with the given name. Default: First.
    #[arg(long, value_name = "ATTRIBUTE")]
    pub first: Option<String>,

    /// Name of its attribute with the family name. Default: Last.
    #[arg(long, value_name = "ATTRIBUTE")]
    pub last: Option<String>,

    /// Name of its attribute with the e-mail address. Default: Email.
    #[arg(long, value_name = "ATTRIBUTE")]
    pub email: Option<String>,

    /// Name of its attribute with the groups. Default: Groups.
    #[arg(long, value_name = "ATTRIBUTE")]
    pub groups: Option<String>,

    /// Accept sign-ins that begin at the identity provider. An attacker can then sign somebody
    /// in under the attacker's name.
    #[arg(long)]
    pub dangerous_accept_idp_initiated: bool,

    /// Accept signatures with SHA-1, which can be forged with effort.
    #[arg(long)]
    pub dangerous_accept_sha1: bool,

    /// Accept encryption in CBC mode, which can be read with effort.
    #[arg(long)]
    pub dangerous_accept_cbc: bool,
}

/// Which part of a response must be signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RequireSigned {
    /// The assertion.
    Assertion,
    /// Both.
    Both,
    /// One of them, or both.
    #[default]
    Either,
    /// The response.
    Response,
}

/// How requests travel to an identity provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RequestBinding {
    /// In a form that submits itself.
    Post,
    /// In the address of a redirect.
    Redirect,
}

/// Arguments of `metadata`.
#[derive(Args, Debug)]
#[non_exhaustive]
pub struct MetadataArgs {
    /// Sign it.
    #[arg(long)]
    pub sign: bool,
}

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

/// Arguments of `status`.
#[derive(Args, Debug)]
#[non_exhaustive]
pub struct StatusArgs {
    /// Where the server listens, instead of what local.toml says.
    #[arg(long, value_name = "IP:PORT")]
    pub server: Option<SocketAddr>,

    /// How to print the answer.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
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

/// A name and the file it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamedFile {
    /// Before the equals sign.
    pub name: String,
    /// Behind it.
    pub file: PathBuf,
}

fn parse_named_file(text: &str) -> Result<NamedFile, String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok(NamedFile {
            name: name.into(),
            file: file.into(),
        }),
        _ => Err("expected NAME=FILE, as in corporate=metadata.xml".into()),
    }
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

No secret is ever given on the command line.";

const DEMO_HELP: &str = "\
Starts SSO Connect, an identity provider with two people and an application behind it, and prints
where to begin and the passwords. Only this machine can connect. The data folder is a temporary one;
--data-dir is not used.

Ctrl-C ends everything.";

const SERVE_HELP: &str = "\
When the server is ready, it prints one line to standard output:
  listening on https://IP:PORT
The log goes to standard error; SSO_CONNECT_LOG=debug says more.

Signals:
  SIGTERM, SIGINT   finish the requests under way, at most 30 seconds, and end
  SIGHUP            read config.toml and the TLS certificate again; if something is wrong with
                    them, the last good ones stay in use and the log says why.
                    All else, local.toml too, is read at the start only";

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_identity_provider_is_given_as_name_and_file() {
        let named = NamedFile {
            name: "corporate".into(),
            file: "a=b.xml".into(),
        };
        assert_eq!(parse_named_file("corporate=a=b.xml"), Ok(named));
        for text in ["corporate", "=file", "corporate=", ""] {
            assert!(parse_named_file(text).is_err(), "{text}");
        }
    }
}

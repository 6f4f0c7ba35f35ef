//! The command line: what it is as a whole, and one file for each subject.

mod administrators;
mod certificate;
mod config;
mod demo;
mod domain;
mod drain;
mod enrol;
mod hostname;
mod hub_options;
mod idp;
mod init;
mod keys;
mod local;
mod metadata;
mod migrate;
mod own_users;
mod package_files;
mod retire;
mod serve;
mod servers;
mod session;
mod status;
mod upgrade;
mod users;

use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand, ValueEnum};

pub use administrators::{
    AcceptArgs, AdministratorsAddArgs, AdministratorsCommand, AdministratorsListArgs,
    AdministratorsRevokeArgs, InviteArgs, Permission,
};
pub use certificate::{
    AcmeCommand, AcmeOffArgs, AcmeOnArgs, CertificateActivateArgs, CertificateCommand,
    CertificateImportArgs, CertificateShowArgs, CertificateUse,
};
pub use config::{
    ConfigCommand, ConfigDiffArgs, ConfigGetArgs, ConfigHistoryArgs, ConfigRollbackArgs,
    ConfigSetArgs, ConfigUnsetArgs,
};
pub use demo::DemoArgs;
pub use domain::{
    DomainAdoptArgs, DomainCommand, DomainConfirmArgs, DomainDeleteArgs, DomainExportArgs,
    DomainImportArgs, DomainLeaveArgs, DomainMoveHubArgs, DomainSettleArgs, DomainStatusArgs,
    FoundArgs, Keep,
};
pub use drain::DrainArgs;
pub use enrol::EnrolArgs;
pub use hostname::{
    HostnameChangeArgs, HostnameCheckArgs, HostnameCommand, HostnameRetireArgs, HostnameStatusArgs,
};
pub use hub_options::{HubOptions, SignInOptions};
pub use idp::{IdpAddArgs, IdpCommand, RequestBinding, RequireSigned};
pub use init::{InitArgs, NamedFile};
pub use keys::KeysCommand;
pub use local::{LocalCommand, LocalSetting, LocalShowArgs};
pub use metadata::MetadataArgs;
pub use migrate::{MigrateCommand, PlanArgs};
pub use own_users::OwnUsersOptions;
pub use package_files::PackageFilesArgs;
pub use retire::{RetireArgs, ServersRetireArgs};
pub use serve::ServeArgs;
pub use servers::{
    ServersCommand, ServersListArgs, ServersRevokeArgs, TokensCommand, TokensListArgs,
    TokensMintArgs, TokensWithdrawArgs,
};
pub use session::{LoginArgs, PasswordChangeArgs, PasswordCommand, RecoverArgs, TwoFactorCommand};
pub use status::StatusArgs;
pub use upgrade::{UpgradeCommand, UpgradeEndArgs, UpgradeStartArgs, UpgradeStatusArgs};
pub use users::{SyncArgs, UsersCommand, UsersListArgs, UsersShowArgs};

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
    /// Invite, add, list and revoke administrators of the domain.
    #[command(subcommand, after_long_help = administrators::HELP)]
    Administrators(AdministratorsCommand),
    /// Show, import and roll over the certificates for TLS and SAML.
    #[command(subcommand, after_long_help = certificate::HELP)]
    Certificate(CertificateCommand),
    /// Check the configuration and explain every problem in it.
    Check,
    /// Show, change and roll back the configuration that the servers of a domain share.
    #[command(subcommand, after_long_help = config::HELP)]
    Config(Box<ConfigCommand>),
    /// Show a sign-in on this machine: no set-up, nothing is kept.
    #[command(after_long_help = demo::HELP)]
    Demo(DemoArgs),
    /// Begin a domain of several servers, or end one.
    #[command(subcommand)]
    Domain(DomainCommand),
    /// Let the running server leave: it finishes what is under way, and ends.
    #[command(after_long_help = drain::HELP)]
    Drain(DrainArgs),
    /// Make this server one of a domain.
    #[command(after_long_help = enrol::HELP)]
    Enrol(Box<EnrolArgs>),
    /// Look at a new host name, change to it without a failed sign-in, and retire the old one.
    #[command(subcommand, after_long_help = hostname::HELP)]
    Hostname(Box<HostnameCommand>),
    /// Run a hub, through which the servers of SSO domains come to know the same.
    #[command(subcommand, after_long_help = HUB_HELP)]
    Hub(HubCommand),
    /// List, add and remove identity providers.
    #[command(subcommand)]
    Idp(IdpCommand),
    /// Make the data folder, with keys and a first configuration.
    Init(InitArgs),
    /// Say what protects the keys of this server.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Show and set where this server listens.
    #[command(subcommand, after_long_help = local::HELP)]
    Local(LocalCommand),
    /// Sign in as an administrator of the domain, for the commands that follow.
    #[command(after_long_help = session::LOGIN_HELP)]
    Login(LoginArgs),
    /// End the administrator's session.
    Logout,
    /// Print the metadata that identity providers ask for.
    Metadata(MetadataArgs),
    /// Say what is left to do until this server has taken over from another.
    #[command(subcommand, after_long_help = migrate::HELP)]
    Migrate(MigrateCommand),
    /// Write man pages and completions, for who makes a package.
    #[command(hide = true)]
    PackageFiles(PackageFilesArgs),
    /// Change the administrator's password.
    #[command(subcommand)]
    Password(PasswordCommand),
    /// Choose a new password with the recovery code.
    #[command(after_long_help = session::RECOVER_HELP)]
    Recover(RecoverArgs),
    /// Retire this server: it leaves, says goodbye, and its keys are destroyed.
    #[command(after_long_help = retire::HELP)]
    Retire(RetireArgs),
    /// Run the server.
    #[command(after_long_help = serve::HELP)]
    Serve(ServeArgs),
    /// List and revoke the servers of the domain.
    #[command(subcommand)]
    Servers(ServersCommand),
    /// Ask a running server how it is.
    #[command(after_long_help = status::HELP)]
    Status(StatusArgs),
    /// Show how the server keeps up with its domain, or compare everything.
    #[command(after_long_help = users::SYNC_HELP)]
    Sync(SyncArgs),
    /// Make and withdraw tokens with which servers join by themselves.
    #[command(subcommand)]
    Tokens(TokensCommand),
    /// Switch the administrator's second factor on or off.
    #[command(subcommand)]
    TwoFactor(TwoFactorCommand),
    /// Bring the servers of the domain to another version, one after the other.
    #[command(subcommand, after_long_help = upgrade::HELP)]
    Upgrade(UpgradeCommand),
    /// List and show the users that the running server knows.
    #[command(subcommand, after_long_help = users::USERS_HELP)]
    Users(UsersCommand),
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

A domain of several servers, which share configuration and users through a hub:
  sso-connect domain found              on the first server
  sso-connect enrol                     on every other one
  sso-connect login, config edit        on any of them
  sso-connect status, servers list

Files in the data folder:
  config.toml   what all servers of a domain share: base URL, identity providers, destinations
  local.toml    what belongs to this machine: address, port, log format
  keys/         keys and certificates
  sso.sqlite3   users and their secrets, used assertions, ended sessions
  domain.toml   of a server of a domain: where its hub is; in place of config.toml
  node/         of a server of a domain: its copy of configuration and users

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

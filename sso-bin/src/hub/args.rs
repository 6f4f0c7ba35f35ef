//! The command line of `sso-connect hub`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Authority;
use crate::args::Output;
use crate::telemetry::LogFormat;

/// The subcommands of `hub`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum HubCommand {
    /// Invite, list and revoke administrators of a domain.
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Copy the database to a new file while it is in use.
    Backup {
        /// The new file.
        file: PathBuf,
    },
    /// Create, list, delete and restore SSO domains.
    #[command(subcommand)]
    Domain(DomainCommand),
    /// Make the data folder of a hub, with keys and settings.
    Init(HubInitArgs),
    /// Run the hub.
    #[command(after_long_help = SERVE_HELP)]
    Serve(HubServeArgs),
    /// Ask the running hub of this machine how it is.
    #[command(after_long_help = STATUS_HELP)]
    Status,
}

/// Arguments of `hub init`.
#[derive(Args, Debug)]
#[non_exhaustive]
pub struct HubInitArgs {
    /// Host and port under which servers and administrators reach the hub, exactly as they dial
    /// them. May be repeated.
    #[arg(long, value_name = "HOST:PORT", required = true)]
    pub reached_as: Vec<Authority>,

    /// The key file, keys/hub.key, of another process of this hub, to work on the same database.
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,
}

/// Arguments of `hub serve`.
#[derive(Args, Debug)]
#[non_exhaustive]
pub struct HubServeArgs {
    /// Where to listen, instead of what hub.toml says. Port 0 takes a free one.
    #[arg(long, value_name = "IP:PORT")]
    pub listen: Option<SocketAddr>,

    /// How to write the log, instead of what hub.toml says.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,

    /// Make an empty database if there is none. The hub knows no domain then.
    #[arg(long)]
    pub new_database: bool,
}

/// The subcommands of `hub domain`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum DomainCommand {
    /// Let somebody found a domain, and be its first administrator.
    #[command(after_long_help = CREATE_HELP)]
    Create {
        /// Name of the domain: letters, digits, hyphens and single dots.
        name: String,

        /// E-mail address of the first administrator.
        #[arg(long, value_name = "EMAIL")]
        administrator: String,

        /// Days within which the domain has to be founded.
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=30))]
        days: u64,
    },
    /// Close a domain: its servers and administrators are told that it is unknown. Nothing is
    /// erased; `restore` opens it again, and its servers sign users in all the while.
    Delete {
        /// Name of the domain.
        name: String,

        /// The name once more, instead of being asked for it.
        #[arg(long, value_name = "NAME")]
        yes_delete: Option<String>,
    },
    /// Take writes again though servers know more of a domain than this hub, which waits for them
    /// to bring it back: what they do not bring back is given up.
    GoOn {
        /// Name of the domain.
        name: String,
    },
    /// List the domains, and the invitations to found one.
    List(ListArgs),
    /// Open a domain again that was deleted. One whose deletion an administrator has confirmed is
    /// kept for 30 days from now on.
    Restore {
        /// Name of the domain.
        name: String,
    },
}

/// The subcommands of `hub admin`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum AdminCommand {
    /// Invite somebody to register as administrator: also somebody who has lost password and
    /// recovery code. In the domain the new administrator counts once another one has confirmed.
    Invite {
        /// Name of the domain.
        domain: String,

        /// E-mail address.
        email: String,

        /// Days within which the invitation has to be used.
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=30))]
        days: u64,
    },
    /// List who may sign in to a domain, and who is invited.
    List {
        /// Name of the domain.
        domain: String,

        /// How to print it.
        #[command(flatten)]
        list: ListArgs,
    },
    /// Let somebody sign in no more: sessions end, and invitations are taken back. What the keys
    /// may do in the domain ends when another administrator revokes them there.
    Revoke {
        /// Name of the domain.
        domain: String,

        /// E-mail address.
        email: String,
    },
}

/// Arguments of what prints a list.
#[derive(Args, Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ListArgs {
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

/// What `hub --help` says in the end.
pub const HUB_HELP: &str = "\
A hub stores and forwards what the servers of SSO domains tell each other. It can read none of it:
it holds ciphertext, public statements, and what administrators need to sign in.

A first hub:
  sso-connect hub init --reached-as hub.example.com:8444
  sso-connect hub serve
  sso-connect hub domain create example --administrator anna@example.com

But for `status`, the other commands work on the database, whether the hub runs or not; what they
change, a running hub knows at once.

Files in the data folder, /var/lib/sso-connect-hub if --data-dir names no other:
  hub.toml      the settings, explained
  hub.db        domains and administrators, unless hub.toml names a PostgreSQL database
  audit.jsonl   what happened, one JSON object a line; for logrotate: move it away, then SIGHUP
  keys/hub.key  what the hub signs administrators in with; the same for all processes of a hub
  keys/tls.pem  the certificate of the public address, and keys/tls.key its key";

const SERVE_HELP: &str = "\
When the hub is ready, it prints one line to standard output:
  listening on https://IP:PORT
The log goes to standard error; SSO_CONNECT_LOG=debug says more. systemd (Type=notify) is told when the
hub answers, and a watchdog whenever it has answered itself.

GET /health and /metrics, for Prometheus, are answered at the address `inspection` of hub.toml.

Signals:
  SIGTERM, SIGINT   answer those who wait for news, finish the requests under way, at most 30
                    seconds, and end
  SIGHUP            read the TLS certificate again, and go on in a new audit.jsonl";

const STATUS_HELP: &str = "\
It asks at the address `inspection` of hub.toml. The exit code is 0 if the hub runs and its storage
answers, 1 if that does not, and 10 if no hub answers.";

const CREATE_HELP: &str = "\
Prints one text, once. It holds the address of the hub and the right to found the domain and to
register as its first administrator: hand it over as you would a password. Another call for the
same name makes texts of before worthless.";

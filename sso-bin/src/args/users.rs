//! `users` and `sync`.

use clap::{Args, Subcommand};

use super::Output;

/// The subcommands of `users`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum UsersCommand {
    /// List the users.
    List(UsersListArgs),
    /// Show one user, all but the secret.
    Show(UsersShowArgs),
}

/// Arguments of `users list`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct UsersListArgs {
    /// At most so many.
    #[arg(long, value_name = "NUMBER", default_value_t = 1000)]
    pub limit: usize,

    /// Only what comes behind this account.
    #[arg(long, value_name = "ACCOUNT")]
    pub after: Option<String>,

    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

/// Arguments of `users show`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct UsersShowArgs {
    /// Id, account or e-mail address.
    pub user: String,

    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

/// Arguments of `sync`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct SyncArgs {
    /// Compare everything with the hub and mend what differs. Without it, the state is shown.
    #[arg(long)]
    pub full: bool,

    /// Download everything anew beside what is there, and swap.
    #[arg(long, requires = "full")]
    pub force: bool,

    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

pub(super) const USERS_HELP: &str = "\
The running server of this machine is asked: users are in its own copy, and the hub cannot read them.";

pub(super) const SYNC_HELP: &str = "\
Servers keep up by themselves: this command is for whoever wants to be sure. --full compares the
digest of all user records with the domain's, then parts of it, then the lists of the parts that
differ, fetches only what differs, and tells what it compared and mended. Sign-ins go on meanwhile.";

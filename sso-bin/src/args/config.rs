//! `config`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{LoginArgs, Output};

/// The subcommands of `config`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum ConfigCommand {
    /// Show what changed between two revisions.
    Diff(ConfigDiffArgs),
    /// Throw the draft away.
    DiscardDraft,
    /// Edit the configuration as TOML in your editor ($EDITOR), look at the changes, and save it.
    Edit(LoginArgs),
    /// Show settings, all of them or those at and below a path.
    Get(ConfigGetArgs),
    /// Show who saved which revision, when, and at which server.
    History(ConfigHistoryArgs),
    /// List all settings that there are, with what can stand there.
    List,
    /// Make the content of an earlier revision the newest again, as a revision of its own.
    Rollback(ConfigRollbackArgs),
    /// Save the draft that was kept while the hub was out of reach.
    SaveDraft(LoginArgs),
    /// Change one setting.
    Set(ConfigSetArgs),
    /// Take a setting out, with everything below it; the defaults apply again.
    Unset(ConfigUnsetArgs),
    /// Check a file without saving it, and without a hub.
    Validate {
        /// A configuration as TOML, as `config edit` shows it.
        file: PathBuf,
    },
}

/// Arguments of `config get`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct ConfigGetArgs {
    /// A setting, or what several begin with: identity_providers.corporate.
    pub path: Option<String>,

    /// Of this revision instead of the newest.
    #[arg(long, value_name = "NUMBER")]
    pub revision: Option<u64>,

    /// How to print it. JSON has the values as they are, except for secrets.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,

    /// Who asks.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// Arguments of `config set`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct ConfigSetArgs {
    /// The setting: base_url, identity_providers.corporate.metadata.
    pub path: String,

    /// What it shall be. Never for a private key: the list of processes would show it.
    #[arg(conflicts_with = "file")]
    pub value: Option<String>,

    /// A file that holds what it shall be.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// Save without asking.
    #[arg(long)]
    pub yes: bool,

    /// Who changes it.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// Arguments of `config unset`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct ConfigUnsetArgs {
    /// The setting, or what several begin with.
    pub path: String,

    /// Save without asking.
    #[arg(long)]
    pub yes: bool,

    /// Who changes it.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// Arguments of `config diff`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct ConfigDiffArgs {
    /// The older revision. Default: the one before the newer.
    pub from: Option<u64>,

    /// The newer revision. Default: the newest.
    pub to: Option<u64>,

    /// Who asks.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// Arguments of `config history`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct ConfigHistoryArgs {
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,

    /// Who asks.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// Arguments of `config rollback`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct ConfigRollbackArgs {
    /// The revision whose content shall be the newest again.
    pub to: u64,

    /// Save without asking.
    #[arg(long)]
    pub yes: bool,

    /// Who changes it.
    #[command(flatten)]
    pub login: LoginArgs,
}

pub(super) const HELP: &str = "\
All servers of a domain share one configuration. Saving it on any server has the same effect: every
server takes the new revision up by itself, without dropping a connection, or keeps the last good one
and says why.

If somebody else saved meanwhile, what does not overlap is joined. For each setting that both
changed you see what it was, theirs and yours, and choose.

Private keys are never shown and never arguments: config set PATH --file FILE, or the prompt.

While the hub is out of reach, config edit and set keep a draft in the data folder: save it later with
sso-connect config save-draft.";

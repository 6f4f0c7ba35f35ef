//! `migrate`.

use clap::{Args, Subcommand};

use super::Output;

/// The subcommands of `migrate`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum MigrateCommand {
    /// Print the steps for this domain: what is done, what is missing, and who has to do it.
    Plan(PlanArgs),
}

/// Arguments of `migrate plan`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct PlanArgs {
    /// The server that goes in the end. Without it the plan ends when both serve.
    #[arg(long, value_name = "SERVER")]
    pub from: Option<String>,

    /// The name that people come by from then on, if it changes too: the step `host-name` says what
    /// `hostname check` says.
    #[arg(long, value_name = "NAME")]
    pub hostname: Option<String>,

    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

pub(super) const HELP: &str = "\
Give it on the new server, as often as you like: it looks, and changes nothing. The exit code is 0 if
everything is done, and 1 if not.";

//! Arguments of `keys`.

use clap::Subcommand;

/// The subcommands of `keys`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum KeysCommand {
    /// Say what protects the keys of this server.
    Status,
}

//! `metadata`.

use clap::Args;

/// Arguments of `metadata`.
#[derive(Args, Debug)]
#[non_exhaustive]
pub struct MetadataArgs {
    /// Sign it.
    #[arg(long)]
    pub sign: bool,
}

//! `package-files`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `package-files`.
#[derive(Args, Debug)]
#[non_exhaustive]
pub struct PackageFilesArgs {
    /// What is /usr/share where the package is installed.
    pub folder: PathBuf,
}

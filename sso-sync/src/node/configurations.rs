//! Who uses the configuration.

use std::fmt;

use async_trait::async_trait;

use crate::seal::ConfigDocument;

/// Makes configurations active.
///
/// # Contract
///
/// - Revisions are offered in order, each at most once while the program runs, never one below a
///   revision that was taken before.
/// - **All or nothing**: on [`Err`] the configuration of before goes on.
#[async_trait]
pub trait Configurations: fmt::Debug + Send + Sync + 'static {
    /// Checks a revision against this machine and makes it active.
    ///
    /// # Errors
    ///
    /// Why this machine cannot use it, in words for people. Every console shows them.
    async fn offer(&self, revision: u64, document: &ConfigDocument) -> Result<(), String>;
}

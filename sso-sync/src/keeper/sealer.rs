//! Whoever seals what a server keeps.

use std::fmt;

use async_trait::async_trait;
use zeroize::Zeroizing;

use super::{KeeperError, Label, Protection};

/// Seals a server's own secrets, and unseals them when the server starts again.
///
/// # Contract
///
/// - **Lasting**: what was sealed is unsealed after a restart, by whoever has the same key, without
///   a person and without another machine of ours.
/// - **Bound**: it opens under the very [`Label`] that it was sealed for and under no other, and not
///   if a byte of it was changed.
/// - **Fresh**: sealing the same secret twice gives different bytes.
/// - **Named**: it is an [`Envelope`](super::Envelope), so [`sealed_by`](super::sealed_by) answers
///   what [`protection`](Self::protection) said; another sealer refuses it by name.
/// - **Concurrent**: calls may come at the same time, also before there is a key.
/// - **Unattended**: a key that is missing is made by `seal`, and never by `unseal`.
///
/// `sso_sync::sealer_tests!` checks an implementation against this list.
///
/// # Security
///
/// Whoever unseals a server's keys is that server to everybody else: the hub, its sister servers
/// and, since it holds the domain keys, to the data of every user.
#[async_trait]
pub trait Sealer: fmt::Debug + Send + Sync + 'static {
    /// Seals `secret`, which has at most [`MAX_SECRET_BYTES`](super::MAX_SECRET_BYTES).
    ///
    /// # Errors
    ///
    /// [`KeeperError::TooLarge`], or whatever keeps the key from being used.
    async fn seal(&self, label: &Label, secret: &[u8]) -> Result<Vec<u8>, KeeperError>;

    /// Unseals what was sealed for the same `label`.
    ///
    /// # Errors
    ///
    /// [`KeeperError::OtherSealer`] or [`KeeperError::OtherKey`] if it was sealed by something else,
    /// [`KeeperError::Closed`] if it was changed or belongs elsewhere, or whatever keeps the key
    /// from being used.
    async fn unseal(&self, label: &Label, sealed: &[u8])
    -> Result<Zeroizing<Vec<u8>>, KeeperError>;

    /// What protects the key, for a status.
    fn protection(&self) -> Protection;
}

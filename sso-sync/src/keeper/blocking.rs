//! Keeps the disk and the token from stopping the tasks of others.

#[cfg(feature = "pkcs11")]
use tokio::runtime::{Handle, RuntimeFlavor};

use super::KeeperError;

/// Runs `work` where it may wait.
pub(super) async fn off_workers<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, KeeperError> + Send + 'static,
) -> Result<T, KeeperError> {
    let ended = tokio::task::spawn_blocking(work).await;
    // A runtime that shuts down runs nothing more.
    ended.unwrap_or_else(|error| Err(KeeperError::Unavailable(error.into())))
}

/// Runs `work`, which waits, for a caller that cannot. Where the runtime has several workers, they
/// take over the other tasks of this one meanwhile.
#[cfg(feature = "pkcs11")]
pub(super) fn beside_workers<T>(work: impl FnOnce() -> T) -> T {
    let runtime = Handle::try_current().map(|handle| handle.runtime_flavor());
    match runtime {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

//! Keeps the disk and the token from stopping the tasks of others.

use super::KeeperError;

/// Runs `work` where it may wait.
pub(super) async fn off_workers<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, KeeperError> + Send + 'static,
) -> Result<T, KeeperError> {
    let ended = tokio::task::spawn_blocking(work).await;
    // A runtime that shuts down runs nothing more.
    ended.unwrap_or_else(|error| Err(KeeperError::Unavailable(error.into())))
}

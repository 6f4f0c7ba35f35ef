//! Waiting for changes.

use std::sync::atomic::Ordering;
use std::time::Duration;

use etcd_client::{WatchOptions, WatchResponse};

use super::EtcdStore;
use super::list::end_of;

/// Waits for a change under `prefix` since the last reading, for a while.
pub(super) async fn wait(store: &EtcdStore, prefix: &str, max_wait: Duration) {
    let noticed = async {
        if !change(store, prefix).await.unwrap_or(false) {
            tokio::time::sleep(POLL).await;
        }
    };
    let _ = tokio::time::timeout(max_wait.min(LONGEST), noticed).await;
}

/// Answers whether there is a reason to look; no, if etcd does not want to watch.
async fn change(store: &EtcdStore, prefix: &str) -> Result<bool, etcd_client::Error> {
    let prefix = store.full_key(prefix);
    let options = WatchOptions::new().with_range(end_of(&prefix));
    let options = match store.0.seen.load(Ordering::Relaxed) {
        0 => options,
        seen => options.with_start_revision(seen + 1),
    };
    let mut watcher = store.0.client.watch_client();
    let mut events = watcher.watch(prefix, Some(options)).await?;
    while let Some(told) = events.message().await? {
        if is_reason_to_look(&told) {
            return Ok(true);
        }
        if told.canceled() {
            return Ok(false);
        }
    }
    Ok(false)
}

/// A compacted revision is one: what has happened since cannot be told any more.
fn is_reason_to_look(told: &WatchResponse) -> bool {
    !told.events().is_empty() || told.compact_revision() > 0
}

/// How long to wait instead while etcd does not watch.
const POLL: Duration = Duration::from_secs(1);
/// A watch that has gone silent for whatever reason delays nobody longer than this.
const LONGEST: Duration = Duration::from_mins(1);

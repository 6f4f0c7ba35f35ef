//! Making room on this server's disk.

use std::sync::Arc;
use std::time::Duration;

use super::core::Core;
use crate::store::Seq;

/// Forgets now and then what no hub will need again.
pub(super) async fn compact(core: Arc<Core>) {
    let mut last = Seq::START;
    while !core.is_stopped() {
        core.rest(EVERY).await;
        let acknowledged = core.known().acknowledged;
        if acknowledged.number().saturating_sub(last.number()) < WORTH_IT {
            continue;
        }
        let compacted = core.mirror.lock().await.compact(KEPT, acknowledged);
        // What is left is forgotten the next time.
        if compacted.await.is_ok() {
            last = acknowledged;
        }
    }
}

/// A hub that comes back from a backup is given so many records at least.
const KEPT: u64 = 65_536;

/// How many new records make it worth while.
const WORTH_IT: u64 = 16_384;

const EVERY: Duration = Duration::from_mins(10);

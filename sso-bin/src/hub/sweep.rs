//! The broom: domains whose deletion was confirmed are erased when their time is over.

use std::sync::Arc;
use std::time::Duration;

use sso_core::Clock;
use sso_sync::hub::Hub;
use tokio::task::JoinHandle;

use super::service::Service;

/// Looks at all domains every hour, by `clock`, until it is aborted. A hub that begins may have been
/// restored from a backup: in the first hour its servers say what they know.
pub(super) fn start(service: Service, clock: Arc<dyn Clock>) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(EVERY).await;
            sweep(service.hub(), &*clock).await;
        }
    })
}

async fn sweep(hub: &Hub, clock: &dyn Clock) {
    match hub.sweep(clock.now()).await {
        Ok(swept) => {
            for domain in &swept.erased {
                tracing::warn!(
                    domain = domain.as_str(),
                    "erased: 30 days ago its deletion was confirmed"
                );
            }
            for domain in &swept.failed {
                tracing::error!(
                    domain = domain.as_str(),
                    "cannot see whether it was deleted; trying again in an hour"
                );
            }
        }
        Err(error) => tracing::error!(
            reason = error.to_string().as_str(),
            "cannot look for deleted domains; trying again in an hour"
        ),
    }
}

const EVERY: Duration = Duration::from_hours(1);

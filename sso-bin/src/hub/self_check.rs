//! The hub asks itself, for whoever looks after it.

use async_trait::async_trait;

use super::service::Service;
use super::wiring::Stores;
use crate::failure::root_cause;
use crate::supervisor::SelfCheck;

/// Asks a hub.
#[derive(Clone, Debug)]
pub(super) struct Check {
    pub(super) service: Service,
    pub(super) stores: Stores,
}

#[async_trait]
impl SelfCheck for Check {
    async fn answers(&self) -> bool {
        // What every request counts itself in; it ends if nothing is stuck.
        let _ = self.service.hub().counts();
        true
    }

    async fn summary(&self) -> String {
        match self.stores.health().await {
            Ok(()) => "Running".into(),
            Err(error) => format!("Stopped: storage: {}", root_cause(&error)),
        }
    }
}

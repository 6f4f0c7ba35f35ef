//! Tidying up while the hub runs.

use std::time::Duration;

use sso_sync::hub::Housekeeper;
use tokio::task::AbortHandle;
use tokio::time::sleep;

use super::service::Service;
use crate::failure::root_cause;
use crate::wiring;

/// Tidies up until it is dropped. A step that is interrupted does no harm.
#[derive(Debug)]
pub(super) struct Upkeep(AbortHandle);

impl Upkeep {
    /// Begins with the first round at once.
    pub(super) fn start(service: Service) -> Self {
        Self(tokio::spawn(tidy(service)).abort_handle())
    }
}

impl Drop for Upkeep {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Step after step with a pause, so that it is never in anybody's way.
async fn tidy(service: Service) {
    let mut keeper = Housekeeper::new();
    loop {
        let tidied = service.hub().tidy(&mut keeper, wiring::now()).await;
        let pause = match tidied {
            Ok(tidied) if tidied.is_round_over => BETWEEN_ROUNDS,
            Ok(tidied) => {
                if let Some((domain, through)) = tidied.compacted {
                    let (domain, through) = (domain.to_string(), through.number());
                    tracing::info!(domain = domain.as_str(), through, "a feed was compacted");
                }
                BETWEEN_STEPS
            }
            Err(error) => {
                let reason = root_cause(&error);
                tracing::warn!(reason = reason.as_str(), "tidying up goes on later");
                AFTER_FAILURE
            }
        };
        sleep(pause).await;
    }
}

const AFTER_FAILURE: Duration = Duration::from_secs(30);
const BETWEEN_ROUNDS: Duration = Duration::from_mins(10);
const BETWEEN_STEPS: Duration = Duration::from_millis(50);

//! Where both logs end.

use std::time::Duration;

use super::{Call, CallError, HubClient};
use crate::feed::HubHead;
use crate::store::Seq;

impl HubClient {
    /// Where the hub says that both logs end.
    ///
    /// With how many statements and which place of the feed were `seen`, the answer comes when
    /// there is something else, or when `wait` is over: whole seconds, 50 at most. Without, it
    /// comes at once. The hub takes what was seen as knowledge: if it has less, it waits for it.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn head(
        &self,
        seen: Option<(u64, Seq)>,
        wait: Duration,
    ) -> Result<HubHead, CallError> {
        let Some((statements, seq)) = seen else {
            return self.ask(&Call::get("head")).await;
        };
        let wait = wait.min(MAX_WAIT);
        let (seq, seconds) = (seq.number(), wait.as_secs());
        let path = format!("head?statements={statements}&seq={seq}&wait={seconds}");
        self.ask(&Call::get(path).waiting(wait)).await
    }
}

/// Longest wait of a hub.
const MAX_WAIT: Duration = Duration::from_secs(50);

//! What a sign-in and a sign-out are built with.

use std::sync::Arc;

use super::Sso;
use crate::Clock;
use crate::saml::ReplayLog;
use crate::session::{History, SessionStore};

/// Puts an [`Sso`] together.
#[derive(Clone, Debug)]
pub struct SsoBuilder(pub(super) Sso);

impl SsoBuilder {
    /// Tells the time. Default: the clock of this machine.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.0.clock = Arc::new(clock);
        self
    }

    /// Where used assertions are remembered. Default: in this process only, so that a second
    /// server, or a restart, knows nothing of them.
    #[must_use]
    pub fn replay_log(mut self, replay_log: Arc<dyn ReplayLog>) -> Self {
        self.0.replay_log = replay_log;
        self
    }

    /// What this server shares with others of its domain, for who compares histories. Default: none.
    #[must_use]
    pub fn history(mut self, history: Arc<dyn History>) -> Self {
        self.0.history = history;
        self
    }

    /// Where revoked sessions are remembered. Default: in this process only, so that a second
    /// server, or a restart, knows nothing of them.
    #[must_use]
    pub fn session_store(mut self, sessions: Arc<dyn SessionStore>) -> Self {
        self.0.sessions = sessions;
        self
    }

    /// The finished thing; the configuration has been checked before.
    #[must_use]
    pub fn build(self) -> Sso {
        self.0
    }
}

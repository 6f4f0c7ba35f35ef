//! The configuration in force, exchanged as a whole.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use sso_core::config::{ConfigSource, SharedConfig};

/// Holds the last configuration that was found good.
#[derive(Debug)]
pub struct CurrentConfig {
    config: RwLock<Arc<SharedConfig>>,
    refused: Mutex<Option<String>>,
}

impl CurrentConfig {
    /// Starts with `config`.
    #[must_use]
    pub fn new(config: impl Into<Arc<SharedConfig>>) -> Self {
        Self {
            config: RwLock::new(config.into()),
            refused: Mutex::new(None),
        }
    }

    /// Puts `config` in force.
    pub fn replace(&self, config: impl Into<Arc<SharedConfig>>) {
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config.into();
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Keeps what is in force, and remembers why something newer was refused, in words for strangers.
    pub fn refuse(&self, reason: String) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
    }

    /// Why the newest configuration is not in force.
    #[must_use]
    pub fn refused(&self) -> Option<String> {
        self.refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl ConfigSource for CurrentConfig {
    fn current(&self) -> Arc<SharedConfig> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }
}

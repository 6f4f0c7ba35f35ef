//! Where the shared configuration comes from.

use std::fmt;
use std::sync::Arc;

use super::SharedConfig;

/// Holds the configuration that is in force.
///
/// # Contract
///
/// - **Cheap**: called at least once for every request; it answers from memory, without blocking.
/// - **Consistent**: what it answers was checked as a whole and never changes. A request works
///   with one answer from beginning to end, so a change takes effect between requests.
/// - **Current**: once a change was reported as done, later calls answer the changed one.
///
/// # Security
///
/// An outdated answer keeps an identity provider in that was removed.
pub trait ConfigSource: fmt::Debug + Send + Sync + 'static {
    /// The configuration in force.
    fn current(&self) -> Arc<SharedConfig>;
}

/// A configuration that stays as it is until the process ends.
#[derive(Clone, Debug)]
pub struct FixedConfig(Arc<SharedConfig>);

impl FixedConfig {
    /// Answers `config`, always.
    #[must_use]
    pub fn new(config: SharedConfig) -> Self {
        Self(Arc::new(config))
    }
}

impl ConfigSource for FixedConfig {
    fn current(&self) -> Arc<SharedConfig> {
        Arc::clone(&self.0)
    }
}

//! Where the sealing keys come from.

use std::fmt;

use super::SealingKeys;

/// Holds the keys that seal cookies now.
///
/// Keys that stay for the life of a process are their own source. The servers of a replicated
/// domain get new ones while they run.
///
/// # Contract
///
/// - **Cheap**: called several times for every request; it answers from memory, without blocking.
/// - **Overlapping**: keys that were current a moment ago are among the older keys, until the
///   longest session that was sealed with them has ended; unless somebody holds them who is not
///   trusted any more.
///
/// # Security
///
/// Whoever holds a key that is answered here can sign in as anyone.
pub trait SealingKeySource: fmt::Debug + Send + Sync + 'static {
    /// The keys of now.
    fn current(&self) -> SealingKeys;
}

impl SealingKeySource for SealingKeys {
    fn current(&self) -> SealingKeys {
        self.clone()
    }
}

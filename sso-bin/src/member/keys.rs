//! The keys of sessions.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use sso_core::seal::{SealingKeySource, SealingKeys};
use sso_sync::driver::Node;
use sso_sync::node::Records as _;
use sso_sync::seal::Older;

/// Derived from the domain key of the present epoch, so that a browser that signed in at one
/// server is signed in at all.
///
/// An epoch begins when a server or an administrator is revoked. From then on the older key opens
/// nothing: whoever was revoked holds it, and could make up sessions. Who was signed in signs in
/// once more.
pub struct DomainSessionKeys {
    node: Node,
    derived: Mutex<Option<(u64, SealingKeys)>>,
}

impl DomainSessionKeys {
    /// The keys of the domain of this node.
    #[must_use]
    pub const fn new(node: Node) -> Self {
        Self {
            node,
            derived: Mutex::new(None),
        }
    }
}

impl SealingKeySource for DomainSessionKeys {
    fn current(&self) -> SealingKeys {
        let ring = self.node.ring();
        let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        match &*derived {
            Some((epoch, keys)) if *epoch == ring.newest() => keys.clone(),
            _ => {
                // Nobody is signed in with keys that nobody else has: the honest answer to a
                // library that cannot derive.
                let keys = ring.session_keys(Older::Refused);
                let keys = keys.unwrap_or_else(|_| SealingKeys::random());
                *derived = Some((ring.newest(), keys.clone()));
                keys
            }
        }
    }
}

impl fmt::Debug for DomainSessionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DomainSessionKeys")
    }
}

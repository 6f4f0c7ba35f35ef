//! Names that no other test uses.

use std::hash::{BuildHasher as _, RandomState};

/// A name for one place in a server that all tests share.
pub(crate) fn unique() -> String {
    let random = RandomState::new().hash_one(0);
    format!("{}-{random:016x}", std::process::id())
}

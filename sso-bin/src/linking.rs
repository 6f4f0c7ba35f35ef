//! Whether this program can load libraries, which only its last step of compilation decides.

use std::sync::atomic::{AtomicBool, Ordering};

/// Says that this program brings its C library along, for `main`. To load a library, one of a
/// PKCS#11 token, would bring a second one, and end the process.
pub fn is_static() {
    STATIC.store(true, Ordering::Relaxed);
}

/// Whether libraries can be loaded.
pub(crate) fn loads_libraries() -> bool {
    !STATIC.load(Ordering::Relaxed)
}

static STATIC: AtomicBool = AtomicBool::new(false);

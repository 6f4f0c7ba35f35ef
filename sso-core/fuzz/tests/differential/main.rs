//! Whatever we accept, two other implementations accept, with the same canonical bytes.
//!
//! `xmlsec1` comes from `.ci/install`; the feature `system-tests` turns these tests on.
#![expect(clippy::unwrap_used, reason = "test helpers")]

mod exchanges;
mod resigned;
mod vectors;

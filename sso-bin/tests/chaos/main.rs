//! What servers of a domain and their hub go through: programs that are killed or held, cables that
//! are pulled, messages that go one way only, disks that are full, clocks that jump, a database that
//! is started anew. Each machine is a network namespace.
//!
//! An accident is chosen by a seed, which a failing test names: `SSO_CHAOS_SEED` repeats it, and
//! `SSO_CHAOS_ACCIDENTS` has more of them than the gate takes the time for.
#![cfg(target_os = "linux")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]
#![expect(
    clippy::print_stdout,
    reason = "whoever sees a failure has to know the seed"
)]

mod accident;
mod as_root;
#[expect(dead_code, reason = "here whatever is sent need not arrive")]
#[path = "../server/browser.rs"]
mod browser;
mod crowd;
mod database;
mod machine;
mod network;
mod site;

use std::time::Duration;

/// How long anything may take before a test gives up.
const DEADLINE: Duration = Duration::from_secs(60);

//! For those who test against this crate: a clock set by hand, an identity provider that says
//! whatever a test wants, and suites that check an implementation of our traits against its
//! contract.
//!
//! ```
//! use sso_core::memory::MemoryReplayLog;
//!
//! # mod tests { use super::MemoryReplayLog;
//! sso_core::replay_log_tests!(async || (MemoryReplayLog::default(), ()));
//! # }
//! # fn main() {}
//! ```
//!
//! The opening closure answers a fresh, empty store and a guard (a temporary folder, a running
//! server, or `()`) that is dropped after the case. The suites bring their own executor.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod clock;
mod fake_idp;
pub mod replay_log;
pub mod session_store;
pub mod user_directory;

pub use clock::ManualClock;
pub use fake_idp::{
    FakeAssertion, FakeAuthn, FakeConfirmation, FakeIdp, FakeLogoutRequest, FakeLogoutResponse,
    FakeNameId, FakeRequest, FakeResponse, KeyKind, Place, ReceivedLogout, Signed,
};

use std::sync::{Arc, Barrier};
use std::thread;

use futures_executor::block_on;

use crate::UnixTime;

/// Noon of a day that all suites agree on: 2027-01-15T12:00:00Z.
pub const NOON: UnixTime = UnixTime::from_secs(1_800_014_400);

/// How many threads a suite lets loose on one key.
pub const RACERS: usize = 8;

/// Runs `call` on [`RACERS`] threads at once and answers what each got.
fn race<S: ?Sized + Send + Sync, T: Send>(
    store: &Arc<S>,
    call: impl AsyncFn(&S) -> T + Sync,
) -> Vec<T> {
    let start = Barrier::new(RACERS);
    thread::scope(|scope| {
        let run = || {
            start.wait();
            block_on(call(store))
        };
        let threads: Vec<_> = (0..RACERS).map(|_| scope.spawn(run)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("a racer panicked"))
            .collect()
    })
}

//! Servers of one domain and their hub, as programs of their own, and people who sign in.
#![cfg(unix)]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[cfg(feature = "system-tests")]
mod acme;
#[cfg(feature = "system-tests")]
mod authority;
#[cfg(feature = "system-tests")]
mod balancer;
mod brings;
#[path = "../server/browser.rs"]
mod browser;
mod certificates;
#[path = "../demo/client.rs"]
mod client;
mod deletion;
mod domain;
#[cfg(feature = "dangerous-test-builds")]
mod downgrade;
mod formats;
mod goodbye;
mod hostname;
mod hubs;
#[cfg(feature = "system-tests")]
mod leaving;
mod private;
mod process;
mod recover;
#[cfg(feature = "system-tests")]
mod steady;
mod stories;
#[cfg(feature = "system-tests")]
mod token;
#[cfg(feature = "dangerous-test-builds")]
mod versions;

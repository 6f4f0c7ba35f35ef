//! The link over HTTPS reaches a hub, and says why if it does not.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod authority;
mod direct;
mod hub;
#[cfg(feature = "system-tests")]
mod programs;
#[cfg(feature = "system-tests")]
mod proxies;
#[cfg(feature = "system-tests")]
#[path = "../servers/unprivileged.rs"]
mod unprivileged;

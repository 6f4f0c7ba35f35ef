//! The link over HTTPS reaches a hub, and says why if it does not.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]
#![cfg_attr(
    feature = "system-tests",
    expect(
        clippy::panic,
        clippy::print_stderr,
        reason = "a test fails by panicking, and shows what servers say"
    )
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
#[expect(dead_code, reason = "other servers say when they are ready")]
mod unprivileged;

//! The server, asked as browsers, proxies and attackers ask it.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[cfg(target_os = "linux")]
mod address;
mod attacks;
mod bad_input;
mod browser;
mod concurrency;
mod forward_auth;
mod headers;
mod limits;
#[cfg(unix)]
mod program;
mod server;
mod shutdown;
mod sign_in;
mod sign_out;
mod status;
#[cfg(unix)]
mod supervised;
#[cfg(unix)]
#[path = "../support/supervisor.rs"]
mod supervisor;

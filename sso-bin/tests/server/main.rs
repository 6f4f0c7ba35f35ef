//! The server, asked as browsers, proxies and attackers ask it.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

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

//! The hub as a program, asked as servers, administrators, operators and strangers ask it.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod client;
mod founder;
mod hub;
mod limits;
mod operator;
#[cfg(feature = "system-tests")]
mod postgres;
#[cfg(unix)]
mod program;
mod restart;
mod serves;
#[cfg(unix)]
mod supervised;
#[cfg(unix)]
#[path = "../support/supervisor.rs"]
mod supervisor;
mod waits;

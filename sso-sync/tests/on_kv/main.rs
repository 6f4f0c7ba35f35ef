//! Domains on single keys keep their promises under every order of steps and at every crash.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and says what it did"
)]

mod basics;
mod content;
mod crashes;
mod journal;
mod orders;
mod schedule;
mod seeds;
mod steps;

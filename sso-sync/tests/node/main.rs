//! Servers of a domain and their hub, in whole conversations on a paused clock.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod away;
mod configuration;
mod embed;
mod fills;
mod follows;
mod tells;
mod world;
mod writes;

//! Servers of a domain and their hub, in whole conversations on a paused clock.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod away;
mod brings;
mod configuration;
mod embed;
mod ends;
mod fills;
mod follows;
mod forks;
mod lies;
mod server;
#[cfg(feature = "sqlite")]
mod sqlite;
mod storms;
mod tells;
#[cfg(feature = "dangerous-test-builds")]
mod versions;
mod wire;
mod world;
mod writes;

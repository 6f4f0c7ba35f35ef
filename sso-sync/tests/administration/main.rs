//! Administrators at work, against a hub in memory: every flow, every refusal, interrupted
//! anywhere, and a hub that lies.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test helpers outside of test functions"
)]

mod account;
mod at_once;
mod configuration;
mod deletion;
mod enrol;
mod found;
mod interrupted;
mod lies;
mod link;
mod people;
mod servers;
mod session;
mod sign_in;
mod spawned;
mod strangers;
mod tokens;
mod upgrade;
mod world;

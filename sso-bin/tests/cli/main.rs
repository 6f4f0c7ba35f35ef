//! The command line of servers that belong to a domain: what people type and see, against a hub in
//! memory.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test helpers outside of test functions"
)]

mod account;
mod certificate;
mod config;
mod deletion;
mod enrol;
mod found;
mod hostname;
mod people;
mod refusals;
mod retire;
mod servers;
mod world;

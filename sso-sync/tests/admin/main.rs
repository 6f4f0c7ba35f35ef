//! Administrators and a hub, in memory: whole exchanges, and what is refused.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test helpers outside of test functions"
)]

mod desk;
mod indistinguishable;
mod messages;
mod registration;
mod second_factor;
mod sign_in;
mod throttle;
mod vectors;
mod world;

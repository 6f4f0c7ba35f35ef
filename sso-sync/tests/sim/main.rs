//! Clusters that a seed makes and torments, and what holds whatever happens: one invariant a file.
//!
//! Every run takes fresh seeds, and a seed that fails prints the command that repeats it.
//! `SSO_SIM_SEEDS=1000` tries more of them.
#![expect(
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and says with which seed"
)]

mod after_a_fork;
mod bug;
mod caught;
mod cluster;
mod convergence;
mod history;
mod member;
mod never_an_older_configuration;
mod no_acknowledged_write_lost;
mod no_plaintext_at_the_hub;
mod one_secret_per_user;
mod rest;
mod road;
mod seeds;
#[expect(dead_code, reason = "the conversations of single servers need more")]
#[path = "../node/server.rs"]
mod server;
mod set_equality_at_rest;
mod steps;
mod versions;
#[expect(dead_code, reason = "the conversations of single servers need more")]
#[path = "../node/wire.rs"]
mod wire;
#[expect(dead_code, reason = "the conversations of single servers need more")]
#[path = "../node/world.rs"]
mod world;

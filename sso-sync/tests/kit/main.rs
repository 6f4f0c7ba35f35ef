//! The kit catches stores that break their contract, each with the case that is about it.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod domain;
mod domain_model;

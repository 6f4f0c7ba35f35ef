//! The whole way from a message to what is believed of it, or to the code that refuses it.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and helpers are tests too"
)]

mod logout;

//! The store in a PostgreSQL database keeps the promises of both levels.
//!
//! A release that raises the version of the tables adds a file of its own to `data/postgres/`,
//! which `SSO_SYNC_WRITES_KNOWN=tests/data/postgres/vN.sql .ci/with-servers cargo test -p sso-sync
//! --features postgres,system-tests --test postgres known` writes.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "test helpers"
)]

mod encrypted;
mod known;
mod lost;
mod opening;
mod place;
mod pooled;
#[path = "../servers/mod.rs"]
mod servers;
mod several;
mod tables;

mod level_1 {
    sso_sync::kv_store_tests!(crate::place::Schema);
}

mod level_2 {
    sso_sync::domain_store_tests!(crate::place::Schema);
}

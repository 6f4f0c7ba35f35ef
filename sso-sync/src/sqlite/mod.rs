//! What everything that keeps a SQLite file has in common: how it is opened, threads that own the
//! connections, transactions that several writers share, errors that are sorted.
//!
//! An answer is given only after the change would survive a power failure (write-ahead log,
//! `synchronous = FULL`).

mod connect;
mod error;
mod group;
#[cfg(feature = "dangerous-test-builds")]
mod pretended;
mod schema;
mod worker;

pub(crate) use connect::{
    check_for_damage, check_for_damage_in, check_thoroughly, connect, connect_draft,
    connect_lasting_draft, create_private, private, remove, remove_side_files, sync_folder,
    with_end,
};
pub(crate) use error::Failure;
pub use error::OpenError;
#[cfg(feature = "dangerous-test-builds")]
pub use pretended::dangerously_add_a_schema;
#[cfg(feature = "dangerous-test-builds")]
pub(crate) use pretended::pretended;
pub(crate) use schema::{Access, Tables, look, migrate};
pub(crate) use worker::Worker;

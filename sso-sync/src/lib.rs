//! What a server of an SSO domain remembers, and how servers come to know the same.
//!
//! [`local::LocalStore`] keeps users and their secrets, used assertions and ended sessions in one
//! SQLite file on one machine. [`store`] is storage that others can write: what a hub keeps of
//! every domain, on a backend of choice.
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

pub mod docs;
#[cfg(feature = "sqlite")]
pub mod local;
#[cfg(feature = "sqlite")]
mod sqlite;
pub mod store;
#[cfg(feature = "testkit")]
pub mod testkit;

//! What a server of an SSO domain remembers: users and their secrets, used assertions, ended
//! sessions.
//!
//! [`local::LocalStore`] keeps all of it in one SQLite file on one machine.
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

pub mod local;

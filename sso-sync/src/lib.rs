//! What a server of an SSO domain remembers, and how servers come to know the same.
//!
//! [`local::LocalStore`] keeps users and their secrets, used assertions and ended sessions in one
//! SQLite file on one machine. [`store`] is storage that others can write: what a hub keeps of
//! every domain, on a backend of choice.
//!
//! How servers come to know the same through a hub that can read nothing is specified in
//! [`docs::protocol`]. [`seal`], [`chain`] and [`feed`] are its decisions, without I/O; [`wire`] is
//! what servers and hub say to each other, [`hub`] is the hub as a service without sockets, and
//! [`link`] how it is reached. [`mirror`] is a server's own copy of its domain on its own disk.
//! [`node`] is what a server decides, and [`status`] what it tells the others. [`admin`] is how an
//! administrator signs in to the hub, and [`administration`] everything that one does there.
//! [`keeper`] is how a server keeps its own keys, [`backup`] a domain in one sealed file.
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

pub mod admin;
pub mod administration;
pub mod backup;
mod cbor;
pub mod chain;
mod digest;
pub mod docs;
pub mod driver;
pub mod embed;
pub mod feed;
pub mod hub;
pub mod keeper;
pub mod link;
#[cfg(feature = "sqlite")]
pub mod local;
pub mod mirror;
pub mod node;
pub mod seal;
mod sets;
#[cfg(feature = "sqlite")]
mod sqlite;
pub mod status;
pub mod store;
#[cfg(feature = "testkit")]
pub mod testkit;
#[cfg(test)]
mod vectors;
pub mod wire;

pub use digest::Digest;

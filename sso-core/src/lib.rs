//! SAML 2.0 sign-in for a service: verification, users, sessions.
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

pub mod cert;
pub mod clock;
pub mod config;
pub mod cookie;
mod digest;
pub mod memory;
mod random;
pub mod saml;
pub mod seal;
pub mod session;
pub mod signature;
mod store_error;
#[cfg(feature = "testkit")]
pub mod testkit;
pub mod user;
pub mod xml;

pub use clock::{Clock, SystemClock, UnixTime};
pub use store_error::{BoxError, StoreError};

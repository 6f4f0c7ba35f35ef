//! SAML 2.0 sign-in for a service: verification, users, sessions.
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

pub mod clock;
mod digest;
mod random;
pub mod saml;
pub mod session;
pub mod signature;
mod store_error;
pub mod user;
pub mod xml;

pub use clock::{Clock, SystemClock, UnixTime};
pub use store_error::{BoxError, StoreError};

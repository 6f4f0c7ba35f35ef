//! SAML 2.0 sign-in for a service: verification, users, sessions.
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

pub mod cert;
pub mod clock;
pub mod config;
pub mod cookie;
mod digest;
pub mod login;
pub mod logout;
pub mod memory;
mod random;
pub mod saml;
pub mod seal;
pub mod session;
pub mod signature;
pub mod sso;
mod store_error;
#[cfg(feature = "testkit")]
pub mod testkit;
pub mod user;
pub mod xml;

pub use clock::{Clock, SystemClock, UnixTime};
pub use sso::{Sso, SsoBuilder};
pub use store_error::{BoxError, StoreError};

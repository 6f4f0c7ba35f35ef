//! SAML 2.0 sign-in for a service: verification, users, sessions. No sockets, no files, no runtime.
//!
//! A host hands over what its HTTP stack received, and gets what to answer:
//!
//! ```
//! use std::sync::Arc;
//!
//! use sso_core::config::document::{IdentityProviderDocument, SharedConfigDocument};
//! use sso_core::config::{FixedConfig, Problems};
//! use sso_core::login::{AcsPost, BrowserStep, LoginStart};
//! use sso_core::memory::MemoryUserDirectory;
//! use sso_core::seal::SealingKeys;
//! use sso_core::{Clock, Sso, SystemClock};
//!
//! fn connect(metadata: &str) -> Result<Sso, Problems> {
//!     let mut document = SharedConfigDocument::new("https://app.example.com");
//!     document.identity_providers.push(IdentityProviderDocument::new("work", metadata));
//!     let config = Arc::new(FixedConfig::new(document.check(SystemClock.now())?));
//!     let users = Arc::new(MemoryUserDirectory::default());
//!     Ok(Sso::builder(config, SealingKeys::random(), users).build())
//! }
//!
//! /// `GET /sso-connect/saml/login`
//! async fn login(sso: &Sso, cookies: Option<&str>) -> Option<String> {
//!     let begun = sso.begin_login(&LoginStart::new().to("/wiki"), cookies).await.ok()?;
//!     match begun.step {
//!         BrowserStep::Redirect(url) => Some(url), // with the cookies in `begun.cookies`
//!         _ => None,
//!     }
//! }
//!
//! /// `POST /sso-connect/saml/sso`
//! async fn finish(sso: &Sso, post: AcsPost<'_>, cookies: Option<&str>) -> String {
//!     match sso.finish_login(&post, cookies).await {
//!         Ok(signed_in) => format!("303 See Other, {}", signed_in.destination),
//!         Err(failed) => format!("403 Forbidden, {:?}", failed.rejection.class()),
//!     }
//! }
//! ```
//!
//! [`docs::howto_embed`] goes on from here; [`docs::defaults`] says why each default is what it is,
//! [`docs::attacks`] what is refused where.
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

pub mod cert;
pub mod clock;
pub mod config;
pub mod cookie;
mod digest;
pub mod docs;
mod excerpt;
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
mod trustworthy;
pub mod user;
pub mod xml;

pub use clock::{Clock, SystemClock, UnixTime};
pub use sso::{Sso, SsoBuilder};
pub use store_error::{BoxError, StoreError};

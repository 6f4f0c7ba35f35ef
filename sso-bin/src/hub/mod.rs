//! The hub as a program: `sso_sync::hub` behind a listener, with what an operator needs.
//!
//! For the operator, [`docs`] says how to run one. In here, [`service`] is what strangers reach, [`inspection`] what only the operator reaches, and
//! [`wiring`] the only place that names concrete backends.

pub mod args;
mod audit;
mod authority;
mod error;
pub mod inspection;
mod intake;
pub mod keys;
mod metrics;
mod running;
mod self_check;
pub mod service;
pub mod settings;
mod sweep;
mod upkeep;
pub mod wiring;

#[doc = include_str!("../docs/run_a_hub.md")]
pub mod docs {}

pub use audit::AuditLog;
pub use authority::{Authority, AuthorityError};
pub use error::HubError;
pub use running::{Listeners, Running, start};

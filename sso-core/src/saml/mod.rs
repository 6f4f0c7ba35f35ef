//! The exchange with an identity provider: bytes → response → [`Verified`] assertion, and the
//! messages that we send.

mod account;
mod advice;
pub mod binding;
mod conditions;
mod context;
pub mod encryption;
pub mod instant;
pub mod logout;
pub mod metadata;
mod profile;
mod rejection;
pub(crate) mod replay;
mod request;
mod response;
mod verified;
mod verify;

pub use context::{Comparison, RequestedContext};
pub use rejection::{Rejection, RejectionClass};
pub use replay::{ReplayKey, ReplayLog, Sighting};
pub use request::{AuthnRequest, PendingRequest, RequestOptions};
pub use response::{Assertion, AuthnStatement, NameId};
pub use verified::Verified;
pub use verify::Verifier;

/// The namespace of assertions.
pub const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";

/// The namespace of the protocol.
pub const SAMLP: &str = "urn:oasis:names:tc:SAML:2.0:protocol";

/// A new identifier of a message: 160 random bits, as SAML Core 1.3.4 recommends.
fn random_id() -> String {
    format!("_{}", crate::random::hex::<20>())
}

//! SAML metadata: what an identity provider says of itself.
//!
//! [`IdpMetadata::parse`] reads the provider's description. It looks at namespaces, where readers
//! that go by local names can be led astray, and refuses what would leave a provider half
//! configured: no key, no endpoint, somebody else's role.

mod endpoint;
mod error;
mod idp;

pub use endpoint::{Binding, Endpoint};
pub use error::MetadataError;
pub use idp::{IdpMetadata, SigningCertificate};

/// The namespace of SAML metadata (SAML Metadata 2.1).
pub const MD: &str = "urn:oasis:names:tc:SAML:2.0:metadata";

/// What `protocolSupportEnumeration` says of a role that speaks SAML 2.0.
const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";

#[cfg(test)]
mod tests;

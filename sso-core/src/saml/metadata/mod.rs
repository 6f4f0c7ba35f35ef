//! SAML metadata: what an identity provider says of itself, and what we say of us.
//!
//! [`IdpMetadata::parse`] reads the provider's description. It looks at namespaces, where readers
//! that go by local names can be led astray, and refuses what would leave a provider half
//! configured: no key, no endpoint, somebody else's role. `ServiceProviderMetadata`, behind the
//! feature `samael`, is the other direction.

mod endpoint;
mod error;
mod idp;
#[cfg(feature = "samael")]
mod publish;
mod reduce;
mod signed;

pub use endpoint::{Binding, Endpoint};
pub use error::MetadataError;
pub use idp::{IdpMetadata, SigningCertificate};
#[cfg(feature = "samael")]
pub use publish::{PublishError, ServiceProviderMetadata};

/// The namespace of SAML metadata (SAML Metadata 2.1).
pub const MD: &str = "urn:oasis:names:tc:SAML:2.0:metadata";

/// What `protocolSupportEnumeration` says of a role that speaks SAML 2.0.
const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";

#[cfg(test)]
mod tests;

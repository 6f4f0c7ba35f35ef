//! Why metadata was refused.

use crate::UnixTime;
use crate::config::EntityIdError;
use crate::saml::instant::InstantError;
use crate::signature::{KeyError, SignatureError};
use crate::xml::XmlError;

/// Why a provider's metadata was refused.
///
/// `Display` is for the administrator who pasted it: it says what was found and what to do.
/// Programs get the [`code`](Self::code).
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// Two entities of one document have the same name.
    #[error("the entity {name} is described twice; ask the provider for metadata without copies")]
    DuplicateEntity {
        /// Its entity ID.
        name: String,
    },

    /// An entity has no usable name.
    #[error("the attribute entityID is missing or invalid: {0}")]
    EntityId(#[from] EntityIdError),

    /// The entity that was asked for is not in the document.
    #[error("there is no entity {expected} in it, but {found}; check the entity ID")]
    EntityNotFound {
        /// The entity ID that was asked for.
        expected: String,
        /// Those that are there.
        found: String,
    },

    /// The metadata was valid once.
    #[error("it expired on {since}; fetch it from the provider anew")]
    Expired {
        /// The end of its validity.
        since: UnixTime,
    },

    /// Messages would leave through an open line, or to something that is no web server.
    #[error("the location {found:?} is not https; ask the provider for an https endpoint")]
    InsecureLocation {
        /// The beginning of the location.
        found: String,
    },

    /// None of the keys can be used; this is what is wrong with the first.
    #[error("its signing key cannot be used: {0}")]
    Key(#[source] KeyError),

    /// The location of an endpoint is missing or no URL.
    #[error("the location {found:?} is not a URL")]
    Location {
        /// The beginning of the location.
        found: String,
    },

    /// There is nowhere to send a browser.
    #[error(
        "it has no SingleSignOnService for HTTP-Redirect or HTTP-POST; \
         enable one of the two at the provider"
    )]
    NoEndpoint,

    /// No entity of the document is an identity provider, or a service provider either.
    #[error("there is no identity provider for SAML 2.0 in it (no IDPSSODescriptor)")]
    NoIdentityProvider,

    /// Nothing could ever be verified.
    #[error(
        "it has no signing certificate (no KeyDescriptor for signing with an X509Certificate); \
         export metadata that includes the provider's certificate"
    )]
    NoSigningKey,

    /// It is XML, but not metadata.
    #[error("this is not SAML metadata: the document is {root:?}; paste the provider's metadata")]
    NotMetadata {
        /// Local name of the root element.
        root: String,
    },

    /// It describes a service like this one: the other side's half of the exchange.
    #[error("this is service provider metadata; paste the identity provider's")]
    ServiceProviderMetadata,

    /// It is not clear which provider is meant.
    #[error("there are several identity providers in it: {names}; choose one by its entity ID")]
    SeveralEntities {
        /// Their entity IDs, the first few of them.
        names: String,
    },

    /// The metadata's own signature does not hold; asked for by those who verify it.
    #[error("its signature is refused: {0}")]
    Signature(#[from] SignatureError),

    /// More keys than are tried for one signature.
    #[error("it has {found} signing keys, at most {max} are accepted; have old ones removed")]
    TooManyKeys {
        /// How many there are.
        found: usize,
        /// How many are accepted.
        max: usize,
    },

    /// The end of its validity cannot be read.
    #[error("the attribute validUntil cannot be read: {0}")]
    ValidUntil(#[source] InstantError),

    /// The signing key can be broken.
    #[error(
        "its signing key has {bits} bits, at least 2048 are needed; have the provider make a new one"
    )]
    WeakKey {
        /// The length of the RSA modulus.
        bits: usize,
    },

    /// It is not XML that we read.
    #[error("it cannot be read as XML: {0}")]
    Xml(#[from] XmlError),
}

impl MetadataError {
    /// The kind of error, stable and without any word of the document.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::DuplicateEntity { .. } => "md.duplicate_entity",
            Self::EntityId(_) => "md.entity_id",
            Self::EntityNotFound { .. } => "md.entity_not_found",
            Self::Expired { .. } => "md.expired",
            Self::InsecureLocation { .. } => "md.insecure_location",
            Self::Key(_) => "md.key",
            Self::Location { .. } => "md.location",
            Self::NoEndpoint => "md.no_endpoint",
            Self::NoIdentityProvider => "md.no_identity_provider",
            Self::NoSigningKey => "md.no_signing_key",
            Self::NotMetadata { .. } => "md.not_metadata",
            Self::ServiceProviderMetadata => "md.service_provider",
            Self::SeveralEntities { .. } => "md.several_entities",
            Self::Signature(error) => error.code(),
            Self::TooManyKeys { .. } => "md.too_many_keys",
            Self::ValidUntil(_) => "md.valid_until",
            Self::WeakKey { .. } => "md.weak_key",
            Self::Xml(_) => "md.xml",
        }
    }
}

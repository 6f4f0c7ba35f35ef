//! What all servers of a domain share: the service, whom it believes, its keys and its limits.
//!
//! [`SharedConfig`] is put together by its builder, or read from a [`SharedConfigDocument`] that an
//! administrator wrote. Both check it as a whole; nothing else makes one.

mod acme;
mod attribute_map;
mod check;
mod destinations;
pub mod document;
mod duration;
mod entity_id;
pub mod fields;
mod identity_provider;
mod keys;
mod private_keys;
mod problem;
mod provider_parts;
mod rollover;
pub mod service;
mod shared;
mod source;
mod tls;

pub use acme::{AcmeChallenge, AcmeSettings};
pub use attribute_map::AttributeMap;
pub use destinations::{Destination, DestinationRefused, Destinations, OriginError};
pub use document::SharedConfigDocument;
pub use entity_id::{EntityId, EntityIdError};
pub use fields::Fields;
pub use identity_provider::{DangerousIdentityProvider, IdentityProvider};
pub use keys::SamlKeys;
pub use private_keys::{NoPrivateKeys, PrivateKeys};
pub use problem::{Problem, Problems};
pub use provider_parts::{
    IdentityProviderError, IdpName, ProviderState, Provisioning, SignedPart, SubjectSource,
    Unsolicited,
};
pub use service::{Service, ServiceError};
pub use shared::{ConfigError, SharedConfig, SharedConfigBuilder};
pub use source::{ConfigSource, FixedConfig};
pub use tls::{TlsKeyPair, TlsKeyPairError};

pub(crate) use shared::LONGEST_SESSION;

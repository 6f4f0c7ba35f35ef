//! What all servers of a domain share.

mod attribute_map;
mod destinations;
mod entity_id;
mod identity_provider;
pub mod service;

pub use attribute_map::AttributeMap;
pub use destinations::{Destination, DestinationRefused, Destinations, OriginError};
pub use entity_id::{EntityId, EntityIdError};
pub use identity_provider::{
    DangerousIdentityProvider, IdentityProvider, IdentityProviderError, IdpName, ProviderState,
    Provisioning, SignedPart, SubjectSource, Unsolicited,
};
pub use service::{Service, ServiceError};

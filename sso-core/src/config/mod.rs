//! What all servers of a domain share.

mod destinations;
mod entity_id;
pub mod service;

pub use destinations::{Destination, DestinationRefused, Destinations, OriginError};
pub use entity_id::{EntityId, EntityIdError};
pub use service::{Service, ServiceError};

//! What makes a server one of a domain: what is in its data folder, the way to its hub, and who
//! signs in there.

mod address;
mod hubs;
mod settings;
mod trouble;
mod vault;

pub use address::{HubAddress, Proxy};
pub use hubs::{Hubs, RealHubs, program};
pub use settings::{DomainSettings, DomainSettingsError};
pub use vault::Vault;

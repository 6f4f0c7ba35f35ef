#![doc = include_str!("../docs/servers_of_a_domain.md")]

mod address;
mod hubs;
mod settings;
mod trouble;
mod vault;

pub use address::{HubAddress, Proxy};
pub use hubs::{Hubs, RealHubs};
pub use settings::{DomainSettings, DomainSettingsError};
pub use vault::Vault;

//! What a server of a domain decides: events in, actions out. No sockets, no disk, no clock.
//!
//! Sockets, disks and time belong to who drives it.

mod configurations;
mod records;
mod settings;
mod status;

pub use configurations::Configurations;
pub use records::{Held, Put, Records};
pub use settings::NodeSettings;
pub use status::{Away, Frozen, NodeStatus, Phase, Progress};

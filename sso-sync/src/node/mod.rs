//! What a server of a domain decides: events in, actions out. No sockets, no disk, no clock.
//!
//! Each file is one decision; sockets, disks and time belong to who drives them.

mod alarm;
mod configurations;
pub(crate) mod decide;
pub(crate) mod gather;
pub(crate) mod hearing;
pub(crate) mod join;
pub(crate) mod membership;
pub(crate) mod offer;
pub(crate) mod pace;
pub(crate) mod phase;
pub(crate) mod rate;
mod records;
mod settings;
mod status;
pub(crate) mod unlock;
#[cfg(test)]
mod upgrades;

pub use alarm::Alarm;
pub use configurations::Configurations;
pub use records::{Held, Put, Records};
pub use settings::NodeSettings;
pub use status::{Away, Frozen, NodeStatus, Phase, Progress};

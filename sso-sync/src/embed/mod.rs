//! What a host links: configuration, users and sign-outs that all servers of a domain share.
//!
//! [`ReplicatedConfig`] is told of every revision by the node and gives the host a `ConfigSource`;
//! [`ReplicatedUsers`] is a `UserDirectory` over the node's records; [`SharedRevocations`] is a
//! `SessionStore` that hears of the sign-outs at other servers; [`SharedSessionKeys`] make a session
//! worth something at all of them. [`keep_sessions`] is the task that keeps both in step.

mod config;
mod document;
mod revocations;
mod sessions;
mod users;

pub use config::{ActiveConfig, ConfigInForce, ReplicatedConfig};
pub use document::NotText;
pub use revocations::SharedRevocations;
pub use sessions::{SharedSessionKeys, keep_sessions};
pub use users::ReplicatedUsers;

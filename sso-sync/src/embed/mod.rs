//! What a host links: configuration, users and sign-outs that all servers of a domain share.
//!
//! [`ReplicatedConfig`] is told of every revision by the node and gives the host a `ConfigSource`;
//! [`ReplicatedUsers`] is a `UserDirectory` over the node's records; [`SharedRevocations`] is a
//! `SessionStore` that hears of the sign-outs at other servers; [`SharedSessionKeys`] make a session
//! worth something at all of them. [`keep_sessions`] is the task that keeps both in step.
//! [`bring_along`] makes a user one of the domain who existed before, with id and secret.
//! [`SharedHistory`] lets sessions carry what a server holds, so that a hub that shows servers
//! different histories is found out.
//!
//! ```no_run
//! use std::error::Error;
//! use std::sync::Arc;
//!
//! use sso_core::memory::MemorySessionStore;
//! use sso_core::{Sso, SystemClock};
//! use sso_sync::driver::Node;
//! use sso_sync::embed::{ReplicatedConfig, ReplicatedUsers, SharedRevocations, SharedSessionKeys, keep_sessions, keep_told};
//! use sso_sync::link::HubClient;
//! use sso_sync::mirror::Mirror;
//! use sso_sync::node::{NodeSettings, Records as _};
//! use sso_sync::seal::MemberKeys;
//!
//! /// A server that is enrolled: its keys, its copy of the domain, and the way to the hub.
//! async fn host(
//!     keys: Arc<MemberKeys>,
//!     mirror: Mirror,
//!     client: HubClient,
//! ) -> Result<Sso, Box<dyn Error>> {
//!     let configuration = ReplicatedConfig::new(Arc::new(SystemClock));
//!     let settings = NodeSettings::new("sso1", "1.0.0");
//!     let taken = Arc::new(configuration.clone());
//!     let node = Node::start(settings, keys, mirror, client, taken).await?;
//!
//!     // Sign-outs of this server; on a disk they outlive a restart.
//!     let local = Arc::new(MemorySessionStore::default());
//!     let sign_outs = Arc::new(SharedRevocations::new(local, Arc::new(SystemClock)));
//!     let session_keys = SharedSessionKeys::new(&node.ring())?;
//!     tokio::spawn({
//!         let (node, sign_outs, keys) = (node.clone(), Arc::clone(&sign_outs), session_keys.clone());
//!         async move { keep_sessions(&node, &sign_outs, &keys).await }
//!     });
//!
//!     let users = Arc::new(ReplicatedUsers::new(Arc::new(node)));
//!     let config = Arc::new(configuration.first().await);
//!     Ok(Sso::builder(config, session_keys, users).session_store(sign_outs).build())
//! }
//! ```

mod bring;
mod config;
mod document;
mod history;
mod revocations;
mod sessions;
mod users;

pub use bring::{Arrival, bring_along};
pub use config::{ActiveConfig, ConfigInForce, ReplicatedConfig};
pub use document::NotText;
pub use history::SharedHistory;
pub use revocations::{DurableRevocations, SharedRevocations};
pub use sessions::{SharedSessionKeys, keep_sessions, keep_told};
pub use users::ReplicatedUsers;

//! A server that belongs to a domain: its node, and what comes from it.
//!
//! The configuration in force, the users, the keys of sessions and the sign-outs at other servers
//! come from the node; used assertions and its own sign-outs stay in the local database. The node
//! serves from its own copy whatever the hub does.

mod certificate;
mod configurations;
mod controlled;
mod former;
mod former_names;
mod people;
mod traffic;

use std::sync::{Arc, OnceLock};

use sso_core::session::{History, SessionStore};
use sso_core::{Clock, SystemClock};
use sso_sync::driver::Node;
use sso_sync::embed::{
    DurableRevocations, ReplicatedUsers, SharedHistory, SharedRevocations, SharedSessionKeys,
    keep_sessions, keep_told,
};
use sso_sync::link::HubClient;
use sso_sync::mirror::{Mirror, Place};
use sso_sync::node::{NodeStatus, Records as _};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::acme::{NoteShelf, Shelf};
use crate::control::Control;
use crate::current_config::CurrentConfig;
use crate::data_dir::DataDir;
use crate::domain::{DomainSettings, Hubs as _, RealHubs, Vault};
use crate::failure::Failure;
use crate::http::App;
use crate::local_settings::LocalSettings;
use crate::token::TokenKeys;

pub use configurations::Configuration;
pub(crate) use former::LONGEST as LONGEST_SESSION;

use certificate::OtherServers;
use controlled::Door;

/// A server that belongs to a domain, at work.
#[derive(Debug)]
pub struct Member {
    node: Node,
    configuration: Configuration,
    revocations: Arc<SharedRevocations>,
    door: Arc<Door>,
    control: Control,
    session_keys: SharedSessionKeys,
    history: Arc<SharedHistory>,
    identity: (String, String),
    shelf: Arc<dyn Shelf>,
    tasks: [JoinHandle<()>; 4],
    former_names: OnceLock<JoinHandle<()>>,
}

impl Member {
    /// Starts the node of this data folder on its own copy of the domain. It asks the hub in the
    /// background, and needs no answer to begin.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if the keys do not unseal, or the copy cannot be used.
    pub async fn start(
        dir: &DataDir,
        (settings, local): (&DomainSettings, &LocalSettings),
        place: Arc<dyn Place>,
        sign_outs: Arc<dyn DurableRevocations>,
    ) -> Result<Self, Failure> {
        let unusable = |error: &dyn std::fmt::Display| not_started(dir, error);
        let domain = settings.domain_id();
        let domain = domain.ok_or_else(|| unusable(&"domain.toml names no domain"))?;
        let vault = Vault::open(dir)?;
        let keys = vault.node_keys(domain).await?;
        let keys = Arc::new(keys.ok_or_else(|| unusable(&"keys/node.sealed is missing"))?);
        let mirror = Mirror::open(place, domain).await;
        let mirror = mirror.map_err(|error| unusable(&error))?;
        let link = RealHubs.link(&settings.address()?)?;
        let client = HubClient::new(link, domain, Arc::clone(&keys));
        let configuration = Configuration::new(Arc::new(SystemClock), TokenKeys::load(dir)?);
        let told = crate::version::node_settings(&settings.server)
            .address(local.shown_address.clone().unwrap_or_default())
            .key_protection(vault.protection().to_string());
        let taken = Arc::new(configuration.clone());
        let node = Node::start(told, keys, mirror, client, taken).await;
        let node = node.map_err(|error| unusable(&error))?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let revocations = Arc::new(SharedRevocations::durable(sign_outs, clock));
        let session_keys = SharedSessionKeys::new(&node.ring());
        let session_keys = session_keys.map_err(|error| unusable(&error))?;
        let former = former::open(dir, settings, &session_keys)?;
        let history = Arc::new(SharedHistory::new(node.clone()));
        let compared = compare(Arc::clone(&history));
        let sessions = keep(node.clone(), Arc::clone(&revocations), session_keys.clone());
        let (served, issued) = watch::channel(None);
        let certificates =
            configurations::tell(node.clone(), configuration.clone(), issued.clone());
        let others = Arc::new(OtherServers::new(node.clone(), served));
        let shelf: Arc<dyn Shelf> = Arc::new(NoteShelf::new(Arc::new(node.clone()), others));
        let door = Arc::new(Door::new(
            dir.clone(),
            node.clone(),
            settings.clone(),
            vault.protection(),
            (Arc::clone(&shelf), issued),
        ));
        Ok(Self {
            control: Control::start(dir, door.clone())?,
            tasks: [
                tokio::spawn(sessions),
                tokio::spawn(certificates),
                tokio::spawn(former),
                tokio::spawn(compared),
            ],
            former_names: OnceLock::new(),
            identity: (node.id().to_string(), settings.server.clone()),
            shelf,
            session_keys,
            configuration,
            history,
            revocations,
            door,
            node,
        })
    }

    /// The configuration of the domain, as soon as it has one.
    pub async fn configuration(&self) -> Arc<CurrentConfig> {
        self.configuration.first().await
    }

    /// Is told of every configuration that comes into force.
    #[must_use]
    pub const fn configurations(&self) -> &Configuration {
        &self.configuration
    }

    /// The users of the domain.
    #[must_use]
    pub fn users(&self) -> ReplicatedUsers {
        ReplicatedUsers::new(Arc::new(self.node.clone()))
    }

    /// The keys of sessions, which all servers of the domain have.
    #[must_use]
    pub fn session_keys(&self) -> SharedSessionKeys {
        self.session_keys.clone()
    }

    /// The sign-outs of all servers.
    #[must_use]
    pub fn sign_outs(&self) -> Arc<dyn SessionStore> {
        Arc::clone(&self.revocations) as Arc<dyn SessionStore>
    }

    /// What sessions tell the servers about each other.
    #[must_use]
    pub fn history(&self) -> Arc<dyn History> {
        Arc::clone(&self.history) as Arc<dyn History>
    }

    /// What the servers know together about the certificate that an authority issues by itself.
    #[must_use]
    pub fn shelf(&self) -> Arc<dyn Shelf> {
        Arc::clone(&self.shelf)
    }

    /// The id of this server, and its name for people.
    #[must_use]
    pub fn identity(&self) -> (String, String) {
        self.identity.clone()
    }

    /// How the server keeps up.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<NodeStatus> {
        self.node.status()
    }

    /// People can sign in from now on.
    pub fn serves(&self, app: App) {
        self.door.opened(app.clone());
        let told = former_names::tell(self.node.clone(), self.configuration.clone(), app);
        // Nobody opens twice.
        let _ = self.former_names.set(tokio::spawn(told));
    }

    /// Waits until the hub has everything that this server keeps for it; not if it is away.
    pub async fn handed_over(&self) {
        let mut status = self.node.status();
        let nothing = |status: &NodeStatus| status.waiting == 0 || status.away.is_some();
        // It ends only with the node.
        let _ = status.wait_for(nothing).await;
    }

    /// Stops, and finishes what is being kept. `control.json` goes last: without it the files are
    /// nobody's, and may be read and destroyed.
    pub async fn stop(self) {
        let tasks = self.tasks.iter().chain(self.former_names.get());
        tasks.for_each(JoinHandle::abort);
        if let Err(error) = keep_told(&self.node, &self.revocations).await {
            // They are told by what is kept of before, then.
            tracing::warn!(%error, "what this server told of sign-outs last is not kept");
        }
        self.node.stop().await;
        self.control.stop();
    }
}

async fn keep(node: Node, revocations: Arc<SharedRevocations>, keys: SharedSessionKeys) {
    keep_sessions(&node, &revocations, &keys).await;
}

async fn compare(history: Arc<SharedHistory>) {
    history.compare().await;
}

fn not_started(dir: &DataDir, error: &dyn std::fmt::Display) -> Failure {
    Failure::refused(
        format!("this server's part in its domain cannot begin: {error}"),
        format!(
            "ls -l {0}; if files are lost, enrol the server anew in an empty folder: sso-connect enrol",
            dir.root().display()
        ),
    )
}

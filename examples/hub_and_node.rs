//! Two servers of one domain and their hub, in one process that links `sso-sync`:
//! `cargo run --example hub_and_node`. Elsewhere `HttpsLink` takes the place of `DirectLink`.

use sso_core::config::{ConfigSource as _, Fields};
use sso_core::user::{AccountKey, Profile, UserDirectory as _};
use sso_core::{Sso, SystemClock, memory::MemorySessionStore, sso::SsoBuilder};
use sso_sync::administration::Administrator;
use sso_sync::embed::{ReplicatedConfig, ReplicatedUsers};
use sso_sync::embed::{SharedRevocations, SharedSessionKeys, keep_sessions};
use sso_sync::link::{HubClient, Link};
use sso_sync::mirror::{Mirror, SqlitePlace};
use sso_sync::{driver::Node, node::NodeSettings, node::Records as _, seal::MemberKeys};
use std::{error::Error, path::Path, sync::Arc};

#[path = "hub_and_node/hub.rs"]
mod hub;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "shows what happens")]
async fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let (link, mut alice) = hub::found("example").await?;
    let one = Server::join("one", &mut alice, &link, folder.path()).await?;
    let two = Server::join("two", &mut alice, &link, folder.path()).await?;

    let settings = Fields::new().with("base_url", "https://app.example.com");
    alice.save(0, &settings.into()).await?;
    for server in [&one, &two] {
        let signed_in = server.sso().await.build().session(None).await?;
        let config = server.config.first().await.current();
        println!("{}, signed in: {signed_in:?}", config.service().base_url());
    }

    let bob = AccountKey::new("https://idp.example.com", "", "bob@example.com");
    let made = one.users.create(&bob, &Profile::default()).await?;
    println!("one made {}", made.into_user().id);
    // News comes by itself, a moment later; this does not wait for it.
    two.node.look().await?;
    let found = two.users.find(&bob).await?.ok_or("nobody")?;
    println!("two found {}", found.id);
    Ok(())
}

/// What of a server is kept in step with the others, for as long as it is there.
struct Server {
    node: Node,
    config: ReplicatedConfig,
    users: Arc<ReplicatedUsers>,
    session_keys: SharedSessionKeys,
    sign_outs: Arc<SharedRevocations>,
}

impl Server {
    /// A real one keeps its keys, sealed by `sso_sync::keeper`, before it enrols.
    async fn join(
        name: &str,
        by: &mut Administrator,
        link: &Arc<dyn Link>,
        folder: &Path,
    ) -> Outcome<Self> {
        let keys = Arc::new(MemberKeys::random()?);
        let enrolled = by.enrol(name, &keys).await?;
        let place = Arc::new(SqlitePlace::open(&folder.join(name))?);
        let mirror = Mirror::create(place, enrolled.domain, &enrolled.statements).await?;
        let client = HubClient::new(link.clone(), enrolled.domain, keys.clone());
        let config = ReplicatedConfig::new(Arc::new(SystemClock));
        let settings = NodeSettings::new(name, PROGRAM);
        let node = Node::start(settings, keys, mirror, client, Arc::new(config.clone())).await?;

        let session_keys = SharedSessionKeys::new(&node.ring())?;
        let local = Arc::new(MemorySessionStore::default());
        let sign_outs = Arc::new(SharedRevocations::new(local, Arc::new(SystemClock)));
        let users = Arc::new(ReplicatedUsers::new(Arc::new(node.clone())));
        let (kept, ended, keys) = (node.clone(), sign_outs.clone(), session_keys.clone());
        tokio::spawn(async move { keep_sessions(&kept, &ended, &keys).await });
        Ok(Self {
            node,
            config,
            users,
            session_keys,
            sign_outs,
        })
    }

    /// What the routes need, once there is a configuration: see `examples/embed_in_axum.rs`.
    async fn sso(&self) -> SsoBuilder {
        let config = Arc::new(self.config.first().await);
        let sso = Sso::builder(config, self.session_keys.clone(), self.users.clone());
        sso.session_store(self.sign_outs.clone())
    }
}

const PROGRAM: &str = "1.0.0";

#[cfg(test)]
#[path = "hub_and_node/tests.rs"]
mod tests;

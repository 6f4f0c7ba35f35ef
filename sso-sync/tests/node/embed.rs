//! What a host links, over running servers.

use std::sync::Arc;
use std::time::Duration;

use sso_core::memory::MemorySessionStore;
use sso_core::seal::SealingKeySource as _;
use sso_core::session::{Revocation, SessionStore as _};
use sso_core::user::{Profile, UserDirectory as _, UserId};
use sso_sync::Digest;
use sso_sync::embed::{ReplicatedUsers, SharedRevocations, SharedSessionKeys, keep_sessions};
use sso_sync::node::Records as _;
use tokio::task::JoinHandle;

use crate::server::Server;
use crate::world::{World, account, profile};

#[tokio::test(start_paused = true)]
async fn a_user_who_signed_up_at_one_server_is_known_at_another_by_account_and_id() {
    let world = World::with(&[1, 2]).await;
    let (one, other) = (world.start(1).await, world.start(2).await);
    one.until_level(&world).await;
    let [here, there] = [&one, &other].map(|it| ReplicatedUsers::new(Arc::new(it.node.clone())));
    let created = here.create(&account("alice"), &Profile::default()).await;
    let alice = created.unwrap().into_user();
    other.until_level(&world).await;
    assert_eq!(
        there.find(&account("alice")).await.unwrap(),
        Some(alice.clone())
    );
    assert_eq!(there.by_id(&alice.id).await.unwrap(), Some(alice.clone()));
    let again = there.create(&account("alice"), &Profile::default()).await;
    assert_eq!(again.unwrap().into_user(), alice);

    there.update(&alice.id, &profile("Alice")).await.unwrap();
    let mut known = here.by_id(&alice.id).await.unwrap().unwrap();
    for _ in 0..1000 {
        if known.profile == profile("Alice") {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        known = here.by_id(&alice.id).await.unwrap().unwrap();
    }
    assert_eq!(known.profile, profile("Alice"));
}

#[tokio::test(start_paused = true)]
async fn a_sign_out_is_heard_at_the_other_servers() {
    let world = World::with(&[1, 2]).await;
    let [one, other] = [1, 2].map(|number| Host::start(&world, number));
    let (one, other) = (one.await, other.await);
    one.server.until_level(&world).await;
    let now = world.clock.now();
    let ended = Revocation::User(UserId::random());
    let until = now.later(Duration::from_hours(8));
    one.revocations.revoke(&ended, now, until).await.unwrap();
    let mut heard = other.server.node.heard_revocations();
    let wanted = Digest::new(ended.digest());
    let patience = Duration::from_hours(1);
    let heard = heard.wait_for(|it| it.iter().any(|it| it.digest == wanted));
    let told = tokio::time::timeout(patience, heard)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(told.first().map(|it| it.until), Some(until.as_secs()));
}

#[tokio::test(start_paused = true)]
async fn keys_of_sessions_are_the_same_everywhere_and_change_when_a_server_is_revoked() {
    let mut world = World::with(&[1, 2, 3]).await;
    let (one, other) = (Host::start(&world, 1).await, Host::start(&world, 2).await);
    let before = seen(&one.keys);
    assert_eq!(seen(&other.keys), before);
    world.revoke(3).await;
    for host in [&one, &other] {
        host.server.until(|it| it.epoch == 2).await;
        for _ in 0..1000 {
            if seen(&host.keys) != before {
                break;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
    assert_ne!(seen(&one.keys), before);
    assert_eq!(seen(&one.keys), seen(&other.keys));
}

/// A server, and what its host keeps in step.
struct Host {
    server: Server,
    revocations: Arc<SharedRevocations>,
    keys: SharedSessionKeys,
    _task: JoinHandle<()>,
}

impl Host {
    async fn start(world: &World, number: u8) -> Self {
        let server = world.start(number).await;
        let local = Arc::new(MemorySessionStore::default());
        let revocations = SharedRevocations::new(local, Arc::clone(&world.clock));
        let (revocations, keys) = (
            Arc::new(revocations),
            SharedSessionKeys::new(&server.node.ring()).unwrap(),
        );
        let task = tokio::spawn({
            let (node, revocations, keys) =
                (server.node.clone(), Arc::clone(&revocations), keys.clone());
            async move { keep_sessions(&node, &revocations, &keys).await }
        });
        Self {
            server,
            revocations,
            keys,
            _task: task,
        }
    }
}

/// The names of the keys, which say nothing of what they are.
fn seen(keys: &SharedSessionKeys) -> String {
    format!("{:?}", keys.current())
}

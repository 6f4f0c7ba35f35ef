//! What a host links, over running servers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use sso_core::memory::MemorySessionStore;
use sso_core::seal::{SealingKeySource as _, SealingKeys};
use sso_core::session::{History as _, Revocation, Session, SessionStore};
use sso_core::user::{Profile, UserDirectory as _, UserId};
use sso_core::{StoreError, UnixTime};
use sso_sync::Digest;
use sso_sync::embed::{
    DurableRevocations, ReplicatedUsers, SharedHistory, SharedRevocations, SharedSessionKeys,
    keep_sessions,
};
use sso_sync::mirror::Place as _;
use sso_sync::node::Records as _;
use sso_sync::status::Revocation as Told;
use sso_sync::store::{Expect, KvStore as _};
use sso_sync::testkit::{DiskFault, MemoryPlace};
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
async fn what_is_heard_is_kept_and_what_was_told_is_told_again_after_a_restart() {
    let world = World::with(&[1, 2]).await;
    let kept = Arc::new(Kept::default());
    let other = Host::of(world.start(2).await, durable(&kept, &world));
    let one = Host::start(&world, 1).await;
    one.server.until_level(&world).await;
    let wanted = one.revoke_somebody(&world).await;
    eventually(|| kept.has(wanted)).await;
    drop(other);

    let place = one.stop().await;
    let server = world.restart(1, place).await;
    let again = Host::of(server, memory(&world));
    eventually(|| again.tells(wanted)).await;
}

#[tokio::test(start_paused = true)]
async fn what_was_told_is_told_again_once_a_disk_that_failed_at_the_start_can_be_read() {
    let world = World::with(&[1]).await;
    let one = Host::start(&world, 1).await;
    let before = one.revoke_somebody(&world).await;
    tokio::time::sleep(MINUTE).await;
    let place = one.stop().await;
    let server = world.restart(1, place.clone()).await;
    place.fail_after(0, DiskFault::DiesBefore);
    let facts = place.facts();
    let write = facts.put("a write", Bytes::new(), Expect::Absent).await;
    write.unwrap_err();
    let again = Host::of(server, memory(&world));
    let since = again.revoke_somebody(&world).await;
    tokio::time::sleep(MINUTE).await;
    assert!(again.tells(since) && !again.tells(before));

    place.heal();
    eventually(|| again.tells(before) && again.tells(since)).await;
    tokio::time::sleep(MINUTE).await;
    let place = again.stop().await;
    let third = world.restart(1, place).await;
    let third = Host::of(third, memory(&world));
    eventually(|| third.tells(before) && third.tells(since)).await;
}

#[tokio::test(start_paused = true)]
async fn a_browser_that_moves_between_servers_finds_a_hub_that_shows_them_different_histories() {
    let mut world = World::with(&[1, 2]).await;
    let (one, other) = (world.start(1).await, world.start(2).await);
    one.until_level(&world).await;
    other.until_level(&world).await;
    let aside = world.backup().await;
    let [here, there] = [&one, &other].map(|it| Arc::new(SharedHistory::new(it.node.clone())));
    let compare = tokio::spawn({
        let there = Arc::clone(&there);
        async move { there.compare().await }
    });
    assert_eq!(here.mark(), None);
    one.sign_up("alice").await.unwrap();
    let session = here.mark().unwrap();
    (world.store, world.hub) = aside;
    other.wire.lead_to(&world);
    other.sign_up("bob").await.unwrap();
    // Its own history, and what nobody of the domain wrote, are no reason to stop.
    there.saw(&there.mark().unwrap());
    there.saw("no mark");
    other.find("bob").await.unwrap();
    assert_ne!(other.status().phase.word(), "stopped");
    there.saw(&session);
    let forked = other.until(|it| it.phase.word() == "stopped").await;
    assert_eq!(forked.alarm.as_ref().unwrap().code(), "fork");
    assert!(other.find("bob").await.unwrap().is_some());
    compare.abort();
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
        assert_eq!(host.server.node.ring().newest(), 2);
    }
    // Nothing has to happen but that time passes: for a sign-in under way, and what is on its way.
    tokio::time::sleep(Duration::from_mins(16)).await;
    assert_ne!(seen(&one.keys), before);
    assert_eq!(seen(&one.keys), seen(&other.keys));
}

#[tokio::test(start_paused = true)]
async fn sessions_of_before_open_at_all_servers_for_a_day_after_one_was_retired_also_after_a_restart()
 {
    let mut world = World::with(&[1, 2, 3, 4]).await;
    let (one, other) = (Host::start(&world, 1).await, Host::start(&world, 2).await);
    let first = one.keys.current();
    world.retire(3, &[]).await;
    world.retire(4, &[]).await;
    for host in [&one, &other] {
        host.server.until(|it| it.epoch == 3).await;
        tokio::time::sleep(Duration::from_mins(16)).await;
        assert!(opens(&host.keys, &first));
    }
    assert_ne!(
        current(&one.keys.current()),
        current(&first),
        "the newest seals"
    );

    let place = one.stop().await;
    let again = world.restart(1, place).await;
    let again = Host::of(again, memory(&world));
    eventually(|| opens(&again.keys, &first)).await;
    tokio::time::sleep(Duration::from_hours(23)).await;
    assert!(opens(&again.keys, &first) && opens(&other.keys, &first));
    tokio::time::sleep(Duration::from_hours(2)).await;
    assert!(!opens(&again.keys, &first) && !opens(&other.keys, &first));
}

#[tokio::test(start_paused = true)]
async fn a_revocation_after_a_retirement_ends_all_sessions_of_before() {
    let mut world = World::with(&[1, 2, 3]).await;
    let one = Host::start(&world, 1).await;
    let first = one.keys.current();
    world.retire(3, &[]).await;
    one.server.until(|it| it.epoch == 2).await;
    tokio::time::sleep(Duration::from_mins(1)).await;
    let second = one.keys.current();
    assert!(opens(&one.keys, &first) && opens(&one.keys, &second));
    world.revoke(2).await;
    one.server.until(|it| it.epoch == 3).await;
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert!(!opens(&one.keys, &first) && !opens(&one.keys, &second));
}

#[tokio::test(start_paused = true)]
async fn who_signed_out_at_a_server_that_was_retired_is_signed_out_at_those_that_never_heard_it() {
    let mut world = World::with(&[1, 2]).await;
    let one = Host::start(&world, 1).await;
    one.server.until_level(&world).await;
    let now = world.clock.now();
    let (digest, until) = (Digest::new([7; 32]), now.later(Duration::from_hours(8)));
    let sign_out = Told {
        digest,
        until: until.as_secs(),
        at: 1000 * now.as_secs(),
    };
    world.retire(2, &[sign_out]).await;
    let mut heard = one.server.node.heard_revocations();
    let heard = heard.wait_for(|it| it.contains(&sign_out));
    let heard = tokio::time::timeout(Duration::from_hours(1), heard).await;
    assert!(heard.unwrap().is_ok());
}

/// A server, and what its host keeps in step.
struct Host {
    server: Server,
    revocations: Arc<SharedRevocations>,
    keys: SharedSessionKeys,
    task: JoinHandle<()>,
}

impl Host {
    async fn start(world: &World, number: u8) -> Self {
        Self::of(world.start(number).await, memory(world))
    }

    fn of(server: Server, revocations: SharedRevocations) -> Self {
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
            task,
        }
    }

    async fn revoke_somebody(&self, world: &World) -> Digest {
        let (ended, now) = (Revocation::User(UserId::random()), world.clock.now());
        let until = now.later(Duration::from_hours(8));
        self.revocations.revoke(&ended, now, until).await.unwrap();
        Digest::new(ended.digest())
    }

    fn tells(&self, wanted: Digest) -> bool {
        let told = self.revocations.told();
        told.iter().any(|it| it.digest == wanted)
    }

    async fn stop(self) -> MemoryPlace {
        self.task.abort();
        let _ = self.task.await;
        self.server.stop().await
    }
}

fn memory(world: &World) -> SharedRevocations {
    let local = Arc::new(MemorySessionStore::default());
    SharedRevocations::new(local, Arc::clone(&world.clock))
}

fn durable(kept: &Arc<Kept>, world: &World) -> SharedRevocations {
    SharedRevocations::durable(kept.clone(), Arc::clone(&world.clock))
}

/// A disk.
#[derive(Debug, Default)]
struct Kept {
    store: MemorySessionStore,
    told: Mutex<Vec<Told>>,
}

impl Kept {
    fn has(&self, wanted: Digest) -> bool {
        let told = self.told.lock().unwrap();
        told.iter().any(|it| it.digest == wanted)
    }
}

#[async_trait]
impl SessionStore for Kept {
    async fn revoke(
        &self,
        revocation: &Revocation,
        now: UnixTime,
        until: UnixTime,
    ) -> Result<(), StoreError> {
        self.store.revoke(revocation, now, until).await
    }

    async fn is_revoked(&self, session: &Session) -> Result<bool, StoreError> {
        self.store.is_revoked(session).await
    }
}

#[async_trait]
impl DurableRevocations for Kept {
    async fn keep(&self, told: &[Told], _: UnixTime) -> Result<(), StoreError> {
        self.told.lock().unwrap().extend_from_slice(told);
        Ok(())
    }
}

/// Waits for `condition`, at most an hour of the world's.
async fn eventually(condition: impl Fn() -> bool) {
    for _ in 0..3600 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    panic!("the condition never came true");
}

/// Whether a session opens that was sealed when `then` were the keys.
fn opens(keys: &SharedSessionKeys, then: &SealingKeys) -> bool {
    let now = seen(keys);
    let of_sessions = now.split("of_requests").next();
    of_sessions.is_some_and(|it| it.contains(&current(then)))
}

/// The name of the key that seals.
fn current(keys: &SealingKeys) -> String {
    let all = format!("{keys:?}");
    all.split(", older")
        .next()
        .unwrap()
        .replace("SealingKeys { current: ", "")
}

/// The names of the keys, which say nothing of what they are.
fn seen(keys: &SharedSessionKeys) -> String {
    format!("{:?}", keys.current())
}

/// On a paused clock: time for everything that is under way.
const MINUTE: Duration = Duration::from_mins(1);

//! Two histories, and a person who decides which one goes on.

use std::time::Duration;

use sso_sync::driver::{Settled, Side};
use sso_sync::node::{Phase, Records as _};
use sso_sync::seal::Content;

use crate::server::{PATIENCE, Server};
use crate::wire::Weather;
use crate::world::{World, first_name, profile, settings, user};

#[tokio::test(start_paused = true)]
async fn whoever_takes_over_the_history_of_the_hub_brings_along_what_only_it_had() {
    let (world, one, other) = forked().await;
    let report = one.node.fork().await;
    assert_eq!(
        (report.code, report.hub_is_here),
        (Some("fork"), Some(false))
    );
    // Alice is here only, Bob there only; who is on both sides was sealed twice, Ann changed twice.
    assert_eq!(report.differences, Some([1, 1, 2]));
    assert!(one.find("alice").await.unwrap().is_some());

    one.node.settle(Side::Hub).await.unwrap();
    let settled = until_settled(&one).await;
    assert_eq!(
        (settled.taken, settled.clashing, settled.unopened),
        (1, 1, 0)
    );
    assert_eq!(settled.clashes[0].account.as_deref(), Some("ann"));
    for server in [&one, &other] {
        server.until_level(&world).await;
        for name in ["common", "alice", "bob", "both"] {
            let found = server.find(name).await.unwrap();
            assert!(found.is_some(), "{name} at server {}", server.number);
        }
        let ann = server.find("ann").await.unwrap().unwrap();
        assert_eq!(first_name(&ann).as_deref(), Some("Other"));
    }
    let (mine, theirs) = (one.status(), other.status());
    assert_eq!(
        (mine.head, mine.commitment),
        (theirs.head, theirs.commitment)
    );
    one.sign_up("carol").await.unwrap();
    other.sign_up("dave").await.unwrap();
    assert_eq!(one.node.fork().await.fork, None);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_kept_from_signing_in_while_a_history_is_taken_over_and_a_kill_loses_nothing() {
    let (world, one, other) = forked().await;
    one.wire.set(Weather::Without("snapshot"));
    one.node.settle(Side::Hub).await.unwrap();
    one.until(|it| matches!(it.phase, Phase::Filling(_))).await;
    for name in ["common", "bob"] {
        assert!(one.find(name).await.unwrap().is_some(), "{name}");
    }
    let place = one.kill().await;
    let one = world.restart(1, place).await;
    one.until(|it| it.is_complete).await;
    let alice = async || {
        while !other.find("alice").await.is_ok_and(|it| it.is_some()) {
            tokio::time::sleep(SECOND).await;
        }
    };
    let found = tokio::time::timeout(PATIENCE, alice()).await;
    assert!(found.is_ok(), "{:?}", one.node.fork().await);
    one.until_level(&world).await;
    assert_eq!(one.status().alarm, None);
    assert_eq!(one.status().commitment, other.status().commitment);
}

#[tokio::test(start_paused = true)]
async fn a_fork_that_only_a_witness_showed_is_not_forgotten_at_a_restart() {
    let mut world = World::with(&[1, 2]).await;
    let (one, other) = (world.start(1).await, world.start(2).await);
    other.until_level(&world).await;
    let aside = world.backup().await;
    one.sign_up("alice").await.unwrap();
    let seen = one.status().head;
    (world.store, world.hub) = aside;
    other.wire.lead_to(&world);
    other.sign_up("bob").await.unwrap();
    assert!(other.node.witness(seen).await.is_err());

    let place = other.stop().await;
    let other = world.restart(2, place).await;
    assert_eq!(
        other.until(|it| it.alarm.is_some()).await.phase.word(),
        "stopped"
    );
    assert!(other.sign_up("carol").await.is_err());
    let fork = other.node.fork().await.fork.unwrap();
    assert_eq!(fork.at, Some(seen.seq));

    other.node.settle(Side::Here).await.unwrap();
    other.until_level(&world).await;
    let place = other.stop().await;
    let other = world.restart(2, place).await;
    other.until_level(&world).await;
    // What was decided stays decided.
    other.node.witness(seen).await.unwrap();
    other.sign_up("carol").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_authority_chain_that_forked_is_not_gone_over_to() {
    let mut world = World::with(&[1]).await;
    let one = world.start(1).await;
    one.until_level(&world).await;
    let (chain, statements) = (world.chain.clone(), world.statements.clone());
    let aside = world.backup().await;
    world.revise("first").await;
    one.until_level(&world).await;
    (world.store, world.hub) = aside;
    (world.chain, world.statements) = (chain, statements);
    world.revise("another").await;
    one.wire.lead_to(&world);
    let _ = one.node.look().await;
    one.until(|it| it.phase.word() == "stopped").await;
    let refused = one.node.settle(Side::Hub).await.unwrap_err();
    assert!(refused.to_string().contains("chain"), "{refused}");
    let still = one.status();
    assert_eq!(still.phase.word(), "stopped");
    assert!(still.alarm.is_some_and(|it| it.is_fork()));
}

#[tokio::test(start_paused = true)]
async fn a_history_that_ends_with_a_revoked_server_is_gone_over_to_once_another_one_wrote_on_it() {
    let (mut world, one, _other) = forked().await;
    world.revoke(2).await;
    let refused = one.node.settle(Side::Hub).await.unwrap_err();
    assert!(refused.to_string().contains("revoked"), "{refused}");
    assert_eq!(one.node.fork().await.settled, None);

    let third = world.start(3).await;
    third.sign_up("carol").await.unwrap();
    one.node.settle(Side::Hub).await.unwrap();
    until_settled(&one).await;
    one.until_level(&world).await;
    for name in ["alice", "bob", "carol"] {
        assert!(one.find(name).await.unwrap().is_some(), "{name}");
    }
}

/// Server 1 went on with one hub, server 2 with a backup of it; then the backup takes the place of
/// the hub.
async fn forked() -> (World, Server, Server) {
    let mut world = World::with(&[1, 2, 3]).await;
    let one = world.start(1).await;
    let other = world.start_with(2, settings(2)).await;
    for name in ["common", "ann"] {
        one.sign_up(name).await.unwrap();
    }
    other.until_level(&world).await;
    let aside = world.backup().await;
    for name in ["alice", "both"] {
        one.sign_up(name).await.unwrap();
    }
    rename(&one, "ann", "One").await;
    one.wire.set(Weather::Cut);
    (world.store, world.hub) = aside;
    other.wire.lead_to(&world);
    for name in ["bob", "both"] {
        other.sign_up(name).await.unwrap();
    }
    rename(&other, "ann", "Other").await;
    one.wire.lead_to(&world);
    one.wire.set(Weather::Fine);
    let _ = one.node.look().await;
    one.until(|it| it.phase.word() == "stopped").await;
    assert!(one.sign_up("carol").await.is_err());
    (world, one, other)
}

async fn rename(server: &Server, name: &str, first: &str) {
    let ring = server.node.ring();
    let Content::User(mut content) = user(&ring, name, 1) else {
        unreachable!("it is a user");
    };
    content.profile.known = profile(first);
    let id = ring.record_id(&crate::world::account(name));
    server
        .node
        .put(id, 1, Content::User(content))
        .await
        .unwrap();
}

async fn until_settled(server: &Server) -> Settled {
    server
        .until(|it| it.is_complete && !it.is_taking_over)
        .await;
    let report = server.node.fork().await;
    assert_eq!((report.code, report.differences), (None, None));
    let settled = report.settled.unwrap();
    assert!(settled.is_done);
    settled
}

const SECOND: Duration = Duration::from_secs(1);

//! A hub that comes back with less than it had, or with another history.

use std::sync::Arc;

use sso_sync::driver::Side;
use sso_sync::mirror::Place as _;

use crate::world::World;

#[tokio::test(start_paused = true)]
async fn a_hub_that_was_restored_is_given_what_it_lost() {
    let mut world = World::with(&[1, 2]).await;
    let (one, other) = (world.start(1).await, world.start(2).await);
    one.sign_up("alice").await.unwrap();
    let backup = world.backup().await;
    one.sign_up("bob").await.unwrap();
    world.revise("newer").await;
    for server in [&one, &other] {
        server.until_level(&world).await;
    }
    let lost = world.head().await;
    (world.store, world.hub) = backup;
    for server in [&one, &other] {
        server.wire.lead_to(&world);
        // Whoever hears of it first does it; all at once do no harm.
        let _ = server.node.look().await;
    }
    for server in [&one, &other] {
        server.until_level(&world).await;
    }
    assert_eq!(world.head().await, lost);
    world.catch_up().await;
    assert_eq!(world.chain.revisions().len(), 1);
    other.sign_up("carol").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_server_says_so_if_it_does_not_keep_what_a_hub_lost() {
    let mut world = World::with(&[1]).await;
    let one = world.start(1).await;
    one.sign_up("alice").await.unwrap();
    let backup = world.backup().await;
    for name in ["bob", "carol"] {
        one.sign_up(name).await.unwrap();
    }
    let users = one.place.users(1).await.unwrap().unwrap();
    let through = world.head().await;
    users.compact(&world.chain.domain(), through).await.unwrap();
    (world.store, world.hub) = backup;
    one.wire.lead_to(&world);
    let _ = one.node.look().await;
    let status = one.until(|it| it.cannot_reseed.is_some()).await;
    assert!(status.cannot_reseed.unwrap().contains("place 1"));
    assert!(one.find("carol").await.unwrap().is_some());
    assert!(one.sign_up("dave").await.is_err());
    assert_eq!(world.head().await.number(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fork_stops_writing_until_a_person_decides_and_nobody_is_kept_from_signing_in() {
    let mut world = World::with(&[1, 2]).await;
    let (one, other) = (world.start(1).await, world.start(2).await);
    one.until_level(&world).await;
    other.until_level(&world).await;
    let aside = world.backup().await;
    one.sign_up("alice").await.unwrap();
    let status = one.status();
    let first = (Arc::clone(&world.store), Arc::clone(&world.hub));
    (world.store, world.hub) = aside;
    other.wire.lead_to(&world);
    other.sign_up("bob").await.unwrap();
    // Both hear of each other by something that does not pass the hub.
    assert!(other.node.witness(status.head).await.is_err());
    let forked = other.until(|it| it.phase.word() == "stopped").await;
    assert_eq!(forked.alarm.as_ref().unwrap().code(), "fork");
    assert!(other.sign_up("carol").await.is_err());
    assert!(other.find("bob").await.unwrap().is_some());
    let _ = other.node.look().await;
    assert_eq!(other.status().phase.word(), "stopped");
    other.node.settle(Side::Here).await.unwrap();
    other.until_level(&world).await;
    other.sign_up("carol").await.unwrap();
    (world.store, world.hub) = first;
    assert!(one.find("alice").await.unwrap().is_some());
}

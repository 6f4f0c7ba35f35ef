//! Servers hear of each other.

use sso_sync::Digest;
use sso_sync::status::Revocation;

use crate::world::{World, keys};

#[tokio::test(start_paused = true)]
async fn servers_hear_of_each_other_within_minutes() {
    let mut world = World::with(&[1, 2]).await;
    world.revise("first").await;
    let (one, other) = (world.start(1).await, world.start(2).await);
    one.until_level(&world).await;
    other.until_level(&world).await;
    tokio::time::sleep(std::time::Duration::from_mins(3)).await;
    let servers = one.node.servers().await;
    let heard = servers.iter().find(|it| it.member == keys(2).id()).unwrap();
    let status = heard.status.as_ref().unwrap();
    assert_eq!((status.name.as_str(), status.revision), ("server-2", 1));
    assert_eq!(status.phase, "level");
    assert_eq!(heard.hears_us, Some(true));
    assert!(heard.last_seen.is_some());
    let itself = servers.iter().find(|it| it.member == keys(1).id()).unwrap();
    let status = itself.status.as_ref().unwrap();
    assert_eq!((status.name.as_str(), status.revision), ("server-1", 1));
    assert_eq!(itself.last_seen, Some(world.clock.now()));
}

#[tokio::test(start_paused = true)]
async fn ended_sessions_are_heard_of_everywhere() {
    let world = World::with(&[1, 2]).await;
    let (one, other) = (world.start(1).await, world.start(2).await);
    one.until_level(&world).await;
    let mut heard = other.node.heard_revocations();
    let ended = Revocation {
        digest: Digest::new([5; 32]),
        until: 1_900_000_000,
        at: 1_800_000_000_000,
    };
    one.node.tell_revocations(vec![ended]);
    let patience = std::time::Duration::from_hours(1);
    let told = tokio::time::timeout(patience, heard.wait_for(|it| !it.is_empty())).await;
    assert_eq!(**told.unwrap().unwrap(), [ended]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_lost_its_counter_is_heard_again() {
    let world = World::with(&[1, 2]).await;
    let one = world.start(1).await;
    one.until_level(&world).await;
    one.node.beat().await.unwrap();
    one.node.beat().await.unwrap();
    one.stop().await;
    let one = world.start(1).await;
    one.until_level(&world).await;
    one.node.beat().await.unwrap();
}

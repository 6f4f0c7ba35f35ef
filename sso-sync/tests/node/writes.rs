//! Users are made once, whoever makes them and whatever is lost on the way.

use std::sync::Arc;

use sso_core::StoreError;
use sso_sync::node::{Put, Records as _};

use crate::wire::Weather;
use crate::world::{World, first_name, profile};

#[tokio::test(start_paused = true)]
async fn of_two_servers_that_make_a_user_at_once_both_arrive_at_the_same() {
    let world = World::with(&[1, 2]).await;
    let (one, other) = (world.start(1).await, world.start(2).await);
    let (mine, theirs) = tokio::join!(one.sign_up("alice"), other.sign_up("alice"));
    let content = |put: Put| match put {
        Put::Done(held) | Put::Other(Some(held)) => held,
        Put::Other(None) => panic!("she is there"),
    };
    assert_eq!(content(mine.unwrap()), content(theirs.unwrap()));
    assert_eq!(world.head().await.number(), 1);
}

#[tokio::test(start_paused = true)]
async fn many_who_sign_up_at_once_share_batches() {
    let world = World::with(&[1]).await;
    let one = world.start(1).await;
    one.until_level(&world).await;
    let names: Vec<_> = (0..100).map(|number| format!("user-{number}")).collect();
    let mut all = tokio::task::JoinSet::new();
    let ring = one.node.ring();
    for name in names {
        let (node, ring) = (one.node.clone(), ring.clone());
        all.spawn(async move {
            let id = ring.record_id(&crate::world::account(&name));
            node.put(id, 0, crate::world::user(&ring, &name, 1)).await
        });
    }
    while let Some(put) = all.join_next().await {
        assert!(matches!(put.unwrap().unwrap(), Put::Done(_)));
    }
    assert_eq!(one.until_level(&world).await.live, 100);
    assert!(one.wire.count("POST") < 10, "{}", one.wire.count("POST"));
}

#[tokio::test(start_paused = true)]
async fn a_user_whose_answer_was_lost_is_made_once() {
    let world = World::with(&[1]).await;
    let one = world.start(1).await;
    one.until_level(&world).await;
    one.wire.set(Weather::LosesAnswer("feed?after=0"));
    let made = one.sign_up("alice").await.unwrap();
    assert!(matches!(made, Put::Done(held) if held.version == 1));
    assert_eq!(world.head().await.number(), 1);
}

#[tokio::test(start_paused = true)]
async fn somebody_who_gives_up_waiting_does_no_harm() {
    let world = World::with(&[1]).await;
    let one = world.start(1).await;
    one.until_level(&world).await;
    drop(tokio::time::timeout(std::time::Duration::ZERO, one.sign_up("alice")).await);
    one.sign_up("bob").await.unwrap();
    let made = one.sign_up("alice").await.unwrap();
    assert!(matches!(made, Put::Done(held) if held.version == 1));
}

#[tokio::test(start_paused = true)]
async fn without_the_hub_nobody_is_made_and_known_users_go_on() {
    let world = World::with(&[1]).await;
    let one = world.start(1).await;
    one.sign_up("alice").await.unwrap();
    one.wire.set(Weather::Cut);
    let _ = one.node.look().await;
    one.until(|it| it.phase.word() == "away").await;
    let error = one.sign_up("bob").await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)));
    assert!(one.find("alice").await.unwrap().is_some());
    one.wire.set(Weather::Fine);
    one.until_level(&world).await;
    one.sign_up("bob").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn whoever_is_new_is_made_at_once_when_the_hub_is_back() {
    let world = World::with(&[1]).await;
    let one = world.start(1).await;
    one.until_level(&world).await;
    one.wire.set(Weather::Cut);
    let _ = one.node.look().await;
    for name in ["alice", "bob"] {
        one.until(|it| it.phase.word() == "away").await;
        assert!(one.sign_up(name).await.is_err());
    }
    one.wire.set(Weather::Fine);
    one.sign_up("carol").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_a_sign_in_said_waits_for_the_hub_also_over_a_restart() {
    let world = World::with(&[1, 2]).await;
    let (one, other) = (world.start(1).await, world.start(2).await);
    one.sign_up("alice").await.unwrap();
    one.wire.set(Weather::Cut);
    let _ = one.node.look().await;
    let id = world.id("alice");
    one.node.update_later(id, profile("Alice")).await.unwrap();
    one.node.update_later(id, profile("Alicia")).await.unwrap();
    let place = one.stop().await;
    let one = world.restart(1, place).await;
    one.until(|it| it.waiting == 0 && it.head.seq.number() == 2)
        .await;
    other.until_level(&world).await;
    let alice = other.find("alice").await.unwrap().unwrap();
    assert_eq!(first_name(&alice).as_deref(), Some("Alicia"));
    assert_eq!(world.head().await.number(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_a_sign_in_says_again_is_not_written_again() {
    let world = World::with(&[1]).await;
    let one = world.start(1).await;
    one.sign_up("alice").await.unwrap();
    let id = world.id("alice");
    for _ in 0..3 {
        one.node.update_later(id, profile("Alice")).await.unwrap();
        one.until(|it| it.waiting == 0).await;
    }
    one.until(|it| it.head.seq.number() == 2).await;
    assert_eq!(world.head().await.number(), 2);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_new_waits_for_a_hub_that_is_busy_and_is_not_sent_away() {
    let world = World::with_limit(&[1, 2], (10, 20)).await;
    let one = Arc::new(world.start(1).await);
    let two = Arc::new(world.start(2).await);
    let mut people = tokio::task::JoinSet::new();
    for number in 0..4 {
        let server = Arc::clone(if number % 2 == 0 { &one } else { &two });
        people.spawn(async move {
            for person in 0..25 {
                let name = format!("person-{number}-{person}");
                let put = server.sign_up(&name).await;
                assert!(matches!(put, Ok(Put::Done(_))), "{name}: {put:?}");
            }
        });
    }
    people.join_all().await;
    assert!(world.hub.counts().busy > 0);
}

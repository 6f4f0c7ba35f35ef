//! Servers come to hold the same.

use sso_core::StoreError;

use crate::wire::Weather;
use crate::world::World;

#[tokio::test(start_paused = true)]
async fn what_one_server_writes_the_other_holds() {
    let world = World::with(&[1, 2]).await;
    let (one, other) = (world.start(1).await, world.start(2).await);
    one.until_level(&world).await;
    one.sign_up("alice").await.unwrap();
    let status = other.until_level(&world).await;
    assert_eq!((status.live, status.is_complete), (1, true));
    assert_eq!(status.commitment, one.status().commitment);
    let found = other.find("alice").await.unwrap();
    assert_eq!(found, one.find("alice").await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_was_stopped_goes_on_where_it_was() {
    let world = World::with(&[1, 2]).await;
    let (one, other) = (world.start(1).await, world.start(2).await);
    one.sign_up("alice").await.unwrap();
    other.until_level(&world).await;
    let place = other.stop().await;
    one.sign_up("bob").await.unwrap();
    let other = world.restart(2, place).await;
    assert!(other.find("alice").await.unwrap().is_some());
    other.until_level(&world).await;
    assert!(other.find("bob").await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_was_revoked_says_so_and_known_users_go_on_for_a_day() {
    let mut world = World::with(&[1, 2]).await;
    let (one, other) = (world.start(1).await, world.start(2).await);
    one.sign_up("alice").await.unwrap();
    other.until_level(&world).await;
    world.revoke(2).await;
    other.until(|it| it.phase.word() == "revoked").await;
    assert!(other.find("alice").await.unwrap().is_some());
    assert!(other.sign_up("bob").await.is_err());
    let asked = other.wire.count("");
    tokio::time::sleep(std::time::Duration::from_hours(25)).await;
    assert_eq!(other.wire.count(""), asked);
    assert!(other.find("alice").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn what_was_sealed_before_a_revocation_is_sealed_anew() {
    let mut world = World::with(&[1, 2, 3]).await;
    let (one, other) = (world.start(1).await, world.start(2).await);
    for name in ["alice", "bob", "carol"] {
        one.sign_up(name).await.unwrap();
    }
    other.until_level(&world).await;
    world.revoke(3).await;
    for server in [&one, &other] {
        server
            .until(|it| it.epoch == 2 && it.to_reseal == Some(0))
            .await;
    }
    assert_eq!(world.head().await.number(), 6);
    other.until_level(&world).await;
    assert_eq!(other.find("bob").await.unwrap().unwrap().version, 2);
}

#[tokio::test(start_paused = true)]
async fn the_word_of_a_hub_makes_no_server_believe_that_it_was_revoked() {
    let world = World::with(&[1]).await;
    let stranger = World::with(&[1]).await;
    let one = world.start(1).await;
    one.sign_up("alice").await.unwrap();
    // Another hub, that does not know the domain.
    one.wire.lead_to(&stranger);
    let status = one.until(|it| it.phase.word() == "away").await;
    assert!(status.away.unwrap().why.contains("unknown-domain"));
    assert!(one.find("alice").await.unwrap().is_some());
    one.wire.lead_to(&world);
    one.until_level(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_server_looks_by_itself_if_nobody_tells_it() {
    let world = World::with(&[1, 2]).await;
    let (one, other) = (world.start(1).await, world.start(2).await);
    other.until_level(&world).await;
    other.wire.set(Weather::Without("wait=50"));
    one.sign_up("alice").await.unwrap();
    other.until_level(&world).await;
}

/// What happened while it was down may be about anybody.
#[tokio::test(start_paused = true)]
async fn a_server_that_has_not_heard_from_the_hub_yet_calls_nobody_unknown() {
    let world = World::with(&[1, 2]).await;
    let (one, two) = (world.start(1).await, world.start(2).await);
    one.sign_up("early").await.unwrap();
    two.until_level(&world).await;
    let place = two.stop().await;
    one.sign_up("late").await.unwrap();

    let two = world.restart(2, place).await;
    assert!(two.find("late").await.unwrap().is_some());
    assert!(two.find("nobody").await.unwrap().is_none());
    let place = two.stop().await;
    one.sign_up("later").await.unwrap();

    let two = world.restart(2, place).await;
    two.wire.set(Weather::Cut);
    assert!(two.find("early").await.unwrap().is_some());
    let unheard = two.find("later").await;
    assert!(
        matches!(unheard, Err(StoreError::Unavailable(_))),
        "{unheard:?}"
    );
    two.wire.set(Weather::Fine);
    two.until_level(&world).await;
    assert!(two.find("later").await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_fresh_server_asks_before_it_calls_anybody_unknown() {
    let world = World::with(&[1, 2]).await;
    let one = world.start(1).await;
    one.sign_up("alice").await.unwrap();
    let fresh = world.start(2).await;
    assert!(fresh.find("alice").await.unwrap().is_some());
}

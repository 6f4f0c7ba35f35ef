//! What does not count stops writing, is named, and keeps nobody from signing in.

use std::time::Duration;

use sso_sync::Digest;
use sso_sync::chain::FeedMark;
use sso_sync::driver::Side;
use sso_sync::store::Seq;

use crate::wire::Weather;
use crate::world::World;

#[tokio::test(start_paused = true)]
async fn a_record_that_was_changed_on_the_way_is_named_and_mended_by_the_truth() {
    let world = World::with(&[1, 2]).await;
    let (one, other) = (world.start(1).await, world.start(2).await);
    one.sign_up("alice").await.unwrap();
    other.until_level(&world).await;
    other.wire.set(Weather::Changes("feed?after"));
    one.sign_up("bob").await.unwrap();
    let status = other.until(|it| it.alarm.is_some()).await;
    let alarm = status.alarm.unwrap();
    assert_eq!(
        (alarm.code(), alarm.blame_word().as_str()),
        ("wrong-records", "hub")
    );
    assert!(other.find("alice").await.unwrap().is_some());
    assert!(other.sign_up("carol").await.is_err());
    other.wire.set(Weather::Fine);
    other.until_level(&world).await;
    assert_eq!(other.status().alarm, None);
    assert!(other.find("bob").await.unwrap().is_some());
    other.sign_up("carol").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_statement_that_was_changed_on_the_way_is_named() {
    let mut world = World::with(&[1]).await;
    let one = world.start(1).await;
    one.until_level(&world).await;
    one.wire.set(Weather::Changes("chain?from"));
    world.revise("first").await;
    let status = one.until(|it| it.alarm.is_some()).await;
    assert_eq!(status.alarm.unwrap().code(), "forged-signature");
    assert_eq!(status.revision, 0);
    one.wire.set(Weather::Fine);
    one.until(|it| it.revision == 1 && it.alarm.is_none()).await;
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_was_changed_proves_nothing() {
    let world = World::with(&[1, 2]).await;
    let one = world.start(1).await;
    for number in 0..20 {
        one.sign_up(&format!("user-{number}")).await.unwrap();
    }
    let settings = crate::world::settings(2).fill_beyond(10);
    let fresh = world.start_with(2, settings).await;
    fresh.wire.set(Weather::Without("snapshot"));
    fresh.until(|it| it.phase.word() == "filling").await;
    fresh.wire.set(Weather::Changes("buckets/"));
    assert!(fresh.find("user-3").await.is_err());
    assert!(fresh.sign_up("new").await.is_err());
    fresh.wire.set(Weather::Fine);
    fresh.until(|it| it.is_complete && it.alarm.is_none()).await;
    assert!(fresh.find("user-3").await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_denies_what_another_server_holds_withholds() {
    let world = World::with(&[1]).await;
    let one = world.start(1).await;
    one.sign_up("alice").await.unwrap();
    let beyond = FeedMark {
        seq: Seq::new(9),
        hash: Digest::new([9; 32]),
    };
    one.node.witness(beyond).await.unwrap();
    let status = one.until(|it| it.alarm.is_some()).await;
    assert_eq!(status.alarm.unwrap().code(), "withheld");
    assert!(one.find("alice").await.unwrap().is_some());
    tokio::time::sleep(Duration::from_mins(10)).await;
    assert!(one.status().alarm.is_some());
    one.node.settle(Side::Here).await.unwrap();
    one.until_level(&world).await;
    one.sign_up("bob").await.unwrap();
}

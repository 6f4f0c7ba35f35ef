//! A fresh server serves first, then fills.

use std::time::Duration;

use sso_sync::driver::Force;
use sso_sync::mirror::Place as _;
use sso_sync::node::{NodeStatus, Phase, Records as _};
use sso_sync::seal::Content;
use sso_sync::testkit::DiskFault;

use crate::server::Server;
use crate::wire::Weather;
use crate::world::{World, settings, user};

#[tokio::test(start_paused = true)]
async fn a_fresh_server_finds_users_before_it_is_filled() {
    let (world, _one) = lived_in().await;
    let fresh = world.start_with(2, settings(2).fill_beyond(10)).await;
    fresh.wire.set(Weather::Without("snapshot"));
    fresh.until(|it| it.phase.word() == "filling").await;
    assert!(fresh.find("user-7").await.unwrap().is_some());
    assert!(fresh.find("nobody").await.unwrap().is_none());
    fresh.sign_up("new").await.unwrap();
    assert!(!fresh.status().is_complete);
    fresh.wire.set(Weather::Fine);
    let status = fresh.until(|it| it.is_complete).await;
    assert_eq!(
        (status.live, status.commitment),
        (USERS + 1, digest(&world).await)
    );
}

#[tokio::test(start_paused = true)]
async fn a_filling_that_was_interrupted_before_its_first_page_ends_complete() {
    let (world, _one) = lived_in().await;
    let fresh = world.start_with(2, settings(2).fill_beyond(10)).await;
    fresh.wire.set(Weather::Without("snapshot"));
    fresh.until(|it| it.phase.word() == "filling").await;
    let place = fresh.stop().await;
    let fresh = world.restart(2, place).await;
    let status = fresh.until_level(&world).await;
    assert!(status.is_complete);
    assert_eq!(status.live, USERS);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_dies_while_it_fills_fetches_only_what_it_does_not_hold() {
    let (world, one, pages) = large().await;
    let fresh = world.start_with(3, settings(3).fill_beyond(10)).await;
    fresh.until(has_some).await;
    let before = fresh.wire.count("snapshot");
    let place = fresh.kill().await;
    one.sign_up("late").await.unwrap();
    let fresh = world.restart(3, place).await;
    let status = fresh.until_level(&world).await;
    assert_eq!(status.live, LARGE + 1);
    let after = fresh.wire.count("snapshot");
    // What was on its way when it died comes again, and no more.
    assert!(before + after <= pages + 2, "{before} + {after} of {pages}");
    assert!(after < pages, "{after} of {pages}");
}

#[tokio::test(start_paused = true)]
async fn a_filling_that_a_disk_had_no_room_for_goes_on_once_there_is_room() {
    let (world, _one, pages) = large().await;
    let fresh = world.start_with(3, settings(3).fill_beyond(10)).await;
    fresh.until(has_some).await;
    fresh.place.fail_after(0, DiskFault::Full);
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert!(!fresh.status().is_complete);
    let before = fresh.wire.count("snapshot");
    fresh.place.heal();
    fresh.until(|it| it.is_complete && it.live == LARGE).await;
    let after = fresh.wire.count("snapshot") - before;
    assert!(after < pages, "{after} of {pages}");
}

#[tokio::test(start_paused = true)]
async fn what_is_written_while_a_server_fills_is_there_at_the_end() {
    let (world, one) = lived_in().await;
    let fresh = world.start_with(2, settings(2).fill_beyond(10)).await;
    let writing = async {
        for number in 0..20 {
            one.sign_up(&format!("late-{number}")).await.unwrap();
        }
    };
    tokio::join!(writing, fresh.until(|it| it.is_complete));
    let status = fresh.until_level(&world).await;
    assert_eq!(status.live, USERS + 20);
    assert!(status.is_complete);
}

#[tokio::test(start_paused = true)]
async fn a_full_sync_of_what_is_right_finds_nothing() {
    let (world, one) = lived_in().await;
    let report = one.node.full_sync(Force::Repair).await.unwrap();
    assert_eq!((report.live, report.fetched), (USERS, 0));
    assert!(report.differing.is_empty());
    assert!(report.is_complete && report.buckets == 256);
    assert_eq!(report.digest, Some(digest(&world).await));
}

#[tokio::test(start_paused = true)]
async fn a_full_sync_repairs_what_a_disk_has_lost_and_fetches_nothing_else() {
    let (world, one) = lived_in().await;
    let users = one.place.users(1).await.unwrap().unwrap();
    let lost = vec![world.id("user-3"), world.id("user-4")];
    users
        .mend(&world.chain.domain(), lost, Vec::new())
        .await
        .unwrap();
    assert!(one.find("user-3").await.unwrap().is_none());
    let report = one.node.full_sync(Force::Repair).await.unwrap();
    assert_eq!((report.missing, report.fetched, report.surplus), (2, 2, 0));
    assert!(report.is_complete && report.differing.len() <= 2);
    assert!(one.find("user-3").await.unwrap().is_some());
    let again = one.node.full_sync(Force::Repair).await.unwrap();
    assert!(again.differing.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_forced_sync_rebuilds_beside_while_users_sign_in() {
    let (_world, one) = lived_in().await;
    let (report, found) = tokio::join!(one.node.full_sync(Force::Rebuild), one.find("user-3"));
    let report = report.unwrap();
    assert!(report.rebuilt && report.is_complete);
    assert!(found.unwrap().is_some());
}

/// A domain with users, and the server that made them.
async fn lived_in() -> (World, Server) {
    let world = World::with(&[1, 2]).await;
    let one = world.start(1).await;
    for number in 0..USERS {
        one.sign_up(&format!("user-{number}")).await.unwrap();
    }
    (world, one)
}

/// A domain with more users than fit into some pages, the server that made them, and in how many
/// pages another one fetched them.
async fn large() -> (World, Server, usize) {
    let world = World::with(&[1, 2, 3]).await;
    let one = world.start(1).await;
    let ring = one.node.ring();
    for number in 0..LARGE {
        let name = format!("user-{number}");
        let Content::User(mut content) = user(&ring, &name, 1) else {
            unreachable!("it is a user");
        };
        content.profile.known.first = Some("x".repeat(12_000));
        let put = one.node.put(world.id(&name), 0, Content::User(content));
        put.await.unwrap();
    }
    let whole = world.start_with(2, settings(2).fill_beyond(10)).await;
    whole.until(|it| it.is_complete && it.live == LARGE).await;
    let pages = whole.wire.count("snapshot");
    assert!(pages >= 4, "{pages} pages");
    (world, one, pages)
}

fn has_some(status: &NodeStatus) -> bool {
    matches!(status.phase, Phase::Filling(filling) if filling.done > 0)
}

/// The set hash at the head of the hub.
async fn digest(world: &World) -> sso_sync::Digest {
    let head = sso_sync::store::DomainStore::head(&*world.store, &world.chain.domain()).await;
    let envelope = head.unwrap().unwrap().envelope;
    let envelope = sso_sync::feed::Envelope::parse(&envelope).unwrap();
    envelope.set().0
}

const USERS: u64 = 50;

const LARGE: u64 = 400;

//! A domain ends: what its servers believe, and what they do then.

use std::time::Duration;

use sso_sync::chain::{Action, Deletion};
use sso_sync::hub::DomainState;
use sso_sync::store::{DomainId, DomainStore as _};

use crate::world::World;

#[tokio::test(start_paused = true)]
async fn after_a_signed_deletion_known_users_sign_in_and_nothing_is_written_until_it_is_taken_back()
{
    let mut world = World::with(&[1]).await;
    let one = world.start(1).await;
    one.until_level(&world).await;
    one.sign_up("alice").await.unwrap();
    let not_before = announce(&mut world).await;
    let status = one.until(|it| it.ending.is_some()).await;
    let ending = status.ending.unwrap();
    assert_eq!(
        (ending.by.as_str(), ending.reason.as_str()),
        ("a@example.com", "moved away")
    );
    assert_eq!((ending.not_before, ending.confirmed), (not_before, None));
    one.sign_up("bob").await.unwrap();

    let announced = world.chain.head().0;
    let confirmed = Action::DeletionConfirmed { announced };
    world.state_at(&confirmed, not_before).await;
    let status = one.until(|it| it.deletion == Deletion::Confirmed).await;
    assert!(status.ending.unwrap().confirmed.is_some());
    assert!(one.find("alice").await.unwrap().is_some());
    assert!(one.find("bob").await.unwrap().is_some());
    let refused = one.sign_up("carol").await.unwrap_err();
    assert!(
        format!("{refused:?}").contains("was deleted"),
        "{refused:?}"
    );

    world.state(&Action::DeletionCancelled).await;
    let status = one.until(|it| it.deletion == Deletion::None).await;
    assert_eq!(status.ending, None);
    one.sign_up("carol").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_starts_again_knows_of_the_deletion_without_the_hub() {
    let mut world = World::with(&[1]).await;
    let one = world.start(1).await;
    announce(&mut world).await;
    one.until(|it| it.ending.is_some()).await;
    let place = one.stop().await;
    let state = world
        .hub
        .set_state(world.chain.domain(), DomainState::Closed, world.clock.now());
    state.await.unwrap();
    let one = world.restart(1, place).await;
    assert!(one.status().ending.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_denies_the_domain_is_away_and_deletes_nothing() {
    let world = World::with(&[1]).await;
    let one = world.start(1).await;
    one.until_level(&world).await;
    one.sign_up("alice").await.unwrap();
    let domain = world.chain.domain();
    let closed = world
        .hub
        .set_state(domain, DomainState::Closed, world.clock.now());
    closed.await.unwrap();
    let status = one.until(|it| it.phase.word() == "away").await;
    assert_eq!((status.deletion, status.ending), (Deletion::None, None));
    tokio::time::sleep(Duration::from_hours(2)).await;
    assert!(one.find("alice").await.unwrap().is_some());
    let again = world
        .hub
        .set_state(domain, DomainState::Active, world.clock.now());
    again.await.unwrap();
    one.until_level(&world).await;
    one.sign_up("bob").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_hub_restored_from_before_the_deletion_is_told_of_it_again() {
    let mut world = World::with(&[1]).await;
    let one = world.start(1).await;
    one.until_level(&world).await;
    let backup = world.backup().await;
    announce(&mut world).await;
    one.until(|it| it.ending.is_some()).await;
    (world.store, world.hub) = backup;
    one.wire.lead_to(&world);
    let domain = world.chain.domain();
    let told = tokio::time::timeout(Duration::from_hours(24), async {
        while statements(&world, &domain).await < world.chain.len() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    told.await.unwrap();
}

async fn statements(world: &World, domain: &DomainId) -> u64 {
    world.store.head(domain).await.unwrap().unwrap().statements
}

async fn announce(world: &mut World) -> u64 {
    let not_before = world.clock.now().later(WEEK).as_secs();
    let reason = "moved away".into();
    world
        .state(&Action::DeletionAnnounced { not_before, reason })
        .await;
    not_before
}

const WEEK: Duration = Duration::from_hours(7 * 24);

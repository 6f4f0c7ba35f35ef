//! Deleting a domain: announced, waited for, confirmed; and undone.

use std::sync::Arc;
use std::time::Duration;

use sso_core::testkit::ManualClock;
use sso_sync::administration::{AdministrationError, Office};
use sso_sync::chain::{Deletion, Permissions, Refusal};
use sso_sync::wire::Code;

use crate::world::{World, alice, document, program, save};

#[tokio::test]
async fn a_deletion_is_confirmed_after_its_time_and_can_be_undone() {
    let (world, mut founder) = World::founded().await;
    let announced = founder.announce_deletion("moved away", WEEK).await.unwrap();
    let not_before = world.now().later(WEEK).as_secs();
    assert_eq!(
        announced,
        Deletion::Announced {
            position: 1,
            not_before
        }
    );
    let again = founder
        .announce_deletion("moved away", 2 * WEEK)
        .await
        .unwrap();
    assert_eq!(again, announced);

    world.wait(WEEK - Duration::from_secs(1));
    let mut later = world.sign_in(alice(), None).await.unwrap();
    let early = later.confirm_deletion().await.unwrap_err();
    assert!(
        matches!(
            early,
            AdministrationError::Refused(Refusal::DeletionTooEarly)
        ),
        "{early}"
    );
    save(&mut later, 0, &[("a", "1")]).await;
    world.wait(Duration::from_secs(1));
    later.confirm_deletion().await.unwrap();
    later.confirm_deletion().await.unwrap();
    let over = later.save(1, &document(&[("a", "2")])).await.unwrap_err();
    assert!(
        matches!(over, AdministrationError::Refused(Refusal::DomainDeleted)),
        "{over}"
    );
    later.cancel_deletion().await.unwrap();
    later.cancel_deletion().await.unwrap();
    save(&mut later, 1, &[("a", "2")]).await;
}

#[tokio::test]
async fn a_deletion_waits_for_a_week() {
    let (_world, mut founder) = World::founded().await;
    let early = founder
        .announce_deletion("x", WEEK - Duration::from_secs(1))
        .await
        .unwrap_err();
    assert!(
        matches!(
            early,
            AdministrationError::Refused(Refusal::DeletionTooEarly)
        ),
        "{early}"
    );
    let unannounced = founder.confirm_deletion().await.unwrap_err();
    let state = matches!(
        unannounced,
        AdministrationError::Refused(Refusal::DeletionState)
    );
    assert!(state, "{unannounced}");
}

#[tokio::test]
async fn deleting_needs_a_fresh_sign_in() {
    let (world, mut founder) = World::founded().await;
    world.wait(Duration::from_secs(300));
    let refused = founder.announce_deletion("x", WEEK).await.unwrap_err();
    assert!(
        matches!(refused, AdministrationError::SignInAgain),
        "{refused}"
    );
    let (world, mut founder) = World::founded().await;
    world.wait(Duration::from_secs(299));
    founder.announce_deletion("x", WEEK).await.unwrap();
    world.wait(Duration::from_secs(1));
    let refused = founder.confirm_deletion().await.unwrap_err();
    assert!(
        matches!(refused, AdministrationError::SignInAgain),
        "{refused}"
    );
    founder.cancel_deletion().await.unwrap();
}

#[tokio::test]
async fn the_hub_asks_for_a_fresh_sign_in_too() {
    let (world, founder) = World::founded().await;
    let stopped = Arc::new(ManualClock::at(world.now()));
    let office = Office::new(Arc::clone(&world.link) as _, stopped, program("1.0.0"));
    let mut slow = office.resume(&founder.to_session()).await.unwrap();
    world.wait(Duration::from_secs(300));
    let refused = slow.announce_deletion("x", WEEK).await.unwrap_err();
    assert!(refused.to_string().contains("sign in again"), "{refused}");
    let AdministrationError::Call(error) = refused else {
        panic!("{refused}");
    };
    assert_eq!(error.code(), Some(Code::NotPermitted));
}

#[tokio::test]
async fn deleting_takes_the_permission() {
    let (world, mut founder) = World::founded().await;
    let mut bob = world
        .with_bob(&mut founder, Permissions::ADMINISTRATORS)
        .await;
    let refused = bob.announce_deletion("x", WEEK).await.unwrap_err();
    assert!(
        matches!(refused, AdministrationError::Lacks("SSO")),
        "{refused}"
    );
}

const WEEK: Duration = Duration::from_hours(7 * 24);

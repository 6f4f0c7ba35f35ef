//! From one version to the next, server by server.

use std::sync::Arc;
use std::time::Duration;

use sso_sync::administration::{AdministrationError, Administrator};
use sso_sync::chain::{Action, FeedMark, Occasion, Policy};
use sso_sync::link::HubClient;
use sso_sync::seal::MemberId;

use crate::servers::tell;
use crate::world::{World, node};

#[tokio::test]
async fn a_domain_goes_from_one_version_to_the_next_server_by_server() {
    let (world, mut alice) = two_servers().await;
    alice.start_upgrade("1.1.0").await.unwrap();
    assert_eq!(*alice.chain().policy(), Policy::window(1, "1.0.0", "1.1.0"));
    update(&world, &alice, 1, "1.1.0").await;
    let mut newer = world.alice_with("1.1.0").await;
    let refused = newer.finalize_upgrade(&[]).await.unwrap_err();
    let AdministrationError::NotUpdated { servers, .. } = &refused else {
        panic!("{refused}");
    };
    assert_eq!(*servers, ["sso2 (1.0.0)"]);
    assert!(refused.to_string().contains("--even-without"), "{refused}");
    update(&world, &alice, 2, "1.1.0").await;
    newer.finalize_upgrade(&[]).await.unwrap();
    assert_eq!(*newer.chain().policy(), Policy::pinned(1, "1.1.0"));
}

#[tokio::test]
async fn an_upgrade_ends_without_a_server_that_cannot_be_started_and_it_comes_after() {
    let (world, mut alice) = two_servers().await;
    alice.start_upgrade("1.1.0").await.unwrap();
    update(&world, &alice, 1, "1.1.0").await;
    let mut newer = world.alice_with("1.1.0").await;
    newer.finalize_upgrade(&[node(2).id()]).await.unwrap();
    assert_eq!(*newer.chain().policy(), Policy::pinned(1, "1.1.0"));
    update(&world, &newer, 2, "1.1.0").await;
    let upgrade = newer.upgrade().await.unwrap();
    assert_eq!(upgrade.not_on("1.1.0").count(), 0);
}

#[tokio::test]
async fn a_server_that_runs_is_not_left_behind() {
    let (world, mut alice) = two_servers().await;
    alice.start_upgrade("1.1.0").await.unwrap();
    update(&world, &alice, 1, "1.1.0").await;
    let mut newer = world.alice_with("1.1.0").await;
    tell(&world, &newer, 2).await;
    let refused = newer.finalize_upgrade(&[node(2).id()]).await.unwrap_err();
    assert!(matches!(&refused, AdministrationError::StillAlive(name) if name == "sso2"));
    world.wait(Duration::from_mins(10));
    newer.finalize_upgrade(&[node(2).id()]).await.unwrap();
}

#[tokio::test]
async fn an_upgrade_is_given_up_when_nobody_runs_the_new_version() {
    let (world, mut alice) = two_servers().await;
    alice.start_upgrade("1.1.0").await.unwrap();
    update(&world, &alice, 1, "1.1.0").await;
    let refused = alice.abort_upgrade(&[]).await.unwrap_err();
    let said = refused.to_string();
    assert!(
        said.contains("sso1 (1.1.0)") && said.contains("1.0.0"),
        "{said}"
    );
    update(&world, &alice, 1, "1.0.0").await;
    alice.abort_upgrade(&[]).await.unwrap();
    assert_eq!(*alice.chain().policy(), Policy::pinned(1, "1.0.0"));
}

#[tokio::test]
async fn only_the_new_version_closes_the_window() {
    let (_world, mut alice) = two_servers().await;
    alice.start_upgrade("1.1.0").await.unwrap();
    let refused = alice.finalize_upgrade(&[]).await.unwrap_err();
    assert!(matches!(refused, AdministrationError::OtherProgram { .. }));
}

#[tokio::test]
async fn there_is_one_upgrade_at_a_time_and_to_another_version() {
    let (_world, mut alice) = two_servers().await;
    let refused = alice.finalize_upgrade(&[]).await.unwrap_err();
    assert!(matches!(refused, AdministrationError::NoUpgrade(_)));
    let refused = alice.start_upgrade("1.0.0").await.unwrap_err();
    assert!(matches!(refused, AdministrationError::SameVersion(_)));
    alice.start_upgrade("1.1.0").await.unwrap();
    let length = alice.chain().len();
    alice.start_upgrade("1.1.0").await.unwrap();
    assert_eq!(alice.chain().len(), length, "nothing is stated twice");
    let refused = alice.start_upgrade("1.2.0").await.unwrap_err();
    assert!(matches!(
        refused,
        AdministrationError::UpgradeUnderWay { .. }
    ));
}

async fn two_servers() -> (World, Administrator) {
    let (world, mut alice) = World::founded().await;
    alice.enrol("sso1", &node(1)).await.unwrap();
    alice.enrol("sso2", &node(2)).await.unwrap();
    (world, alice)
}

/// A server states that it runs another version.
async fn update(world: &World, administrator: &Administrator, number: u8, program: &str) {
    let keys = node(number);
    let chain = administrator.chain();
    let client = HubClient::new(
        Arc::clone(&world.link) as _,
        chain.domain(),
        Arc::clone(&keys),
    );
    let statements = client.statements(chain.len()).await.unwrap();
    let mut chain = chain.clone();
    for statement in statements {
        chain.append(&statement).unwrap();
    }
    let program = program.into();
    let occasion = Occasion {
        time: world.now().as_secs(),
        via: MemberId::NOBODY,
        mark: FeedMark::start(&chain.domain()),
    };
    let statement = chain.sign(&keys, &Action::NodeUpdated { program }, occasion);
    let statement = statement.unwrap().into();
    client.append(chain.len(), statement).await.unwrap();
}

//! Configurations come into force, or are refused with the reason.

use std::time::Duration;

use sso_sync::chain::{Action, Policy};

use crate::world::{World, keys};

#[tokio::test(start_paused = true)]
async fn a_new_revision_comes_into_force_everywhere() {
    let mut world = World::with(&[1, 2]).await;
    world.revise("first").await;
    let (one, other) = (world.start(1).await, world.start(2).await);
    assert_eq!(one.configurations.all(), [(1, "first".into())]);
    one.until_level(&world).await;
    world.revise("second").await;
    for server in [&one, &other] {
        server.until(|it| it.revision == 2).await;
        assert_eq!(server.configurations.all().last().unwrap().1, "second");
    }
}

#[tokio::test(start_paused = true)]
async fn a_revision_that_a_machine_cannot_use_leaves_the_last_good_one_in_force() {
    let mut world = World::with(&[1]).await;
    world.revise("good").await;
    let one = world.start(1).await;
    one.configurations.refuse("bad");
    world.revise("bad").await;
    let status = one.until(|it| it.refused.is_some()).await;
    assert_eq!(status.revision, 1);
    assert_eq!(status.refused.unwrap().why, "this machine has no bad");
    world.revise("better").await;
    let status = one.until(|it| it.revision == 3).await;
    assert_eq!(status.refused, None);
}

#[tokio::test(start_paused = true)]
async fn after_a_restart_the_one_that_was_served_comes_first() {
    let mut world = World::with(&[1]).await;
    world.revise("good").await;
    let one = world.start(1).await;
    one.configurations.refuse("bad");
    world.revise("bad").await;
    one.until(|it| it.refused.is_some()).await;
    let place = one.stop().await;
    let one = world.restart(1, place).await;
    assert_eq!(
        one.configurations.all(),
        [(1, "good".into()), (2, "bad".into())]
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_of_another_version_serves_and_writes_nothing() {
    let world = World::with(&[1]).await;
    let one = world.start(1).await;
    one.sign_up("alice").await.unwrap();
    let place = one.stop().await;
    let older = settings_of("0.9.0");
    let one = world.restart_with(1, place, older).await;
    one.until(|it| it.phase.word() == "frozen").await;
    assert!(one.find("alice").await.unwrap().is_some());
    let error = one.sign_up("bob").await.unwrap_err();
    let why = std::error::Error::source(&error).unwrap().to_string();
    assert!(why.contains("0.9.0") && why.contains("1.0.0"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_was_updated_states_it_and_writes() {
    let mut world = World::with(&[1]).await;
    let one = world.start(1).await;
    one.until_level(&world).await;
    let place = one.stop().await;
    let policy = Policy::window(1, "1.0.0", "1.1.0");
    world.state(&Action::PolicySet { policy }).await;
    let one = world.restart_with(1, place, settings_of("1.1.0")).await;
    one.until(|it| it.chain.position == 3).await;
    one.sign_up("alice").await.unwrap();
    world.catch_up().await;
    let programs: Vec<_> = world.chain.nodes().map(|(_, program)| program).collect();
    assert_eq!(programs, ["1.1.0"]);
}

#[tokio::test(start_paused = true)]
async fn a_token_whose_time_is_up_is_withdrawn() {
    let mut world = World::with(&[1, 2]).await;
    let (one, _other) = (world.start(1).await, world.start(2).await);
    world.mint_token(50, Duration::from_mins(30)).await;
    let minted = world.chain.len();
    one.until_level(&world).await;
    tokio::time::sleep(Duration::from_mins(20)).await;
    world.catch_up().await;
    assert_eq!(world.chain.len(), minted);
    one.until(|it| it.chain.position >= minted).await;
    world.catch_up().await;
    let token = world.chain.standing(keys(50).id()).unwrap();
    assert!(token.revoked().is_some());
    assert_eq!(world.chain.len(), minted + 1);
}

fn settings_of(program: &str) -> sso_sync::node::NodeSettings {
    sso_sync::node::NodeSettings::new("server-1", program).seed(1)
}

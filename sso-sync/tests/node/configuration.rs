//! Configurations come into force, or are refused with the reason.

use crate::world::World;

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

fn settings_of(program: &str) -> sso_sync::node::NodeSettings {
    sso_sync::node::NodeSettings::new("server-1", program).seed(1)
}

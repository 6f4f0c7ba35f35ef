//! Several processes over one store, and answers that get lost.

use super::*;

#[tokio::test]
async fn what_one_process_commits_the_other_builds_on() {
    let mut world = World::with([1]).await;
    let other = World::over(
        TestFeed::new(),
        Arc::clone(&world.hub.store),
        Arc::clone(&world.hub.documents),
    );
    for number in 2..8 {
        let hub = if number % 2 == 0 { &other } else { &world };
        let mut node = hub.member_of(1, world.id()).await;
        let batch = {
            let feed = &mut world.feed;
            feed.commit(&[number % 3]);
            feed.batches.last().unwrap().clone()
        };
        let hub = if number % 2 == 0 { &other } else { &world };
        assert_eq!(hub.commit(&mut node, &batch).await.code(), "", "{number}");
    }
    let mut node = world.node(1).await;
    assert_eq!(world.head(&mut node).await, world.feed.hub_head());
}

#[tokio::test]
async fn a_revocation_in_one_process_counts_in_the_other() {
    let world = World::with([]).await;
    let other = World::over(
        TestFeed::new(),
        Arc::clone(&world.hub.store),
        Arc::clone(&world.hub.documents),
    );
    let mut node = other.member_of(2, world.id()).await;
    assert_eq!(other.get(&mut node, "head").await.code(), "");
    let revoked = world.feed.domain.node_revoked(2);
    let statement = world.feed.domain.sign(ADMINISTRATOR, &revoked);
    let mut administrator = world.administrator();
    world
        .post(&mut administrator, "chain?position=3", &statement)
        .await;
    assert_eq!(other.get(&mut node, "head").await.code(), "revoked");
}

#[tokio::test]
async fn a_session_of_one_process_is_unknown_to_the_other() {
    let world = World::with([]).await;
    let other = World::over(
        TestFeed::new(),
        Arc::clone(&world.hub.store),
        Arc::clone(&world.hub.documents),
    );
    let mut node = world.node(1).await;
    assert_eq!(other.get(&mut node, "head").await.code(), "unknown-session");
}

#[cfg(feature = "testkit")]
#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_unknown_and_taken_again() {
    use crate::store::Seq;
    use crate::testkit::{Loss, LostReplies};

    for (loss, after) in [(Loss::Answer, ""), (Loss::Request, "")] {
        let store = Arc::new(LostReplies::new(OnKv::new(MemoryStore::new())));
        let world = World::over(
            TestFeed::with([1]),
            Arc::clone(&store) as _,
            Arc::new(MemoryStore::new()),
        );
        world.create(&world.feed.domain).await;
        world.tell_everything().await;
        let mut world = world;
        let batch = world.feed.draft(&[2]);
        let mut node = world.node(1).await;
        store.lose(loss);
        let answer = world.commit(&mut node, &batch).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (500, "unknown"));
        assert_eq!(world.commit(&mut node, &batch).await.code(), after);
        assert_eq!(world.head(&mut node).await.seq, Seq::new(2));
    }
}

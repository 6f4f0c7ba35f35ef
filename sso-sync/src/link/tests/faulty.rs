//! A link that fails on purpose, and what a client makes of it.

use super::*;
use crate::store::Seq;
use crate::testkit::{Fault, Faults, FaultyLink};

#[tokio::test(start_paused = true)]
async fn what_is_lost_is_not_done_and_what_is_lost_on_the_way_back_is() {
    let mut world = World::with([1]).await;
    let batch = world.feed.draft(&[2]);
    let link = faulty(&world, 1, Faults::none());
    let node = world.node_over(Arc::clone(&link) as _, 1);
    node.head(None, Duration::ZERO).await.unwrap();

    link.suffer(Fault::LosesRequest);
    let lost = node.commit(Seq::new(1), &batch.batch).await;
    assert!(matches!(
        lost,
        Err(CallError::Link(LinkError::TimedOut { .. }))
    ));
    assert_eq!(seq(&node).await, Seq::new(1));

    link.suffer(Fault::LosesAnswer);
    let lost = node.commit(Seq::new(1), &batch.batch).await;
    assert!(matches!(
        lost,
        Err(CallError::Link(LinkError::Interrupted { .. }))
    ));
    assert_eq!(seq(&node).await, Seq::new(2));
    let again = node.commit(Seq::new(1), &batch.batch).await;
    assert_eq!(again.unwrap().seq, Seq::new(2));
    assert_eq!(link.suffered(), [Fault::LosesRequest, Fault::LosesAnswer]);
}

#[tokio::test]
async fn a_request_that_arrives_twice_is_done_once_and_answered() {
    for seed in 0..8 {
        let mut world = World::with([1]).await;
        let batch = world.feed.draft(&[2]);
        let link = faulty(&world, seed, Faults::none());
        let node = world.node_over(Arc::clone(&link) as _, 1);
        node.head(None, Duration::ZERO).await.unwrap();
        link.suffer(Fault::SendsTwice);
        let head = node.commit(Seq::new(1), &batch.batch).await.unwrap();
        assert_eq!(head.seq, Seq::new(2));
    }
}

#[tokio::test]
async fn another_status_is_told_as_what_it_says() {
    let world = World::with([1]).await;
    let link = faulty(&world, 1, Faults::none());
    let node = world.node_over(Arc::clone(&link) as _, 1);
    node.head(None, Duration::ZERO).await.unwrap();
    for code in [Code::UnknownDomain, Code::Revoked, Code::Unknown] {
        link.suffer(Fault::AnswersOtherwise(code));
        let error = node.head(None, Duration::ZERO).await.unwrap_err();
        assert_eq!(error.code(), Some(code));
    }
    // This one is mended by another session.
    link.suffer(Fault::AnswersOtherwise(Code::UnknownSession));
    node.head(None, Duration::ZERO).await.unwrap();
}

#[tokio::test]
async fn the_beginning_of_an_answer_is_malformed() {
    let world = World::with([1]).await;
    let link = faulty(&world, 1, Faults::none());
    let node = world.node_over(Arc::clone(&link) as _, 1);
    node.head(None, Duration::ZERO).await.unwrap();
    link.suffer(Fault::Truncates);
    let error = node.head(None, Duration::ZERO).await;
    assert!(matches!(error, Err(CallError::Malformed(_))));
}

#[tokio::test(start_paused = true)]
async fn what_is_late_is_overtaken() {
    let mut world = World::with([1]).await;
    let batch = world.feed.draft(&[2]);
    let link = faulty(&world, 1, Faults::none());
    let node = world.node_over(Arc::clone(&link) as _, 1);
    node.head(None, Duration::ZERO).await.unwrap();
    link.suffer(Fault::DelaysRequest(Duration::from_secs(3)));
    let late = node.head(None, Duration::ZERO);
    let early = async {
        tokio::task::yield_now().await;
        node.commit(Seq::new(1), &batch.batch).await
    };
    let (late, early) = tokio::join!(late, early);
    assert_eq!(late.unwrap(), early.unwrap());
}

#[tokio::test]
async fn a_cut_breaks_what_is_under_way_and_lasts_until_it_is_mended() {
    let world = World::with([1]).await;
    let link = faulty(&world, 1, Faults::none());
    let node = world.node_over(Arc::clone(&link) as _, 1);
    let waits = node.head(Some((3, Seq::new(1))), HOUR);
    let cuts = async {
        while world.hub.counts().waiting == 0 {
            tokio::task::yield_now().await;
        }
        link.cut();
    };
    let (broken, ()) = tokio::join!(waits, cuts);
    assert!(matches!(
        broken,
        Err(CallError::Link(LinkError::Interrupted { .. }))
    ));
    let cut = node.head(None, Duration::ZERO).await;
    assert!(matches!(
        cut,
        Err(CallError::Link(LinkError::Unreachable { .. }))
    ));
    link.mend();
    assert_eq!(seq(&node).await, Seq::new(1));
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_has_the_same_faults() {
    let mut histories = Vec::new();
    for seed in [7, 7, 8] {
        let world = World::with([1]).await;
        let link = faulty(&world, seed, Faults::of_every_kind(100));
        let node = world.node_over(Arc::clone(&link) as _, 1);
        for _ in 0..100 {
            drop(node.head(None, Duration::ZERO).await);
        }
        histories.push(link.suffered());
    }
    assert_eq!(histories[0], histories[1]);
    assert_ne!(histories[0], histories[2]);
}

#[tokio::test(start_paused = true)]
async fn whoever_tries_again_comes_through_a_bad_network() {
    let world = World::with([]).await;
    let faults = Faults::of_every_kind(50);
    let link = faulty(&world, 11, faults);
    let mut feed = world.feed;
    let keys = Arc::new(keys(1));
    let node = HubClient::new(Arc::clone(&link) as _, feed.domain.chain.domain(), keys);
    for number in 1..=40 {
        let batch = feed.draft(&[number]);
        let after = Seq::new(batch.first.number() - 1);
        let mut tries = 0;
        while node.commit(after, &batch.batch).await.is_err() {
            tries += 1;
            assert!(tries < 50, "it never comes through");
        }
        let step = feed.server.take(&feed.domain, &batch);
        assert!(matches!(step, crate::feed::Step::Apply(_)), "{step:?}");
    }
    link.set_faults(Faults::none());
    assert_eq!(seq(&node).await, Seq::new(40));
}

fn faulty(world: &World, seed: u64, faults: Faults) -> Arc<FaultyLink> {
    Arc::new(FaultyLink::new(Arc::clone(&world.link), seed, faults))
}

async fn seq(node: &HubClient) -> Seq {
    node.head(None, Duration::ZERO).await.unwrap().seq
}

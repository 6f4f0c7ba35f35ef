//! Batches, and who may commit which.

use super::*;
use crate::feed::tests::with_records;
use crate::store::Seq;
use crate::wire::FeedPage;

#[tokio::test]
async fn batches_are_read_as_they_were_committed() {
    let world = World::with([1, 2, 3]).await;
    let mut node = world.node(2).await;
    assert_eq!(world.head(&mut node).await, world.feed.hub_head());
    let page: FeedPage = world.get(&mut node, "feed?after=1").await.read();
    let FeedPage::Batches(batches) = page else {
        panic!("nothing was compacted")
    };
    let firsts: Vec<_> = batches.iter().map(|batch| batch.first).collect();
    assert_eq!(firsts, [Seq::new(2), Seq::new(3)]);
    assert_eq!(batches[0].records, world.feed.batches[1].batch.records());
    assert_eq!(world.hub.counts().records, 3);
}

#[tokio::test]
async fn of_two_batches_on_one_head_one_wins() {
    let mut world = World::with([1]).await;
    let (mine, theirs) = (world.feed.draft(&[2]), world.feed.draft(&[3]));
    let mut node = world.node(1).await;
    assert_eq!(world.commit(&mut node, &mine).await.code(), "");
    let answer = world.commit(&mut node, &theirs).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (409, "conflict"));
    assert_eq!(
        world.commit(&mut node, &mine).await.code(),
        "",
        "its answer was lost"
    );
    assert_eq!(world.head(&mut node).await.seq, Seq::new(2));
}

#[tokio::test]
async fn a_batch_whose_records_were_changed_is_refused() {
    let mut world = World::with([1]).await;
    let honest = world.feed.draft(&[2, 3]);
    let mut records = honest.batch.records().to_vec();
    records.swap(0, 1);
    let mut node = world.node(1).await;
    let answer = world
        .commit(&mut node, &with_records(&honest, records))
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (409, "wrong-records")
    );
    assert_eq!(world.commit(&mut node, &honest).await.code(), "");
}

#[tokio::test]
async fn a_batch_with_an_old_version_is_refused() {
    let mut world = World::with([1]).await;
    let mut record = world.feed.record(crate::feed::tests::id(1), 2);
    let good = world.feed.draft_of(vec![record.clone()]).unwrap();
    record = world.feed.record(record.id, 1);
    let mut other = TestFeed::new();
    std::mem::swap(&mut other.domain, &mut world.feed.domain);
    let old = other.draft_of(vec![record]).unwrap();
    std::mem::swap(&mut other.domain, &mut world.feed.domain);
    let mut node = world.node(1).await;
    let shifted = FeedBatch {
        first: Seq::new(2),
        batch: old.batch,
    };
    assert_eq!(world.commit(&mut node, &shifted).await.status.as_u16(), 409);
    assert_eq!(world.commit(&mut node, &good).await.code(), "");
}

#[tokio::test]
async fn who_brings_a_batch_need_not_be_its_writer() {
    let mut world = World::with([1]).await;
    let batch = world.feed.draft(&[2]);
    let mut other = world.node(2).await;
    assert_eq!(world.commit(&mut other, &batch).await.code(), "");
}

#[tokio::test]
async fn administrators_and_strangers_commit_nothing() {
    let mut world = World::with([1]).await;
    let batch = world.feed.draft(&[2]);
    let mut administrator = world.administrator();
    assert_eq!(
        world.commit(&mut administrator, &batch).await.code(),
        "not-permitted"
    );
}

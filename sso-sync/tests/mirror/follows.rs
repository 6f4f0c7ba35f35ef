//! Following both logs.

use std::sync::Arc;

use sso_sync::chain::FeedMark;
use sso_sync::feed::{Refusal, Step};
use sso_sync::mirror::{Lookup, MirrorError};
use sso_sync::store::{Batch, Feed, FeedBatch};

use crate::world::{World, id, memory, seq};

#[tokio::test]
async fn a_batch_that_counts_is_there_after_a_start() {
    let mut world = World::with_users(0..20).await;
    let place = memory();
    let mut mirror = world.create(Arc::clone(&place) as _).await;
    world.follow(&mut mirror).await;
    let batch = world.commit(&[3, 20]).await;
    world.follow(&mut mirror).await;
    let known = mirror.take_batch(&batch).await.unwrap();
    assert_eq!(known, Step::Known);
    drop(mirror);
    let mut mirror = world.open(place).await;
    world.same(&mut mirror).await;
}

#[tokio::test]
async fn a_batch_that_is_refused_leaves_no_trace() {
    let mut world = World::with_users(0..20).await;
    let place = memory();
    let mut mirror = world.filled(Arc::clone(&place) as _).await;
    let good = world.draft(&[3]).await;
    let forged = with_a_changed_record(&good);
    let writes = place.writes();
    let refused = mirror.take_batch(&forged).await.unwrap();
    assert_eq!(refused, Step::Refuse(Refusal::WrongRecords));
    assert_eq!(place.writes(), writes);
    world.same(&mut mirror).await;
    let step = mirror.take_batch(&good).await.unwrap();
    assert!(matches!(step, Step::Apply(_)), "{step:?}");
}

#[tokio::test]
async fn where_a_hub_ends_tells_what_follows() {
    let mut world = World::with_users(0..20).await;
    let mut mirror = world.filled(memory()).await;
    let old = world.head().await;
    assert_eq!(mirror.on_head(&old), Step::Wait);
    world.commit(&[3]).await;
    let after = old.seq;
    let head = world.head().await;
    assert_eq!(mirror.on_head(&head), Step::FetchFeed { after });
    world.follow(&mut mirror).await;
    assert_eq!(mirror.on_head(&old), Step::SendFeed { after });
}

#[tokio::test]
async fn a_witness_of_another_history_stops_writes_until_a_person_decides() {
    let world = World::with_users(0..20).await;
    let mut mirror = world.filled(memory()).await;
    let mut mark: FeedMark = mirror.follower().head().mark;
    mark.hash = sso_sync::Digest::ZERO;
    let step = mirror.on_witness(mark);
    assert!(
        matches!(&step, Step::Refuse(it) if it.is_fork()),
        "{step:?}"
    );
    assert!(mirror.follower().stopped().is_some());
    let joined = mirror.join(&world.head().await, &world.digests()).await;
    assert!(matches!(joined, Err(MirrorError::Feed(_))), "{joined:?}");
    mirror.settle(seq(0)).await.unwrap();
    assert!(mirror.follower().stopped().is_none());
}

#[tokio::test]
async fn statements_count_one_after_the_other() {
    let mut world = World::new().await;
    let place = memory();
    let mut mirror = world.create(Arc::clone(&place) as _).await;
    let first = world.revise().await;
    let second = world.revise().await;
    let refused = mirror.take_statements(std::slice::from_ref(&second)).await;
    assert!(matches!(refused, Err(MirrorError::Chain(_))), "{refused:?}");
    let taken = mirror.take_statements(&[first.clone(), second]).await;
    assert_eq!(taken.unwrap().len(), 2);
    assert!(mirror.take_statements(&[first]).await.unwrap().is_empty());
    assert_eq!(mirror.chain(), world.writer.chain());
    assert_eq!(mirror.statements(0).await.unwrap(), world.statements);
    drop(mirror);
    let mirror = world.open(place).await;
    assert_eq!(mirror.chain(), world.writer.chain());
}

#[tokio::test]
async fn a_hub_is_seeded_again_with_what_a_mirror_has() {
    let mut world = World::with_users(0..20).await;
    world.commit(&[3]).await;
    world.commit(&[4]).await;
    let mut mirror = world.create(memory()).await;
    world.follow(&mut mirror).await;
    let Feed::Batches(batches) = mirror.feed(seq(20)).await.unwrap() else {
        panic!("nothing was compacted")
    };
    let mut server = world.create(memory()).await;
    for batch in batches_of(mirror.feed(seq(0)).await.unwrap()) {
        server.take_batch(&batch).await.unwrap();
    }
    assert_eq!(batches.len(), 2);
    world.same(&mut server).await;
}

#[tokio::test]
async fn compaction_keeps_what_the_hub_may_lack() {
    let mut world = World::new().await;
    for user in 0..10 {
        world.commit(&[user]).await;
    }
    let mut mirror = world.create(memory()).await;
    world.follow(&mut mirror).await;
    mirror.compact(2, seq(10)).await.unwrap();
    assert_eq!(mirror.feed(seq(7)).await.unwrap(), Feed::Compacted(seq(8)));
    assert_eq!(batches_of(mirror.feed(seq(8)).await.unwrap()).len(), 2);
    for user in 10..20 {
        world.commit(&[user % 10]).await;
    }
    world.follow(&mut mirror).await;
    mirror.compact(2, seq(12)).await.unwrap();
    assert_eq!(batches_of(mirror.feed(seq(12)).await.unwrap()).len(), 8);
    assert_eq!(
        mirror.feed(seq(11)).await.unwrap(),
        Feed::Compacted(seq(12))
    );
    world.same(&mut mirror).await;
}

#[tokio::test]
async fn what_was_given_up_in_the_middle_is_looked_for() {
    let mut world = World::with_users(0..20).await;
    let mut mirror = world.filled(memory()).await;
    let batch = world.commit(&[3]).await;
    let mut taking = Box::pin(mirror.take_batch(&batch));
    let polled = std::future::poll_fn(|context| {
        std::task::Poll::Ready(taking.as_mut().poll(context).is_ready())
    });
    polled.await;
    drop(taking);
    let again = mirror.take_batch(&batch).await.unwrap();
    assert!(matches!(again, Step::Apply(_) | Step::Known), "{again:?}");
    world.same(&mut mirror).await;
    let found = mirror.find(&id(3)).await.unwrap();
    assert!(matches!(found, Lookup::Live(_)), "{found:?}");
}

fn batches_of(feed: Feed) -> Vec<FeedBatch> {
    match feed {
        Feed::Batches(batches) => batches,
        Feed::Compacted(through) => panic!("compacted up to {through}"),
    }
}

fn with_a_changed_record(batch: &FeedBatch) -> FeedBatch {
    let mut records = batch.batch.records().to_vec();
    let mut body = records[0].body.to_vec();
    *body.last_mut().unwrap() ^= 1;
    records[0].body = body.into();
    FeedBatch {
        first: batch.first,
        batch: Batch::new(batch.batch.envelope().clone(), records).unwrap(),
    }
}

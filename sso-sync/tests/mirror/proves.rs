//! Before everything is held: single buckets and records.

use sso_sync::feed::{ListingError, Step, WriteError};
use sso_sync::mirror::{Located, Lookup, Mirror, MirrorError};

use crate::world::{World, bucket, id, keys, live, memory};

#[tokio::test]
async fn a_bucket_is_proven_before_it_answers() {
    let world = World::with_users(0..600).await;
    let mut mirror = joined(&world).await;
    assert_eq!(mirror.find(&id(1)).await.unwrap(), Lookup::Unproven(None));

    prove(&world, &mut mirror, 1).await;
    let stored = world.records(&[id(1)]).await;
    let not_here = Lookup::NotHere(live(&stored[0].record));
    assert_eq!(mirror.find(&id(1)).await.unwrap(), not_here);
    assert_eq!(mirror.hold(stored.clone()).await, 1);
    let found = mirror.find(&id(1)).await.unwrap();
    assert_eq!(found, Lookup::Live(stored[0].clone()));

    let absent = (600..).find(|it| bucket(*it) == bucket(1)).unwrap();
    assert_eq!(mirror.find(&id(absent)).await.unwrap(), Lookup::Absent);
}

#[tokio::test]
async fn a_listing_that_hides_a_record_proves_nothing() {
    let world = World::with_users(0..600).await;
    let mut mirror = joined(&world).await;
    let mut listing = world.listing(bucket(1)).await;
    listing.remove(0);
    let refused = mirror.prove(bucket(1), listing).unwrap_err();
    let wrong = matches!(refused, MirrorError::Listing(ListingError::WrongListing));
    assert!(wrong, "{refused:?}");
    assert_eq!(mirror.find(&id(1)).await.unwrap(), Lookup::Unproven(None));
}

#[tokio::test]
async fn an_older_record_is_not_held() {
    let mut world = World::with_users(0..600).await;
    let old = world.records(&[id(1)]).await;
    world.commit(&[1]).await;
    let mut mirror = joined(&world).await;
    prove(&world, &mut mirror, 1).await;
    assert_eq!(mirror.hold(old).await, 0);
    let found = mirror.find(&id(1)).await.unwrap();
    assert!(matches!(found, Lookup::NotHere(_)), "{found:?}");
}

#[tokio::test]
async fn a_proven_bucket_follows_the_feed() {
    let mut world = World::with_users(0..600).await;
    let mut mirror = joined(&world).await;
    prove(&world, &mut mirror, 1).await;
    world.commit(&[1, 2]).await;
    world.follow(&mut mirror).await;
    for user in [1, 2] {
        let found = mirror.find(&id(user)).await.unwrap();
        let stored = world.records(&[id(user)]).await.remove(0);
        assert_eq!(found, Lookup::Live(stored));
    }
    // The bucket of user 2 was touched while it was not held.
    let listing = world.listing(bucket(2)).await;
    let stale = mirror.prove(bucket(2), listing).unwrap_err();
    let is_stale = matches!(stale, MirrorError::Listing(ListingError::Stale));
    assert!(is_stale, "{stale:?}");
    mirror.learn(&world.digests()).unwrap();
    prove(&world, &mut mirror, 2).await;
}

#[tokio::test]
async fn a_new_user_is_written_once_the_bucket_is_proven() {
    let mut world = World::with_users(0..600).await;
    let mut mirror = joined(&world).await;
    let record = world.next(900).await;
    assert_eq!(mirror.unproven([&record]), [bucket(900)]);
    let refused = mirror.write(&keys(2), vec![record.clone()]).await;
    let unproven = matches!(refused, Err(MirrorError::Write(WriteError::Unproven)));
    assert!(unproven, "{refused:?}");

    prove(&world, &mut mirror, 900).await;
    assert!(mirror.unproven([&record]).is_empty());
    let batch = mirror.write(&keys(2), vec![record]).await.unwrap();
    let first = mirror.follower().head().mark.seq.plus(1);
    let batch = sso_sync::store::FeedBatch { first, batch };
    for taker in [&mut mirror, &mut world.writer] {
        let step = taker.take_batch(&batch).await.unwrap();
        assert!(matches!(step, Step::Apply(_)), "{step:?}");
    }
}

#[tokio::test]
async fn an_id_is_located_by_how_it_begins() {
    let world = World::with_users(0..600).await;
    let prefix = |user| *id(user).as_bytes().first_chunk::<14>().unwrap();
    let complete = world.filled(memory()).await.reader();
    let found = complete.locate(&prefix(1)).await.unwrap();
    assert_eq!(found, Located::Id(id(1)));
    let found = complete.locate(&prefix(601)).await.unwrap();
    assert_eq!(found, Located::Absent);

    let mut partial = joined(&world).await;
    let reader = partial.reader();
    let found = reader.locate(&prefix(1)).await.unwrap();
    assert_eq!(found, Located::Unproven(None));
    prove(&world, &mut partial, 1).await;
    let found = reader.locate(&prefix(1)).await.unwrap();
    assert_eq!(found, Located::Id(id(1)));
}

async fn joined(world: &World) -> Mirror {
    let mut mirror = world.create(memory()).await;
    world.join(&mut mirror).await;
    mirror
}

async fn prove(world: &World, mirror: &mut Mirror, user: u64) {
    let listing = world.listing(bucket(user)).await;
    mirror.prove(bucket(user), listing).unwrap();
}

//! Whole sets: buckets, listings, snapshots, single records.

use super::*;
use crate::Digest;
use crate::feed::tests::id;
use crate::feed::{Listed, Live, SetHash};
use crate::store::RecordId;
use crate::wire::{BucketDigests, Found, Listing, SnapshotPart, Wanted};

#[tokio::test]
async fn the_digests_of_all_buckets_are_those_of_the_head() {
    let mut world = World::with([1, 2, 1]).await;
    let mut node = world.node(2).await;
    let buckets: BucketDigests = world.get(&mut node, "buckets").await.read();
    let digests: Vec<Digest> = buckets.iter().collect();
    assert_eq!(digests, world.feed.digests());
    let commitment = world.feed.server.follower.head().commitment;
    assert!(SetHash::from_digests(&digests, &commitment).is_some());
}

#[tokio::test]
async fn a_listing_proves_its_bucket() {
    let mut world = World::with([1, 1, 2]).await;
    let mut node = world.node(2).await;
    let listing: Listing = world.get(&mut node, "buckets/01").await.read();
    assert_eq!((listing.records.len(), listing.records[0].version), (1, 2));
    let listed = listing.records.iter().map(|it| Listed {
        id: it.id,
        live: Live {
            version: it.version,
            digest: it.digest,
        },
    });
    let listed: Vec<_> = listed.collect();
    let commitment = world.feed.server.follower.head().commitment;
    let mut set = SetHash::from_digests(&world.feed.digests(), &commitment).unwrap();
    assert_eq!(set.hold(1, &listed), Ok(()));
    let empty: Listing = world.get(&mut node, "buckets/09").await.read();
    assert!(empty.records.is_empty());
}

#[tokio::test]
async fn a_listing_goes_on_after_an_id() {
    let world = World::with([1]).await;
    let mut node = world.node(2).await;
    let path = "buckets/01?after=AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";
    let rest: Listing = world.get(&mut node, path).await.read();
    assert!(rest.records.is_empty());
    assert_eq!(id(1), RecordId::new([1; 32]));
    let answer = world.get(&mut node, "buckets/01?after=AQ").await;
    assert_eq!(answer.code(), "malformed");
}

#[tokio::test]
async fn single_records_and_snapshots_have_what_is_live() {
    let world = World::with([1, 2, 1]).await;
    let mut node = world.node(2).await;
    let wanted = Wanted(vec![id(1), id(9)]).to_bytes();
    let found: Found = world.post(&mut node, "records", &wanted).await.read();
    let places: Vec<_> = found.0.iter().map(|it| it.seq.number()).collect();
    assert_eq!(places, [3]);
    let part: SnapshotPart = world.get(&mut node, "snapshot").await.read();
    let live = part.records.iter().filter(|it| it.seq.number() > 1);
    assert_eq!((live.count(), part.next.as_str()), (2, ""));
}

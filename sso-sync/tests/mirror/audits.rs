//! Full Sync: what is wrong on the disk is found and repaired while serving goes on.

use std::sync::Arc;

use sso_sync::mirror::{Condition, Lookup, Mirror, MirrorError, Place, SqlitePlace};
use sso_sync::store::{RecordId, Stored};

use crate::world::{World, bucket, id, memory};

#[tokio::test]
async fn users_of_a_history_that_was_forsaken_are_not_repaired() {
    let world = World::with_users(0..20).await;
    let mut mirror = world.filled(memory()).await;
    let listing = world.listing(bucket(3)).await;
    let head = world.head().await;
    mirror.go_over(&head, &world.digests()).await.unwrap();
    let audited = mirror.audit().await;
    assert!(matches!(audited, Err(MirrorError::Unfilled)), "{audited:?}");
    let repaired = mirror.repair(bucket(3), &listing, Vec::new()).await;
    let is_refused = matches!(repaired, Err(MirrorError::Unfilled));
    assert!(is_refused, "{repaired:?}");
    world.fill(&mut mirror).await;
    world.same(&mut mirror).await;
}

#[tokio::test]
async fn damage_on_the_disk_is_found_and_repaired() {
    for place in [memory() as Arc<dyn Place>, in_folder()] {
        let mut world = World::with_users(0..300).await;
        let old = world.records(&[id(3)]).await;
        world.commit(&[3]).await;
        let mut mirror = world.filled(Arc::clone(&place)).await;
        damage(&world, &*place, &old).await;

        let audit = mirror.audit().await.unwrap();
        let mut expected = vec![bucket(1), bucket(3), bucket(900)];
        expected.sort_unstable();
        assert_eq!(audit.differing, expected);
        assert_eq!(audit.records, 300);
        assert!(!mirror.take_audit(audit.clone()).await.unwrap());
        assert_eq!(mirror.conditions(), [Condition::UsersDamaged]);
        repair(&world, &mut mirror, &audit.differing).await;
        world.same(&mut mirror).await;
        let audit = mirror.audit().await.unwrap();
        assert!(mirror.take_audit(audit).await.unwrap());
        assert_eq!(mirror.conditions(), []);
        assert_eq!(mirror.find(&id(900)).await.unwrap(), Lookup::Absent);
        world.commit(&[1, 3]).await;
        world.follow(&mut mirror).await;
        world.same(&mut mirror).await;
    }
}

#[tokio::test]
async fn damage_that_a_start_finds_is_named_and_repaired() {
    for place in [memory() as Arc<dyn Place>, in_folder()] {
        let mut world = World::with_users(0..300).await;
        let old = world.records(&[id(3)]).await;
        world.commit(&[3]).await;
        drop(world.filled(Arc::clone(&place)).await);
        damage(&world, &*place, &old).await;

        let mut mirror = world.open(place).await;
        mirror.ready().await;
        let digests = world.digests();
        mirror.differing(&digests).await.unwrap();
        assert_eq!(mirror.conditions(), [Condition::UsersDamaged]);
        assert!(!mirror.is_complete());
        let found = mirror.find(&id(5)).await.unwrap();
        assert!(matches!(found, Lookup::Unproven(Some(_))), "{found:?}");

        let audit = mirror.audit().await.unwrap();
        repair(&world, &mut mirror, &audit.differing).await;
        let audit = mirror.audit().await.unwrap();
        assert!(mirror.take_audit(audit).await.unwrap());
        assert_eq!(mirror.conditions(), []);
        world.same(&mut mirror).await;
    }
}

#[tokio::test]
async fn damage_is_filled_over_as_well() {
    let mut world = World::with_users(0..300).await;
    let place = memory();
    let old = world.records(&[id(3)]).await;
    world.commit(&[3]).await;
    drop(world.filled(Arc::clone(&place) as _).await);
    damage(&world, &*place, &old).await;
    let mut mirror = world.open(place).await;
    world.commit(&[4]).await;
    world.follow(&mut mirror).await;
    assert_eq!(mirror.conditions(), [Condition::UsersDamaged]);
    let audit = mirror.audit().await;
    assert!(matches!(audit, Err(MirrorError::Unfilled)), "{audit:?}");
    world.fill(&mut mirror).await;
    assert_eq!(mirror.conditions(), []);
}

#[tokio::test]
async fn what_a_hub_lists_wrongly_repairs_nothing() {
    let world = World::with_users(0..300).await;
    let mut mirror = world.filled(memory()).await;
    let mut listing = world.listing(bucket(3)).await;
    listing.retain(|it| it.id != id(3));
    let compared = mirror.compare(bucket(3), &listing).await;
    assert!(
        matches!(compared, Err(MirrorError::Listing(_))),
        "{compared:?}"
    );
    let repaired = mirror.repair(bucket(3), &listing, Vec::new()).await;
    assert!(
        matches!(repaired, Err(MirrorError::Listing(_))),
        "{repaired:?}"
    );
    let mut digests = world.digests();
    digests.swap(1, 2);
    let differing = mirror.differing(&digests).await;
    assert!(
        matches!(differing, Err(MirrorError::Listing(_))),
        "{differing:?}"
    );
    world.same(&mut mirror).await;
}

#[tokio::test]
async fn a_place_that_belongs_to_another_is_not_taken() {
    for place in [memory() as Arc<dyn Place>, in_folder()] {
        let world = World::with_users(0..300).await;
        let mut mirror = world.filled(Arc::clone(&place)).await;
        let users = users(&*place).await;
        let domain = world.domain();
        let remove = users.mend(&domain, vec![id(1)], Vec::new());
        remove.await.unwrap();
        let mut wrong = world.records(&[id(1)]).await;
        wrong[0].seq = world.records(&[id(2)]).await[0].seq;
        let listing = world.listing(bucket(1)).await;
        let left = mirror.repair(bucket(1), &listing, wrong).await.unwrap();
        assert_eq!(left.missing, [id(1)]);
        repair(&world, &mut mirror, &[bucket(1)]).await;
        world.same(&mut mirror).await;
    }
}

/// A record is missing, one is old, and one is too much.
async fn damage(world: &World, place: &dyn Place, old: &[Stored]) {
    let strange = Stored {
        seq: world.records(&[id(1)]).await[0].seq,
        record: world.next(900).await,
    };
    let users = users(place).await;
    let remove: Vec<RecordId> = vec![id(1), id(3)];
    let put = [old, &[strange]].concat();
    users.mend(&world.domain(), remove, put).await.unwrap();
}

async fn users(place: &dyn Place) -> Arc<dyn sso_sync::mirror::UserStore> {
    place.users(2).await.unwrap().unwrap()
}

async fn repair(world: &World, mirror: &mut Mirror, buckets: &[u8]) {
    // What is surplus goes first: it may have the place of what is missing.
    for fetch in [false, true] {
        for bucket in buckets {
            let listing = world.listing(*bucket).await;
            let difference = mirror.compare(*bucket, &listing).await.unwrap();
            let ids = [difference.missing, difference.changed].concat();
            let fetched = match fetch {
                true => world.records(&ids).await,
                false => Vec::new(),
            };
            let left = mirror.repair(*bucket, &listing, fetched).await.unwrap();
            assert!(left.surplus.is_empty(), "{left:?}");
            assert!(!fetch || left == sso_sync::mirror::Difference::default());
        }
    }
}

fn in_folder() -> Arc<dyn Place> {
    let folder = tempfile::tempdir().unwrap().keep();
    Arc::new(SqlitePlace::open(&folder).unwrap())
}

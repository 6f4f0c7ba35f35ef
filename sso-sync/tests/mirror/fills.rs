//! Becoming complete.

use std::sync::Arc;

use sso_sync::feed::ListingError;
use sso_sync::mirror::{Filled, Lookup, Mirror, MirrorError, Onward, Place, Progress, SqlitePlace};
use sso_sync::store::{DomainStore as _, Feed, SnapshotPage, Stored};

use crate::world::{PAGE, World, bucket, id, memory};

#[tokio::test]
async fn a_fresh_mirror_holds_everything_of_nothing() {
    let world = World::new().await;
    let mut mirror = world.create(memory()).await;
    world.same(&mut mirror).await;
    assert_eq!(mirror.find(&id(1)).await.unwrap(), Lookup::Absent);
}

#[tokio::test]
async fn a_filled_mirror_holds_everything() {
    let world = World::with_users(0..300).await;
    let mirror = world.filled(memory()).await;
    let found = mirror.find(&id(7)).await.unwrap();
    assert_eq!(Some(found), lookup(&world, 7).await);
    assert_eq!(mirror.find(&id(300)).await.unwrap(), Lookup::Absent);
    assert_eq!(mirror.filling(), None);
}

#[tokio::test]
async fn a_mirror_on_a_disk_is_filled_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let place = Arc::new(SqlitePlace::open(folder.path()).unwrap());
    let mut world = World::with_users(0..300).await;
    let mut mirror = world.filled(Arc::clone(&place) as _).await;
    world.commit(&[7, 300]).await;
    world.follow(&mut mirror).await;
    world.same(&mut mirror).await;
    world.fill(&mut mirror).await;
    drop(mirror);
    let mut mirror = world.open(place).await;
    world.same(&mut mirror).await;
    let files = std::fs::read_dir(folder.path()).unwrap();
    let users = files.filter(|it| it.as_ref().unwrap().file_name() == "users-3.db");
    assert_eq!(users.count(), 1);
}

#[tokio::test]
async fn while_others_write_a_filling_follows() {
    let mut world = World::with_users(0..200).await;
    let mut mirror = world.create(memory()).await;
    world.join(&mut mirror).await;
    mirror.begin_filling().await.unwrap();
    let mut cursor = None;
    let mut user = 150;
    loop {
        let page = world
            .store
            .snapshot(&world.domain(), cursor.as_ref(), PAGE)
            .await
            .unwrap();
        cursor.clone_from(&page.next);
        mirror.fill(page).await.unwrap();
        world.commit(&[user, user - 100]).await;
        user += 1;
        if user % 3 == 0 {
            world.follow(&mut mirror).await;
        }
        if cursor.is_none() {
            break;
        }
    }
    world.follow(&mut mirror).await;
    let finished = mirror.finish_filling(&world.digests()).await.unwrap();
    assert!(matches!(finished, Filled::Complete { .. }), "{finished:?}");
    world.same(&mut mirror).await;
}

#[tokio::test]
async fn a_filling_ends_at_a_head_that_has_everything_that_came_in() {
    let mut world = World::with_users(0..20).await;
    let mut mirror = world.create(memory()).await;
    world.join(&mut mirror).await;
    world.commit(&[3, 30]).await;
    let pages = world.pages(PAGE).await;
    let finished = fill_with(&world, &mut mirror, pages).await.unwrap();
    let until = world.writer.follower().head().mark.seq;
    assert_eq!(finished, Filled::Behind { until });
    assert!(!mirror.is_complete());
    world.follow(&mut mirror).await;
    let finished = mirror.finish_filling(&[]).await.unwrap();
    assert!(matches!(finished, Filled::Complete { .. }), "{finished:?}");
    world.same(&mut mirror).await;
}

#[tokio::test]
async fn pages_may_come_twice_and_in_any_order() {
    for place in [memory() as Arc<_>, in_folder()] {
        let mut world = World::with_users(0..200).await;
        let early = world.pages(PAGE).await;
        world.commit(&(50..150).collect::<Vec<_>>()).await;
        let mut pages = world.pages(PAGE).await;
        pages.extend(early);
        pages.reverse();
        pages.extend(pages[3..5].to_vec());
        let mut mirror = world.create(place).await;
        world.join(&mut mirror).await;
        let finished = fill_with(&world, &mut mirror, pages).await.unwrap();
        assert!(matches!(finished, Filled::Complete { .. }), "{finished:?}");
        world.same(&mut mirror).await;
    }
}

#[tokio::test]
async fn what_a_snapshot_hides_adds_or_ages_is_found_and_mended() {
    for place in [memory() as Arc<_>, in_folder()] {
        let mut world = World::with_users(0..200).await;
        let old = world.records(&[id(3)]).await;
        let old_place = old[0].seq;
        world.commit(&[3]).await;
        let strange = Stored {
            seq: old_place,
            record: world.next(900).await,
        };
        let mut pages = world.pages(usize::MAX).await;
        let records = &mut pages[0].records;
        records.retain(|it| it.record.id != id(1) && it.record.id != id(3));
        records.extend(old);
        records.push(strange);

        let mut mirror = world.create(place).await;
        world.join(&mut mirror).await;
        let finished = fill_with(&world, &mut mirror, pages).await.unwrap();
        let mut expected = vec![bucket(1), bucket(3), bucket(900)];
        expected.sort_unstable();
        assert_eq!(finished, Filled::Differs(expected.clone()));
        assert!(!mirror.is_complete());
        mend(&world, &mut mirror, &expected).await;
        let finished = mirror.finish_filling(&[]).await.unwrap();
        assert!(matches!(finished, Filled::Complete { .. }), "{finished:?}");
        world.same(&mut mirror).await;
    }
}

#[tokio::test]
async fn what_others_write_while_a_filling_is_mended_counts() {
    for place in [memory() as Arc<_>, in_folder()] {
        let mut world = World::with_users(0..200).await;
        let mut pages = world.pages(usize::MAX).await;
        pages[0].records.retain(|it| it.record.id != id(1));
        let mut mirror = world.create(place).await;
        world.join(&mut mirror).await;
        let finished = fill_with(&world, &mut mirror, pages).await.unwrap();
        assert_eq!(finished, Filled::Differs(vec![bucket(1)]));

        world.commit(&[1, 2, 700]).await;
        world.follow(&mut mirror).await;
        let finished = mirror.finish_filling(&world.digests()).await.unwrap();
        assert!(matches!(finished, Filled::Complete { .. }), "{finished:?}");
        world.same(&mut mirror).await;
    }
}

#[tokio::test]
async fn wrong_digests_are_refused_and_the_filling_goes_on() {
    let world = World::with_users(0..50).await;
    let mut mirror = world.create(memory()).await;
    let mut digests = world.digests();
    digests.swap(0, 1);
    let joined = mirror.join(&world.head().await, &digests).await;
    assert!(matches!(joined, Err(MirrorError::Feed(_))), "{joined:?}");
    assert!(mirror.is_complete(), "it is where it was");

    world.join(&mut mirror).await;
    let refused = mirror.learn(&digests).unwrap_err();
    let wrong = MirrorError::Listing(ListingError::WrongDigests);
    assert_eq!(refused.to_string(), wrong.to_string());
    world.fill(&mut mirror).await;
}

#[tokio::test]
async fn a_rebuild_beside_takes_the_place_of_what_is_in_use() {
    let mut world = World::with_users(0..100).await;
    let place = memory();
    let mut mirror = world.filled(Arc::clone(&place) as _).await;
    let reader = mirror.reader();
    mirror.begin_filling().await.unwrap();
    assert!(mirror.is_complete());
    for page in world.pages(PAGE).await {
        mirror.fill(page).await.unwrap();
        world.commit(&[5]).await;
        world.follow(&mut mirror).await;
        let found = reader.find(&id(5)).await.unwrap();
        assert_eq!(Some(found), lookup(&world, 5).await);
    }
    let filled = mirror.finish_filling(&[]).await.unwrap();
    assert!(
        matches!(filled, Filled::Complete { live: 100, .. }),
        "{filled:?}"
    );
    world.same(&mut mirror).await;
    let found = reader.find(&id(5)).await.unwrap();
    assert_eq!(Some(found), lookup(&world, 5).await);
}

#[tokio::test]
async fn a_server_that_was_away_for_long_serves_what_it_had_until_it_is_filled() {
    let mut world = World::with_users(0..100).await;
    let place = memory();
    let mut mirror = world.filled(Arc::clone(&place) as _).await;
    let before = mirror.find(&id(3)).await.unwrap();
    world.commit(&[3, 200]).await;
    world.join(&mut mirror).await;
    for _ in 0..2 {
        let Lookup::Live(before) = before.clone() else {
            panic!("{before:?}")
        };
        let found = mirror.find(&id(3)).await.unwrap();
        assert_eq!(found, Lookup::Unproven(Some(before)));
        let found = mirror.find(&id(200)).await.unwrap();
        assert_eq!(found, Lookup::Unproven(None));
        mirror = world.open(Arc::clone(&place) as _).await;
        assert!(
            !mirror.is_complete(),
            "a start does not forget the newer head"
        );
    }
    assert_eq!(mirror.feed(crate::world::seq(0)).await.unwrap(), {
        Feed::Compacted(mirror.follower().head().mark.seq)
    });
    world.fill(&mut mirror).await;
}

#[tokio::test]
async fn a_head_that_goes_back_is_not_joined() {
    let mut world = World::with_users(0..10).await;
    let (old, digests) = (world.head().await, world.digests());
    world.commit(&[3]).await;
    let mut mirror = world.filled(memory()).await;
    let joined = mirror.join(&old, &digests).await;
    assert!(matches!(joined, Err(MirrorError::Feed(_))), "{joined:?}");
    world.same(&mut mirror).await;
}

#[tokio::test]
async fn twenty_thousand_users_are_filled_and_found() {
    let folder = tempfile::tempdir().unwrap();
    let place = Arc::new(SqlitePlace::open(folder.path()).unwrap());
    let world = World::with_users(0..20_000).await;
    let mut mirror = world.create(place).await;
    world.join(&mut mirror).await;
    mirror.begin_filling().await.unwrap();
    let reader = mirror.reader();
    for page in world.pages(256 * 1024).await {
        mirror.fill(page).await.unwrap();
        let found = reader.find(&id(1)).await.unwrap();
        assert_eq!(found, Lookup::Unproven(None));
    }
    let filled = mirror.finish_filling(&[]).await.unwrap();
    assert!(matches!(filled, Filled::Complete { live: 20_000, .. }));
    world.same(&mut mirror).await;
    let found = reader.find(&id(19_999)).await.unwrap();
    assert_eq!(Some(found), lookup(&world, 19_999).await);
}

#[tokio::test]
async fn a_filling_that_was_given_up_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let place = Arc::new(SqlitePlace::open(folder.path()).unwrap());
    let world = World::with_users(0..50).await;
    let mut mirror = world.create(place).await;
    let names = || {
        let names = std::fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<_> = names.map(|it| it.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    mirror.begin_filling().await.unwrap();
    mirror
        .fill(world.pages(PAGE).await.remove(0))
        .await
        .unwrap();
    assert_ne!(names(), before);
    mirror.stop_filling().await.unwrap();
    assert_eq!(names(), before);
    let ended = mirror.finish_filling(&[]).await;
    assert!(matches!(ended, Err(MirrorError::NotFilling)), "{ended:?}");
}

#[tokio::test]
async fn a_filling_goes_on_where_it_was_when_the_process_ended() {
    for place in [memory() as Arc<dyn Place>, in_folder()] {
        let mut world = World::with_users(0..300).await;
        let mut mirror = world.create(Arc::clone(&place)).await;
        world.join(&mut mirror).await;
        mirror.begin_filling().await.unwrap();
        let pages = world.pages(PAGE).await;
        let (first, rest) = pages.split_at(3);
        for page in first {
            mirror.fill(page.clone()).await.unwrap();
        }
        let filling = mirror.filling();
        drop(mirror);
        world.commit(&[3, 400]).await;

        let mut mirror = world.open(Arc::clone(&place)).await;
        assert_eq!(mirror.filling(), None);
        world.follow(&mut mirror).await;
        let onward = go_on(&mut mirror).await.unwrap();
        assert_eq!(onward, Onward::Page(first[2].next.clone()));
        let done = |it: Option<Progress>| it.map(|it| it.records);
        assert_eq!(done(mirror.filling()), done(filling));
        for page in rest {
            mirror.fill(page.clone()).await.unwrap();
        }
        drop(mirror);

        let mut mirror = world.open(place).await;
        assert_eq!(go_on(&mut mirror).await, Some(Onward::End));
        let finished = mirror.finish_filling(&world.digests()).await.unwrap();
        let Filled::Differs(differing) = finished else {
            panic!("what others wrote meanwhile is missing: {finished:?}");
        };
        assert!(differing.len() <= 2);
        mend(&world, &mut mirror, &differing).await;
        let finished = mirror.finish_filling(&[]).await.unwrap();
        assert!(matches!(finished, Filled::Complete { .. }), "{finished:?}");
        world.same(&mut mirror).await;
        assert_eq!(go_on(&mut mirror).await, None);
    }
}

#[tokio::test]
async fn a_rebuild_that_was_interrupted_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let place = Arc::new(SqlitePlace::open(folder.path()).unwrap());
    let world = World::with_users(0..50).await;
    let mut mirror = world.filled(Arc::clone(&place) as _).await;
    mirror.begin_filling().await.unwrap();
    let page = world.pages(PAGE).await.remove(0);
    mirror.fill(page).await.unwrap();
    drop(mirror);
    let mut mirror = world.open(place).await;
    assert_eq!(go_on(&mut mirror).await, None);
    let names = std::fs::read_dir(folder.path()).unwrap();
    let names = names.map(|it| it.unwrap().file_name().into_string().unwrap());
    let left: Vec<_> = names.filter(|it| it.contains("draft")).collect();
    assert_eq!(left, Vec::<String>::new());
    world.same(&mut mirror).await;
}

/// As a driver does after a start.
async fn go_on(mirror: &mut Mirror) -> Option<Onward> {
    let found = mirror.interrupted_filling().await.unwrap()?;
    mirror.go_on_filling(found)
}

async fn fill_with(
    world: &World,
    mirror: &mut Mirror,
    pages: Vec<SnapshotPage>,
) -> Result<Filled, MirrorError> {
    mirror.begin_filling().await?;
    for page in pages {
        mirror.fill(page).await?;
    }
    mirror.finish_filling(&world.digests()).await
}

async fn mend(world: &World, mirror: &mut Mirror, buckets: &[u8]) {
    for bucket in buckets {
        let listing = world.listing(*bucket).await;
        let wanted = mirror.mend_filling(*bucket, &listing).await.unwrap();
        mirror.hold(world.records(&wanted).await).await;
    }
}

async fn lookup(world: &World, user: u64) -> Option<Lookup> {
    world.records(&[id(user)]).await.pop().map(Lookup::Live)
}

fn in_folder() -> Arc<dyn Place> {
    let folder = tempfile::tempdir().unwrap().keep();
    Arc::new(SqlitePlace::open(&folder).unwrap())
}

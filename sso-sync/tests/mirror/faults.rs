//! A disk that fails at any write.

use std::sync::Arc;

use sso_sync::feed::Step;
use sso_sync::mirror::{Filled, Mirror, MirrorError};
use sso_sync::store::{FeedBatch, Seq, StoreError};
use sso_sync::testkit::{DiskFault, MemoryPlace};

use crate::world::{PAGE, World, memory};

#[tokio::test(start_paused = true)]
async fn whichever_write_a_process_dies_at_what_is_left_is_right() {
    let mut world = World::with_users(0..20).await;
    world.revise().await;
    let batches = more(&mut world).await;
    let (place, mut total) = (memory(), 0);
    live(&world, &place, &batches, &mut total).await.unwrap();
    for fault in [DiskFault::DiesBefore, DiskFault::DiesAfter] {
        for write in 0..place.writes() {
            let place = memory();
            place.fail_after(write, fault);
            let mut acknowledged = 0;
            let died = live(&world, &place, &batches, &mut acknowledged).await;
            assert!(died.is_err(), "{fault:?} at write {write}");
            place.heal();
            is_right(&world, &place, acknowledged).await;
            live(&world, &place, &batches, &mut 0).await.unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whichever_write_finds_a_full_disk_everything_goes_on_once_there_is_room() {
    let mut world = World::with_users(0..20).await;
    let batches = more(&mut world).await;
    let place = memory();
    live(&world, &place, &batches, &mut 0).await.unwrap();
    for write in 0..place.writes() {
        let place = memory();
        place.fail_after(write, DiskFault::Full);
        let mut acknowledged = 0;
        let failed = live(&world, &place, &batches, &mut acknowledged).await;
        let full = matches!(failed, Err(MirrorError::Store(StoreError::Full(_))));
        assert!(full, "at write {write}: {failed:?}");
        is_right_or_empty(&world, &place, acknowledged).await;
        place.heal();
        live(&world, &place, &batches, &mut 0).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_fork_that_a_full_disk_did_not_take_is_kept_once_there_is_room() {
    let world = World::with_users(0..20).await;
    let place = memory();
    let mut mirror = world.filled(Arc::clone(&place) as _).await;
    place.fail_after(0, DiskFault::Full);
    let at = Some(Seq::new(7));
    assert!(mirror.keep_fork(at, 1).await.is_err());
    place.heal();
    mirror.keep_fork(at, 2).await.unwrap();
    drop(mirror);
    let kept = world.open(place).await.fork().unwrap();
    assert_eq!((kept.at, kept.since), (at, 2));
}

#[tokio::test(start_paused = true)]
async fn a_mirror_whose_disk_was_full_goes_on_itself() {
    let mut world = World::with_users(0..20).await;
    let place = memory();
    let mut mirror = world.filled(Arc::clone(&place) as _).await;
    let batch = world.commit(&[3]).await;
    let before = mirror.follower().clone();
    place.fail_after(0, DiskFault::Full);
    let failed = mirror.take_batch(&batch).await;
    let full = matches!(failed, Err(MirrorError::Store(StoreError::Full(_))));
    assert!(full, "{failed:?}");
    assert_eq!(mirror.follower(), &before);
    let statement = world.revise().await;
    let failed = mirror
        .take_statements(std::slice::from_ref(&statement))
        .await;
    assert!(failed.is_err());
    assert_eq!(mirror.chain().len() + 1, world.writer.chain().len());
    place.heal();
    mirror.take_statements(&[statement]).await.unwrap();
    let step = mirror.take_batch(&batch).await.unwrap();
    assert!(matches!(step, Step::Apply(_)), "{step:?}");
    world.same(&mut mirror).await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_lost_is_found_out() {
    for joined in [false, true] {
        let mut world = World::with_users(0..20).await;
        let place = memory();
        let mut mirror = world.create(Arc::clone(&place) as _).await;
        match joined {
            true => world.join(&mut mirror).await,
            false => world.follow(&mut mirror).await,
        }
        let batch = world.commit(&[3]).await;
        let statement = world.revise().await;
        place.fail_after(0, DiskFault::Lost);
        let step = mirror.take_batch(&batch).await.unwrap();
        assert!(matches!(step, Step::Apply(_)), "{step:?}");
        assert_eq!(mirror.take_statements(&[statement]).await.unwrap().len(), 1);
        place.heal();
        assert_eq!(mirror.follower().head(), world.writer.follower().head());
        assert_eq!(mirror.chain(), world.writer.chain());
        let reopened = world.open(place).await;
        assert_eq!(reopened.follower().head(), mirror.follower().head());
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_happened_while_nothing_could_be_read_is_found_later() {
    let mut world = World::with_users(0..20).await;
    let place = memory();
    let mut mirror = world.filled(Arc::clone(&place) as _).await;
    let batch = world.commit(&[3]).await;
    place.fail_after(0, DiskFault::DiesAfter);
    let failed = mirror.take_batch(&batch).await;
    assert!(matches!(failed, Err(MirrorError::Store(_))), "{failed:?}");
    place.heal();
    let step = mirror.take_batch(&batch).await.unwrap();
    assert_eq!(step, Step::Known);
    world.same(&mut mirror).await;
}

#[tokio::test(start_paused = true)]
async fn a_filling_that_finds_the_disk_full_is_begun_anew() {
    let world = World::with_users(0..20).await;
    let place = memory();
    let mut mirror = world.create(Arc::clone(&place) as _).await;
    world.join(&mut mirror).await;
    mirror.begin_filling().await.unwrap();
    for page in world.pages(PAGE).await {
        mirror.fill(page).await.unwrap();
    }
    place.fail_after(0, DiskFault::Full);
    let failed = mirror.finish_filling(&[]).await;
    assert!(matches!(failed, Err(MirrorError::Store(_))), "{failed:?}");
    assert!(!mirror.is_complete());
    assert_eq!(mirror.filling(), None);
    place.heal();
    world.fill(&mut mirror).await;
}

/// A server's life: made, filled while others write, followed. Counts the batches that count.
async fn live(
    world: &World,
    place: &Arc<MemoryPlace>,
    batches: &[FeedBatch],
    acknowledged: &mut usize,
) -> Result<(), MirrorError> {
    let place = Arc::clone(place) as Arc<_>;
    let mut mirror = match Mirror::open(Arc::clone(&place), world.domain()).await {
        Err(MirrorError::Empty) => {
            Mirror::create(place, world.domain(), &world.statements[..2]).await?
        }
        opened => opened?,
    };
    mirror.take_statements(&world.statements[1..]).await?;
    mirror
        .serve(mirror.chain().revisions().len() as u64)
        .await?;
    if !mirror.is_complete() || mirror.follower().head().mark.seq < batches[1].first {
        mirror.begin_filling().await?;
        take(&mut mirror, &batches[..2], acknowledged).await?;
        fill(world, &mut mirror).await?;
    }
    mirror.checkpoint().await?;
    take(&mut mirror, batches, acknowledged).await?;
    world.same(&mut mirror).await;
    Ok(())
}

async fn fill(world: &World, mirror: &mut Mirror) -> Result<(), MirrorError> {
    if mirror.is_complete() {
        mirror.stop_filling().await?;
    } else {
        mirror.join(&world.head().await, &world.digests()).await?;
        mirror.begin_filling().await?;
    }
    if mirror.filling().is_some() {
        for page in world.pages(PAGE).await {
            mirror.fill(page).await?;
        }
        let filled = mirror.finish_filling(&[]).await?;
        assert!(matches!(filled, Filled::Complete { .. }), "{filled:?}");
    }
    Ok(())
}

async fn take(
    mirror: &mut Mirror,
    batches: &[FeedBatch],
    acknowledged: &mut usize,
) -> Result<(), MirrorError> {
    for (number, batch) in batches.iter().enumerate() {
        match mirror.take_batch(batch).await? {
            Step::Apply(_) => *acknowledged = number + 1,
            Step::Known => {}
            step => panic!("{step:?}"),
        }
    }
    Ok(())
}

/// Some more batches; all there are.
async fn more(world: &mut World) -> Vec<FeedBatch> {
    for users in [&[1, 30][..], &[2], &[3, 4]] {
        world.commit(users).await;
    }
    world.batches(Seq::START).await
}

async fn is_right_or_empty(world: &World, place: &Arc<MemoryPlace>, acknowledged: usize) {
    let opened = Mirror::open(Arc::clone(place) as _, world.domain()).await;
    match opened {
        Err(MirrorError::Empty) => assert_eq!(acknowledged, 0),
        _ => is_right(world, place, acknowledged).await,
    }
}

/// What is there is a prefix of the truth, has everything that was acknowledged, and if it says
/// that it is complete it is.
async fn is_right(world: &World, place: &Arc<MemoryPlace>, acknowledged: usize) {
    let opened = Mirror::open(Arc::clone(place) as _, world.domain()).await;
    let mut mirror = match opened {
        Err(MirrorError::Empty) => return assert_eq!(acknowledged, 0),
        opened => opened.unwrap(),
    };
    assert_eq!(mirror.conditions(), []);
    for position in 0..mirror.chain().len() {
        let theirs = world.writer.chain().hash_at(position);
        assert_eq!(mirror.chain().hash_at(position), theirs);
    }
    let batches = world.batches(Seq::START).await;
    let last = acknowledged.checked_sub(1).map(|it| batches[it].last());
    let head = mirror.follower().head().mark;
    assert!(head.seq >= last.unwrap_or_default());
    let writers = world.writer.follower().marks();
    assert!(writers.into_iter().any(|mark| mark == head));
    if mirror.is_complete() {
        mirror.ready().await;
        let audit = mirror.audit().await.unwrap();
        assert_eq!(audit.records, mirror.follower().head().live);
        assert!(mirror.take_audit(audit).await.unwrap());
    }
}

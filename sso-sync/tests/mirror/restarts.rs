//! Going on after a start.

use std::sync::Arc;

use sso_sync::mirror::{Condition, Lookup, Mirror, MirrorError, Place, SqlitePlace};
use sso_sync::store::{Expect, KvStore as _};

use crate::world::{World, id, memory};

#[tokio::test]
async fn a_start_from_a_checkpoint_need_not_work_anything_out() {
    let world = World::with_users(0..300).await;
    let place = memory();
    let mut mirror = world.filled(Arc::clone(&place) as _).await;
    mirror.checkpoint().await.unwrap();
    drop(mirror);
    let mut mirror = world.open(place).await;
    assert!(mirror.follower().set().is_complete());
    world.same(&mut mirror).await;
}

#[tokio::test]
async fn a_start_from_an_older_checkpoint_reads_what_was_touched() {
    let mut world = World::with_users(0..300).await;
    let place = memory();
    let mut mirror = world.filled(Arc::clone(&place) as _).await;
    mirror.checkpoint().await.unwrap();
    world.commit(&[3, 700]).await;
    world.follow(&mut mirror).await;
    let marks: Vec<_> = mirror.follower().marks().collect();
    drop(mirror);
    let mut mirror = world.open(place).await;
    assert!(!mirror.follower().set().is_complete());
    world.same(&mut mirror).await;
    assert_eq!(mirror.follower().marks().collect::<Vec<_>>(), marks);
}

#[tokio::test]
async fn a_start_without_a_checkpoint_answers_at_once_and_works_the_set_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::with_users(0..300).await;
    let place: Arc<dyn Place> = Arc::new(SqlitePlace::open(folder.path()).unwrap());
    let mut mirror = world.filled(Arc::clone(&place)).await;
    for user in 0..5 {
        world.commit(&[user]).await;
    }
    world.follow(&mut mirror).await;
    let marks: Vec<_> = mirror.follower().marks().collect();
    drop(mirror);
    drop(place);
    let place = Arc::new(SqlitePlace::open(folder.path()).unwrap());
    let mut mirror = world.open(place).await;
    assert!(mirror.is_complete());
    let found = mirror.find(&id(3)).await.unwrap();
    assert!(matches!(found, Lookup::Live(_)), "{found:?}");
    world.commit(&[3]).await;
    world.follow(&mut mirror).await;
    world.same(&mut mirror).await;
    let remembered: Vec<_> = mirror.follower().marks().collect();
    assert_eq!(&remembered[..remembered.len() - 1], &marks[..]);
}

#[tokio::test]
async fn a_checkpoint_that_makes_no_sense_is_none() {
    let world = World::with_users(0..300).await;
    let place = memory();
    let mut mirror = world.filled(Arc::clone(&place) as _).await;
    mirror.checkpoint().await.unwrap();
    drop(mirror);
    change(&place.facts(), "checkpoint", |bytes| bytes.truncate(1000)).await;
    let mut mirror = world.open(Arc::clone(&place) as _).await;
    world.same(&mut mirror).await;
    mirror.checkpoint().await.unwrap();
    change(&place.facts(), "checkpoint", |bytes| bytes[1000] ^= 1).await;
    let mut mirror = world.open(place).await;
    world.same(&mut mirror).await;
}

#[tokio::test]
async fn a_going_over_that_was_killed_before_it_was_decided_never_began() {
    let world = World::with_users(0..20).await;
    let place = memory();
    drop(world.filled(Arc::clone(&place) as _).await);
    let facts = place.facts();
    let generation = facts.get("generation").await.unwrap().unwrap().value;
    let begun = facts.put("forsaken", generation, Expect::Absent);
    begun.await.unwrap();
    let mut mirror = world.open(Arc::clone(&place) as _).await;
    assert!(!mirror.has_forsaken());
    world.same(&mut mirror).await;
    assert!(facts.get("forsaken").await.unwrap().is_none());
}

#[tokio::test]
async fn a_going_over_that_was_decided_goes_on_after_a_start() {
    let mut world = World::with_users(0..20).await;
    let place = memory();
    let mut mirror = world.filled(Arc::clone(&place) as _).await;
    let head = world.head().await;
    mirror.go_over(&head, &world.digests()).await.unwrap();
    world.commit(&[3]).await;
    world.follow(&mut mirror).await;
    drop(mirror);
    let mut mirror = world.open(place).await;
    assert!(mirror.has_forsaken());
    assert!(!mirror.is_complete());
    world.fill(&mut mirror).await;
    assert!(mirror.forsaken().await.unwrap().is_some());
}

#[tokio::test]
async fn an_empty_place_says_so() {
    let world = World::new().await;
    let opened = Mirror::open(memory(), world.domain()).await;
    assert!(matches!(opened, Err(MirrorError::Empty)), "{opened:?}");
}

#[tokio::test]
async fn a_place_belongs_to_one_domain() {
    let world = World::new().await;
    let place = memory();
    drop(world.create(Arc::clone(&place) as _).await);
    let other = World::new().await;
    let created = Mirror::create(place, other.domain(), &other.statements).await;
    assert!(
        matches!(created, Err(MirrorError::OtherDomain)),
        "{created:?}"
    );
}

#[tokio::test]
async fn users_that_are_gone_are_filled_anew() {
    let world = World::with_users(0..50).await;
    let place = memory();
    drop(world.filled(Arc::clone(&place) as _).await);
    place.remove_before(100).await.unwrap();
    let mut mirror = world.open(place).await;
    assert_eq!(mirror.conditions(), [Condition::UsersLost]);
    assert!(!mirror.is_complete());
    assert_eq!(mirror.find(&id(3)).await.unwrap(), Lookup::Unproven(None));
    world.fill(&mut mirror).await;
    assert_eq!(mirror.conditions(), []);
}

#[tokio::test]
async fn a_chain_that_is_shorter_than_what_was_built_on_it_is_named() {
    let mut world = World::with_users(0..5).await;
    world.revise().await;
    world.commit(&[3]).await;
    let place = memory();
    let mut mirror = world.filled(Arc::clone(&place) as _).await;
    mirror.serve(1).await.unwrap();
    drop(mirror);
    let chain = place.chain();
    chain.erase(&world.domain()).await.unwrap();
    for (position, statement) in (0..).zip(&world.statements[..3]) {
        let append = chain
            .append(&world.writer.domain(), position, statement.clone())
            .await;
        append.unwrap();
    }
    let mut mirror = world.open(place).await;
    let conditions = [
        Condition::ChainCutShort { held: 3, needed: 4 },
        Condition::ConfigurationCutShort { held: 0, served: 1 },
    ];
    assert_eq!(mirror.conditions(), conditions);
    assert_eq!(mirror.served(), 1);
    let found = mirror.find(&id(3)).await.unwrap();
    assert!(matches!(found, Lookup::Live(_)), "{found:?}");
    mirror.take_statements(&world.statements).await.unwrap();
    assert_eq!(mirror.conditions(), []);
    world.same(&mut mirror).await;
}

async fn change(
    facts: &Arc<dyn sso_sync::store::KvStore>,
    key: &str,
    change: impl Fn(&mut Vec<u8>),
) {
    let entry = facts.get(key).await.unwrap().unwrap();
    let mut value = entry.value.to_vec();
    change(&mut value);
    let put = facts.put(key, value.into(), Expect::Is(entry.version));
    put.await.unwrap();
}

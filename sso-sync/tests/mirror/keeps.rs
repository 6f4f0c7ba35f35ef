//! Small things that last.

use std::sync::Arc;

use sso_sync::mirror::{Mirror, MirrorError};

use crate::world::{World, id, memory};

#[tokio::test]
async fn facts_last_until_they_are_removed() {
    let world = World::new().await;
    let place = memory();
    let mirror = world.create(Arc::clone(&place) as _).await;
    assert_eq!(mirror.fact("draft/1").await.unwrap(), None);
    mirror.set_fact("draft/1", "one".into()).await.unwrap();
    mirror.set_fact("draft/2", "two".into()).await.unwrap();
    mirror
        .set_fact("draft/2", "two again".into())
        .await
        .unwrap();
    mirror.set_fact("other", "three".into()).await.unwrap();
    drop(mirror);
    let mirror = world.open(place).await;
    let drafts = mirror.facts("draft/").await.unwrap();
    let expected = [
        ("draft/1".to_owned(), "one".into()),
        ("draft/2".to_owned(), "two again".into()),
    ];
    assert_eq!(drafts, expected);
    mirror.remove_fact("draft/1").await.unwrap();
    mirror.remove_fact("draft/1").await.unwrap();
    assert_eq!(mirror.facts("draft/").await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_older_configuration_than_one_that_was_served_is_never_served() {
    let world = World::new().await;
    let place = memory();
    let mut mirror = world.create(Arc::clone(&place) as _).await;
    mirror.serve(2).await.unwrap();
    mirror.serve(2).await.unwrap();
    drop(mirror);
    let mut mirror = world.open(place).await;
    assert_eq!(mirror.served(), 2);
    let refused = mirror.serve(1).await.unwrap_err();
    let expected = MirrorError::OlderConfiguration {
        offered: 1,
        served: 2,
    };
    assert_eq!(refused.to_string(), expected.to_string());
    mirror.serve(3).await.unwrap();
}

#[tokio::test]
async fn of_updates_of_one_user_the_last_waits() {
    let world = World::new().await;
    let place = memory();
    let mirror = world.create(Arc::clone(&place) as _).await;
    mirror.enqueue(&id(1), "first".into()).await.unwrap();
    mirror.enqueue(&id(1), "second".into()).await.unwrap();
    mirror.enqueue(&id(2), "other".into()).await.unwrap();
    drop(mirror);
    let mirror = world.open(place).await;
    let queued = mirror.queued(10).await.unwrap();
    let mut sealed: Vec<_> = queued.iter().map(|it| it.sealed.clone()).collect();
    sealed.sort();
    assert_eq!(sealed, ["other", "second"]);
    assert_eq!(mirror.queued(1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_update_that_came_meanwhile_stays() {
    let world = World::new().await;
    let mirror = world.create(memory()).await;
    mirror.enqueue(&id(1), "first".into()).await.unwrap();
    let first = mirror.queued(10).await.unwrap().remove(0);
    mirror.enqueue(&id(1), "second".into()).await.unwrap();
    mirror.dequeue(&first).await.unwrap();
    let second = mirror.queued(10).await.unwrap().remove(0);
    assert_eq!(second.sealed, "second");
    mirror.dequeue(&second).await.unwrap();
    mirror.dequeue(&second).await.unwrap();
    assert!(mirror.queued(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_outbox_is_bounded() {
    let world = World::new().await;
    let place = memory();
    let mirror = world.create(Arc::clone(&place) as _).await;
    let limit = Mirror::MAX_QUEUED as u64;
    for user in 0..limit {
        mirror.enqueue(&id(user), "x".into()).await.unwrap();
    }
    for _ in 0..2 {
        let mirror = world.open(Arc::clone(&place) as _).await;
        let refused = mirror.enqueue(&id(limit), "x".into()).await;
        let full = matches!(refused, Err(MirrorError::OutboxFull { .. }));
        assert!(full, "{refused:?}");
        mirror.enqueue(&id(0), "y".into()).await.unwrap();
    }
    let queued = mirror.queued(1).await.unwrap().remove(0);
    mirror.dequeue(&queued).await.unwrap();
    mirror.enqueue(&id(limit), "x".into()).await.unwrap();
}

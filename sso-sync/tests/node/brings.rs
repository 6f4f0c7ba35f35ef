//! Users who existed before the domain did.

use std::sync::Arc;

use sso_core::StoreError;
use sso_core::user::{User, UserDirectory as _, UserId, UserSecret};
use sso_sync::driver::Force;
use sso_sync::embed::{Arrival, ReplicatedUsers, bring_along};
use tokio::task::JoinSet;

use crate::server::Server;
use crate::wire::Weather;
use crate::world::{World, account, profile, settings};

#[tokio::test(start_paused = true)]
async fn whoever_is_brought_along_is_the_same_at_every_server() {
    let world = World::with(&[1, 2]).await;
    let (one, other) = (world.start(1).await, world.start(2).await);
    let old = bring_all(&one, 0..300, 7).await;
    other.until_level(&world).await;
    for (there, number) in [(&one, 0), (&other, 0), (&other, 299)] {
        are_the_same(there, &old[number]).await;
    }
    one.node.full_sync(Force::Rebuild).await.unwrap();
    are_the_same(&one, &old[17]).await;
}

#[tokio::test(start_paused = true)]
async fn a_fresh_server_finds_them_by_id_before_it_is_filled_and_never_calls_them_unknown() {
    let world = World::with(&[1, 2]).await;
    let one = world.start(1).await;
    let old = bring_all(&one, 0..100, 7).await;
    let fresh = world.start_with(2, settings(2).fill_beyond(10)).await;
    fresh.wire.set(Weather::Without("snapshot"));
    fresh.until(|it| it.phase.word() == "filling").await;
    are_the_same(&fresh, &old[42]).await;
    let directory = directory(&fresh);
    assert_eq!(directory.by_id(&UserId::random()).await.unwrap(), None);
    fresh.wire.set(Weather::Cut);
    let unseen = directory.by_id(&old[43].0.id).await;
    assert!(
        matches!(unseen, Err(StoreError::Unavailable(_))),
        "{unseen:?}"
    );
    fresh.wire.set(Weather::Fine);
    fresh.until(|it| it.is_complete).await;
    are_the_same(&fresh, &old[43]).await;
}

#[tokio::test(start_paused = true)]
async fn they_outlive_a_restart_without_the_hub() {
    let world = World::with(&[1]).await;
    let one = world.start(1).await;
    let old = bring_all(&one, 0..20, 7).await;
    let place = one.stop().await;
    let one = world.restart(1, place).await;
    one.wire.set(Weather::Cut);
    are_the_same(&one, &old[3]).await;
}

#[tokio::test(start_paused = true)]
async fn each_of_them_counts_once_wherever_and_however_often_it_is_counted() {
    let mut world = World::with(&[1, 2, 3]).await;
    let one = world.start(1).await;
    bring_all(&one, 0..30, 7).await;
    one.sign_up("new").await.unwrap();
    let counted = |it: &Server| (it.status().users, it.status().live);
    assert_eq!(counted(&one), (31, 61));
    for force in [Force::Repair, Force::Rebuild] {
        assert_eq!(one.node.full_sync(force).await.unwrap().users, 31);
        assert_eq!(counted(&one), (31, 61));
    }
    let fresh = world.start_with(2, settings(2).fill_beyond(10)).await;
    fresh.until(|it| it.is_complete && it.users == 31).await;
    world.revoke(3).await;
    one.until(|it| it.epoch == 2 && it.to_reseal == Some(0))
        .await;
    one.sign_up("newer").await.unwrap();
    assert_eq!(counted(&one), (32, 62));
    let place = one.stop().await;
    let one = world.restart(1, place).await;
    one.until(|it| (it.users, it.live) == (32, 62)).await;
    let place = one.kill().await;
    let one = world.restart(1, place).await;
    one.until(|it| (it.users, it.live) == (32, 62)).await;
}

#[tokio::test(start_paused = true)]
async fn they_outlive_a_new_epoch() {
    let mut world = World::with(&[1, 2, 3]).await;
    let one = world.start(1).await;
    let old = bring_all(&one, 0..20, 7).await;
    world.revoke(3).await;
    one.until(|it| it.epoch == 2 && it.to_reseal == Some(0))
        .await;
    are_the_same(&one, &old[3]).await;
    let fresh = world.start(2).await;
    fresh.until_level(&world).await;
    are_the_same(&fresh, &old[4]).await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_killed_while_it_brings_them_goes_on_where_it_was() {
    let world = World::with(&[1]).await;
    let one = world.start(1).await;
    let old: Vec<_> = (0..600).map(|number| old_user(number, 7)).collect();
    let begun = bring(&one, &old);
    let some_are_there = one.until(|it| it.live > 100);
    tokio::select! {
        _ = begun => panic!("it takes longer"),
        _ = some_are_there => {}
    }
    let place = one.kill().await;
    let one = world.restart(1, place).await;
    one.until_level(&world).await;
    let arrivals = bring(&one, &old).await;
    assert!(arrivals.contains(&Arrival::Same), "nobody was there");
    assert!(arrivals.contains(&Arrival::Brought), "nobody was missing");
    assert!(!arrivals.contains(&Arrival::Other));
    for it in [&old[0], &old[599]] {
        are_the_same(&one, it).await;
    }
    assert_eq!(one.status().live, 1200);
}

#[tokio::test(start_paused = true)]
async fn while_the_hub_is_away_nobody_is_brought_and_nobody_is_lost() {
    let world = World::with(&[1]).await;
    let one = world.start(1).await;
    one.until_level(&world).await;
    let (user, secret) = old_user(1, 7);
    one.wire.set(Weather::Cut);
    let brought = bring_along(&one.node, &user, &secret).await;
    assert!(
        matches!(brought, Err(StoreError::Unavailable(_))),
        "{brought:?}"
    );
    one.wire.set(Weather::Fine);
    one.until_level(&world).await;
    let brought = bring_along(&one.node, &user, &secret).await;
    assert_eq!(brought.unwrap(), Arrival::Brought);
}

#[tokio::test(start_paused = true)]
async fn two_servers_that_bring_the_same_people_at_once_end_with_one_secret_each() {
    let world = World::with(&[1, 2]).await;
    let (one, other) = (world.start(1).await, world.start(2).await);
    let [here, there] = [1, 2].map(|secret| {
        let people = (0..50).map(|number| old_user(number, secret));
        people.collect::<Vec<_>>()
    });
    let (first, second) = tokio::join!(bring(&one, &here), bring(&other, &there));
    let count = |arrivals: &[Arrival], wanted| arrivals.iter().filter(|it| **it == wanted).count();
    let brought = count(&first, Arrival::Brought) + count(&second, Arrival::Brought);
    let others = count(&first, Arrival::Other) + count(&second, Arrival::Other);
    assert_eq!((brought, others), (50, 50));
    other.until_level(&world).await;
    one.until_level(&world).await;
    for number in 0..50 {
        let [one, other] = [&one, &other].map(|it| {
            let directory = directory(it);
            async move {
                let user = directory.find(&person(number)).await.unwrap().unwrap();
                let secret = directory.secret(&user.id).await.unwrap().unwrap();
                (user, *secret.expose())
            }
        });
        assert_eq!(one.await, other.await);
    }
}

/// A user of before is found by account and id, with the same secret.
async fn are_the_same(server: &Server, (user, secret): &(User, UserSecret)) {
    let directory = directory(server);
    let (by_account, by_id) = (
        directory.find(&user.account).await.unwrap(),
        directory.by_id(&user.id).await.unwrap(),
    );
    assert_eq!(
        (by_account.as_ref(), by_id.as_ref()),
        (Some(user), Some(user))
    );
    let held = directory.secret(&user.id).await.unwrap();
    assert_eq!(held.as_ref(), Some(secret));
}

async fn bring_all(
    server: &Server,
    numbers: std::ops::Range<u32>,
    secret: u8,
) -> Vec<(User, UserSecret)> {
    let old: Vec<_> = numbers.map(|number| old_user(number, secret)).collect();
    let arrivals = bring(server, &old).await;
    assert!(arrivals.iter().all(|it| *it == Arrival::Brought));
    old
}

/// All at once.
async fn bring(server: &Server, users: &[(User, UserSecret)]) -> Vec<Arrival> {
    let mut under_way = JoinSet::new();
    for (user, secret) in users {
        let (node, user, secret) = (server.node.clone(), user.clone(), secret.clone());
        under_way.spawn(async move { bring_along(&node, &user, &secret).await.unwrap() });
    }
    under_way.join_all().await
}

fn directory(server: &Server) -> ReplicatedUsers {
    ReplicatedUsers::new(Arc::new(server.node.clone()))
}

fn old_user(number: u32, secret: u8) -> (User, UserSecret) {
    let user = User::new(UserId::random(), person(number), profile("Old"));
    (user, UserSecret::from_bytes([secret; 32]))
}

fn person(number: u32) -> sso_core::user::AccountKey {
    account(&format!("person-{number}"))
}

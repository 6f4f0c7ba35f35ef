//! Sessions that end, and calls at the same time.

use super::*;
use crate::store::Seq;

#[tokio::test]
async fn one_session_serves_many_calls() {
    let world = World::with([]).await;
    let tap = Tap::on(&world);
    let node = world.node_over(Arc::clone(&tap) as _, 1);
    for _ in 0..200 {
        node.head(None, Duration::ZERO).await.unwrap();
    }
    assert_eq!(tap.count("/session"), 1);
}

#[tokio::test]
async fn calls_at_the_same_time_open_one_session_and_are_all_answered() {
    let world = World::with([]).await;
    let tap = Tap::on(&world);
    let node = world.node_over(Arc::clone(&tap) as _, 1);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..500 {
        let node = node.clone();
        calls.spawn(async move { node.head(None, Duration::ZERO).await });
    }
    while let Some(answer) = calls.join_next().await {
        answer.unwrap().unwrap();
    }
    assert_eq!(tap.count("/session"), 1);
}

#[tokio::test]
async fn a_session_that_has_ended_is_opened_again() {
    let world = World::with([]).await;
    let node = world.node(1);
    node.head(None, Duration::ZERO).await.unwrap();
    world.clock.advance(Duration::from_hours(25));
    node.head(None, Duration::ZERO).await.unwrap();
}

#[tokio::test]
async fn a_session_that_helps_nothing_is_opened_once_more_only() {
    let world = World::with([]).await;
    let tap = Tap::on(&world);
    // To an administrator who has not signed in, every session is unknown.
    let stranger = world.node_over(Arc::clone(&tap) as _, ADMINISTRATOR);
    let error = stranger.head(None, Duration::ZERO).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::UnknownSession));
    assert_eq!((tap.count("/session"), tap.count("/head")), (2, 2));
}

#[tokio::test]
async fn the_session_of_a_sign_in_is_not_replaced() {
    let world = World::with([]).await;
    let administrator = world.administrator();
    administrator.head(None, Duration::ZERO).await.unwrap();
    world.clock.advance(Duration::from_hours(25));
    let error = administrator.head(None, Duration::ZERO).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::UnknownSession));
}

#[tokio::test]
async fn processes_take_turns_in_the_session_of_a_sign_in() {
    let world = World::with([]).await;
    let session = world.session_of_administrator();
    let (earlier, later) = (1_800_000_000_000, 1_800_000_001_000);
    let one = world.administrator_in(session).counting_from(earlier);
    let other = world.administrator_in(session).counting_from(later);
    for client in [&one, &other, &one, &other] {
        client.head(None, Duration::ZERO).await.unwrap();
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_leaves_the_client_usable() {
    let world = World::with([1]).await;
    let node = world.node(1);
    for _ in 0..100 {
        let wait = node.head(Some((3, Seq::new(1))), HOUR);
        tokio::select! {
            biased;
            _ = wait => panic!("nothing has happened that ends the wait"),
            () = async {
                while world.hub.counts().waiting == 0 {
                    tokio::task::yield_now().await;
                }
            } => {}
        }
        assert_eq!(world.hub.counts().waiting, 0);
    }
    let head = tokio::time::timeout(DEADLINE, node.head(None, Duration::ZERO));
    assert_eq!(head.await.unwrap().unwrap(), world.feed.hub_head());
}

#[tokio::test]
async fn a_request_for_another_hub_is_refused() {
    let world = World::with([]).await;
    let clock = Arc::new(world.clock.clone());
    let link = DirectLink::new(Arc::clone(&world.hub), "other.example.com:443", clock);
    let node = world.node_over(Arc::new(link), 1);
    let error = node.head(None, Duration::ZERO).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::BadRequestSignature));
}

#[tokio::test]
async fn requests_are_counted_for_where_they_come_from() {
    let world = World::with([]).await;
    let settings = HubSettings::new(AUTHORITY, "1.0.0").source_limit_of(1, 1);
    let documents = Arc::new(MemoryStore::new());
    let hub = Hub::new(
        settings,
        Arc::clone(&world.store),
        documents,
        Arc::new(NoAudit),
    );
    let hub = Arc::new(hub.unwrap());
    let clock = || Arc::new(world.clock.clone());
    let here = DirectLink::new(Arc::clone(&hub), AUTHORITY, clock());
    assert!(info(&here).await.is_ok());
    let busy = info(&here).await.unwrap_err();
    assert_eq!(busy.code(), Some(Code::Busy));
    assert!(busy.retry_after().is_some());
    let elsewhere: IpAddr = [192, 0, 2, 1].into();
    let there = DirectLink::new(hub, AUTHORITY, clock()).from_peer(elsewhere);
    assert!(info(&there).await.is_ok());
}

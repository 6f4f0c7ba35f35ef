//! Waiting for news.

use super::*;
use crate::store::Seq;

#[tokio::test]
async fn a_commit_wakes_those_who_wait() {
    let mut world = World::with([1]).await;
    let batch = world.feed.draft(&[2]);
    let (mut writer, mut reader) = (world.node(1).await, world.node(2).await);
    let waits = world.get(&mut reader, "head?statements=3&seq=1&wait=50");
    let writes = async {
        while world.hub.counts().waiting == 0 {
            tokio::task::yield_now().await;
        }
        world.commit(&mut writer, &batch).await
    };
    let both = async { tokio::join!(waits, writes) };
    let (woken, written) = tokio::time::timeout(DEADLINE, both).await.unwrap();
    assert_eq!(written.code(), "");
    assert_eq!(woken.head().seq, Seq::new(2));
    assert_eq!(world.hub.counts().waiting, 0);
}

#[tokio::test]
async fn nobody_waits_for_what_is_there() {
    let world = World::with([1]).await;
    let mut node = world.node(1).await;
    for seen in [
        "statements=2&seq=1",
        "statements=3&seq=0",
        "statements=3&seq=2",
    ] {
        let path = format!("head?{seen}&wait=50");
        let answer = tokio::time::timeout(DEADLINE, world.get(&mut node, &path));
        assert_eq!(answer.await.unwrap().head().seq, Seq::new(1));
    }
}

#[tokio::test]
async fn a_member_waits_four_times_at_once_at_most() {
    let world = World::with([1]).await;
    let mut node = world.node(1).await;
    let path = "head?statements=3&seq=1&wait=50";
    let requests: Vec<_> = (0..5).map(|_| node.request("GET", path, b"")).collect();
    let [one, two, three, four, five] = requests.try_into().unwrap();
    let waiting = async {
        tokio::join!(
            world.send(one),
            world.send(two),
            world.send(three),
            world.send(four)
        )
    };
    let refused = async {
        while world.hub.counts().waiting < 4 {
            tokio::task::yield_now().await;
        }
        world.send(five).await
    };
    let either = async {
        tokio::select! {
            _ = waiting => panic!("nothing has happened that wakes them"),
            refused = refused => refused,
        }
    };
    let refused = tokio::time::timeout(DEADLINE, either).await.unwrap();
    assert_eq!(refused.code(), "busy");
    assert_eq!(world.hub.counts().waiting, 0);
}

#[tokio::test]
async fn when_the_hub_stops_everybody_is_answered_and_nobody_waits_any_more() {
    let world = World::with([1]).await;
    let mut node = world.node(1).await;
    let path = "head?statements=3&seq=1&wait=50";
    let requests = [(); 2].map(|()| node.request("GET", path, b""));
    let [one, other] = requests;
    let stops = async {
        while world.hub.counts().waiting == 0 {
            tokio::task::yield_now().await;
        }
        world.hub.stop_waiting();
        world.send(other).await
    };
    let both = async { tokio::join!(world.send(one), stops) };
    let (woken, later) = tokio::time::timeout(DEADLINE, both).await.unwrap();
    assert_eq!(woken.head().seq, Seq::new(1));
    assert_eq!(later.head().seq, Seq::new(1));
}

#[tokio::test]
async fn who_waits_hears_that_the_domain_was_closed() {
    let mut world = World::with([1]).await;
    let batch = world.feed.draft(&[2]);
    let mut node = world.node(1).await;
    let waits = world.get(&mut node, "head?statements=3&seq=1&wait=50");
    let closes = async {
        while world.hub.counts().waiting == 0 {
            tokio::task::yield_now().await;
        }
        let closed = world.hub.set_state(world.id(), DomainState::Closed, NOON);
        closed.await.unwrap();
        let after = Seq::new(batch.first.number() - 1);
        let store = &world.hub.store;
        store.commit(&world.id(), after, batch.batch.clone()).await
    };
    let both = async { tokio::join!(waits, closes) };
    let (woken, _) = tokio::time::timeout(DEADLINE, both).await.unwrap();
    assert_eq!(woken.code(), "unknown-domain");
}

const DEADLINE: Duration = Duration::from_secs(45);

//! How much is taken at once.

use super::super::source as source_of;
use super::*;
use crate::chain::Statement;
use crate::wire::Wanted;

#[tokio::test]
async fn too_much_at_once_is_put_off() {
    let feed = TestFeed::new();
    let world = World::empty(feed);
    let settings = HubSettings::new(AUTHORITY, "1.0.0").source_limit_of(1, 2);
    let store = Arc::new(OnKv::new(MemoryStore::new()));
    let documents = Arc::new(MemoryStore::new());
    let hub = Hub::new(settings, store, documents, Arc::new(NoAudit)).unwrap();
    let world = World { hub, ..world };
    let ask = || Request::get("/sync/v1/hub").body(Bytes::new()).unwrap();
    for _ in 0..2 {
        assert_eq!(world.send(ask()).await.status, StatusCode::OK);
    }
    let answer = world.send(ask()).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (429, "busy"));
    assert_eq!(answer.headers["retry-after"], "1");
    let later = NOON.later(Duration::from_secs(1));
    assert_eq!(world.send_at(ask(), later).await.status, StatusCode::OK);
    let counts = world.hub.counts();
    assert_eq!((counts.answered, counts.busy), (3, 1));
    assert_eq!(
        world.hub.problems().into_iter().collect::<Vec<_>>(),
        [("busy", 1)]
    );
}

#[tokio::test]
async fn a_member_that_asks_too_much_does_not_slow_down_another() {
    let world = World::with([]).await;
    let settings = HubSettings::new(AUTHORITY, "1.0.0").member_limit_of(1, 2);
    let (store, documents) = (
        Arc::clone(&world.hub.store),
        Arc::clone(&world.hub.documents),
    );
    let hub = Hub::new(settings, store, documents, Arc::new(NoAudit)).unwrap();
    let world = World { hub, ..world };
    let (mut one, mut other) = (world.node(1).await, world.node(2).await);
    assert_eq!(world.get(&mut one, "head").await.code(), "");
    assert_eq!(world.get(&mut one, "head").await.code(), "");
    assert_eq!(world.get(&mut one, "head").await.code(), "busy");
    assert_eq!(world.get(&mut other, "head").await.code(), "");
}

#[tokio::test]
async fn too_large_a_body_is_refused_before_anything_else() {
    let world = World::with([]).await;
    let body = vec![0; Commit::MAX_BYTES + 1];
    let request = Request::post("/sync/v1/session").body(body.into()).unwrap();
    let answer = world.send(request).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (413, "too-large"));
}

#[tokio::test]
async fn a_body_too_large_for_its_address_is_refused() {
    let world = World::with([]).await;
    let mut node = world.node(1).await;
    let wanted = Wanted(vec![crate::feed::tests::id(1); Wanted::MAX + 1]);
    let answer = world.post(&mut node, "records", &wanted.to_bytes()).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (413, "too-large"));
    let statement = vec![0; Statement::MAX_BYTES + 1];
    let answer = world.post(&mut node, "chain?position=3", &statement).await;
    assert_eq!(answer.code(), "too-large");
    let answer = world.put(&mut node, "beat", &statement).await;
    assert_eq!(answer.code(), "too-large");
}

#[test]
fn neighbours_in_one_ipv6_network_count_as_one() {
    let source = |text: &str| source_of(text.parse().unwrap());
    assert_eq!(source("2001:db8::1"), source("2001:db8::ffff:1"));
    assert_ne!(source("2001:db8:0:1::1"), source("2001:db8:0:2::1"));
    assert_ne!(source("192.0.2.1"), source("192.0.2.2"));
    assert_eq!(source("::ffff:192.0.2.1"), source("192.0.2.1"));
}

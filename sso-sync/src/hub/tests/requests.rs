//! Requests that are good, and those that are not.

use super::*;
use crate::wire::Statements;

#[tokio::test]
async fn a_good_request_is_answered_once() {
    let world = World::with([]).await;
    let mut node = world.node(1).await;
    let request = node.request("GET", "head", b"");
    assert_eq!(world.send(request.clone()).await.status, StatusCode::OK);
    let again = world.send(request).await;
    assert_eq!(
        (again.status.as_u16(), again.code()),
        (401, "replayed-request")
    );
}

#[tokio::test]
async fn a_counter_too_far_below_the_highest_is_refused() {
    let world = World::with([]).await;
    let mut node = world.node(1).await;
    node.counter = 99;
    assert_eq!(world.get(&mut node, "head").await.code(), "");
    node.counter = 36;
    assert_eq!(world.get(&mut node, "head").await.code(), "");
    node.counter = 35;
    assert_eq!(
        world.get(&mut node, "head").await.code(),
        "replayed-request"
    );
}

#[tokio::test]
async fn a_request_that_was_changed_is_refused_and_takes_no_counter() {
    let world = World::with([]).await;
    let mut node = world.node(1).await;
    let good = node.request("POST", "records", &[0x80]);
    let mut other_body = good.clone();
    *other_body.body_mut() = Bytes::from_static(&[0x81]);
    let mut other_address = good.clone();
    *other_address.uri_mut() = format!("{}?x=1", good.uri()).parse().unwrap();
    let mut other_method = good.clone();
    *other_method.method_mut() = http::Method::GET;
    *other_method.uri_mut() = good
        .uri()
        .to_string()
        .replace("records", "head")
        .parse()
        .unwrap();
    for changed in [other_body, other_address, other_method] {
        let answer = world.send(changed).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (401, "bad-request-signature")
        );
    }
    assert_eq!(world.send(good).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_request_for_another_hub_is_refused() {
    let world = World::with([]).await;
    let mut node = world.node(1).await;
    node.authority = "other.example.com:443";
    let request = node.request("GET", "head", b"");
    assert_eq!(
        world.send(request.clone()).await.code(),
        "bad-request-signature"
    );
    let mut renamed = request;
    renamed
        .headers_mut()
        .insert("host", AUTHORITY.parse().unwrap());
    assert_eq!(world.send(renamed).await.code(), "bad-request-signature");
}

#[tokio::test]
async fn a_session_ends_after_a_day() {
    let world = World::with([]).await;
    let mut node = world.node(1).await;
    let almost = NOON.later(Duration::from_secs(24 * 60 * 60 - 1));
    let request = node.request("GET", "head", b"");
    assert_eq!(world.send_at(request, almost).await.code(), "");
    let tomorrow = NOON.later(Duration::from_secs(24 * 60 * 60 + 1));
    let request = node.request("GET", "head", b"");
    assert_eq!(
        world.send_at(request, tomorrow).await.code(),
        "unknown-session"
    );
}

#[tokio::test]
async fn a_session_is_of_one_member_only() {
    let world = World::with([]).await;
    let mut other = world.node(2).await;
    other.session = world.node(1).await.session;
    assert_eq!(
        world.get(&mut other, "head").await.code(),
        "unknown-session"
    );
}

#[tokio::test]
async fn a_revoked_server_is_told_so_at_once() {
    let mut world = World::with([]).await;
    let mut node = world.node(2).await;
    assert_eq!(world.get(&mut node, "head").await.code(), "");
    let revoked = world.feed.domain.node_revoked(2);
    let statement = world.feed.domain.sign(ADMINISTRATOR, &revoked);
    let mut administrator = world.administrator();
    let answer = world
        .post(&mut administrator, "chain?position=3", &statement)
        .await;
    assert_eq!(answer.code(), "");
    let answer = world.get(&mut node, "head").await;
    assert_eq!((answer.status.as_u16(), answer.code()), (403, "revoked"));
    world.feed.domain.take(&statement).unwrap();
    assert!(world.audit.names().contains(&"member-refused"));
}

#[tokio::test]
async fn a_revoked_server_is_given_the_chain_up_to_its_revocation_and_nothing_else() {
    let mut world = World::with([]).await;
    let mut node = world.node(2).await;
    let mut administrator = world.administrator();
    for turn in 0..2 {
        let domain = &mut world.feed.domain;
        let action = match turn {
            0 => domain.node_revoked(2),
            _ => domain.revised(1, "sso.example.com"),
        };
        let path = format!("chain?position={}", domain.chain.len());
        let statement = domain.sign(ADMINISTRATOR, &action);
        match turn {
            0 => domain.turn(&action),
            _ => domain.take(&statement).unwrap(),
        }
        let answer = world.post(&mut administrator, &path, &statement).await;
        assert_eq!(answer.code(), "");
    }
    let given: Statements = world.get(&mut node, "chain?from=0").await.read();
    assert_eq!(given.0.len(), world.feed.domain.statements.len() - 1);
    let beyond: Statements = world.get(&mut node, "chain?from=5").await.read();
    assert_eq!(beyond.0.len(), 0);
    assert_eq!(world.get(&mut node, "feed?after=0").await.code(), "revoked");
}

#[tokio::test]
async fn an_administrator_signs_in_first() {
    let world = World::with([]).await;
    let mut without = world.node(ADMINISTRATOR).await;
    assert_eq!(
        world.get(&mut without, "head").await.code(),
        "unknown-session"
    );
    let mut signed_in = world.administrator();
    assert_eq!(world.get(&mut signed_in, "head").await.code(), "");
}

#[tokio::test]
async fn a_sign_in_ends_after_a_day_and_is_good_for_its_administrator_only() {
    let world = World::with([]).await;
    let mut administrator = world.administrator();
    let tomorrow = NOON.later(Duration::from_secs(24 * 60 * 60));
    let request = administrator.request("GET", "head", b"");
    assert_eq!(
        world.send_at(request, tomorrow).await.code(),
        "unknown-session"
    );
    let member = keys(1).id();
    let mut node = Client::new(1, world.id(), SignedIn::session(world.id(), member));
    assert_eq!(world.get(&mut node, "head").await.code(), "unknown-session");
}

#[tokio::test]
async fn messages_of_administrators_go_to_who_signs_them_in() {
    let world = World::empty(TestFeed::new());
    let ask = |length: usize| {
        let request = Request::post("/sync/v1/administrators");
        request.body(vec![7; length].into()).unwrap()
    };
    assert_eq!(world.send(ask(9)).await.body, vec![7; 9]);
    assert_eq!(world.send(ask(16 * 1024 + 1)).await.code(), "too-large");
}

#[tokio::test]
async fn a_token_enrols_and_does_nothing_else_until_it_expires() {
    let mut world = World::with([]).await;
    let minted = world.feed.domain.token_minted(50);
    world.feed.domain.must(ADMINISTRATOR, &minted);
    let mut administrator = world.administrator();
    let statement = world.feed.domain.statements[3].clone();
    world
        .post(&mut administrator, "chain?position=3", &statement)
        .await;
    let mut token = world.node(50).await;
    for path in ["feed?after=0", "buckets", "beats", "snapshot", "buckets/00"] {
        assert_eq!(
            world.get(&mut token, path).await.code(),
            "not-permitted",
            "{path}"
        );
    }
    assert_eq!(world.get(&mut token, "chain?from=0").await.code(), "");
    let late = NOON.later(HOUR);
    let request = token.request("GET", "head", b"");
    assert_eq!(world.send_at(request, late).await.code(), "not-permitted");
    let added = world.feed.domain.sign(50, &world.feed.domain.node_added(3));
    let answer = world.post(&mut token, "chain?position=4", &added).await;
    assert_eq!(answer.head().statements, 5);
}

#[tokio::test]
async fn every_address_of_the_hub_names_its_kind_of_answer() {
    let world = World::with([1]).await;
    let mut node = world.node(1).await;
    let answer = world.get(&mut node, "head").await;
    assert_eq!(answer.headers["content-type"], "application/cbor");
    let hub = Request::get("/sync/v1/hub").body(Bytes::new()).unwrap();
    let hub: crate::wire::HubInfo = world.send(hub).await.read();
    assert_eq!((hub.format, hub.program.as_str()), (1, "1.0.0"));
}

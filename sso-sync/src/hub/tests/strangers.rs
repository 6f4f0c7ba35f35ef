//! Whoever does not belong to a domain gets nothing of it, whatever the address.

use super::*;
use crate::wire::Wanted;

#[tokio::test]
async fn a_member_of_another_company_is_refused_everywhere() {
    let world = World::with([1]).await;
    let theirs = TestDomain::named("theirs").with_node(9);
    world.create(&theirs).await;
    let mut their_administrator = Client::new(
        ADMINISTRATOR,
        theirs.chain.domain(),
        SignedIn::session(theirs.chain.domain(), keys(ADMINISTRATOR).id()),
    );
    let added = world
        .post(
            &mut their_administrator,
            "chain?position=1",
            &theirs.statements[1],
        )
        .await;
    assert_eq!(added.code(), "");
    let mut own = world.member_of(9, theirs.chain.domain()).await;
    assert_eq!(
        world.get(&mut own, "head").await.code(),
        "",
        "at home it is welcome"
    );
    for (method, path, body) in every_route(&world) {
        let mut with_own_session = own.clone();
        with_own_session.domain = world.id();
        let mut with_a_session_of_ours = world.node(9).await;
        let requests = [
            (
                with_own_session.request(method, &path, &body),
                "not-permitted",
            ),
            (
                with_a_session_of_ours.request(method, &path, &body),
                "not-permitted",
            ),
        ];
        for (request, code) in requests {
            let answer = world.send(request).await;
            assert_eq!(answer.code(), code, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn who_signs_nothing_is_refused_everywhere() {
    let world = World::with([1]).await;
    for (method, path, body) in every_route(&world) {
        let uri = format!("/sync/v1/domains/{}/{path}", world.id());
        for authorization in ["", "Basic YTpi", "SSO-Connect suite=1, member="] {
            let request = Request::builder().method(method).uri(&uri);
            let request = request.header("authorization", authorization);
            let request = request.body(body.clone().into()).unwrap();
            let answer = world.send(request).await;
            assert_eq!(answer.code(), "bad-request-signature", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_domain_that_is_not_there_is_unknown_everywhere() {
    let world = World::with([1]).await;
    let mut node = world.member_of(1, DomainId::new([7; 32])).await;
    for (method, path, body) in every_route(&world) {
        let answer = world.send(node.request(method, &path, &body)).await;
        assert_eq!(answer.code(), "unknown-domain", "{method} {path}");
    }
}

#[tokio::test]
async fn a_body_that_makes_no_sense_is_refused_everywhere() {
    let world = World::with([1]).await;
    let mut node = world.node(1).await;
    for body in [&[0xff][..], &[0x82, 0x00], &[0x9f], b"hello", &[0x80, 0x80]] {
        for (method, path) in [
            ("POST", "chain?position=3"),
            ("POST", "feed?after=1"),
            ("POST", "records"),
            ("PUT", "beat"),
        ] {
            let answer = world.send(node.request(method, path, body)).await;
            assert_eq!(answer.code(), "malformed", "{method} {path} {body:?}");
        }
        let session = Request::post("/sync/v1/session");
        let session = session.body(Bytes::copy_from_slice(body)).unwrap();
        assert_eq!(world.send(session).await.code(), "malformed");
    }
}

#[tokio::test]
async fn numbers_that_are_none_are_refused_everywhere() {
    let world = World::with([1]).await;
    let mut node = world.node(1).await;
    for path in [
        "head?seq=x",
        "head?statements=-1",
        "head?wait=1.5",
        "chain?from=x",
        "feed?after=x",
        "snapshot?cursor=*",
        "buckets/01?after=*",
    ] {
        assert_eq!(
            world.get(&mut node, path).await.code(),
            "malformed",
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_address_that_is_not_there_is_not_found_whoever_asks() {
    let world = World::with([1]).await;
    let mut node = world.node(1).await;
    for path in ["", "heads", "buckets/0", "buckets/000", "nodes"] {
        let answer = world.get(&mut node, path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (404, "not-found"),
            "{path}"
        );
    }
}

/// Method, path and a good body of every address of a domain.
fn every_route(world: &World) -> Vec<(&'static str, String, Vec<u8>)> {
    let statement = world.feed.domain.statements[1].clone();
    let batch = commit(&world.feed.batches[0]);
    let wanted = Wanted(vec![crate::feed::tests::id(1)]).to_bytes();
    let get = |path: &str| ("GET", path.to_owned(), Vec::new());
    vec![
        get("head"),
        get("head?statements=9&seq=9&wait=50"),
        get("chain?from=0"),
        ("POST", "chain?position=3".into(), statement.clone()),
        ("POST", "chain?position=0".into(), statement),
        get("feed?after=0"),
        ("POST", "feed?after=1".into(), batch),
        ("POST", "records".into(), wanted),
        get("snapshot"),
        get("buckets"),
        get("buckets/01"),
        ("PUT", "beat".into(), vec![0x80]),
        get("beats"),
    ]
}

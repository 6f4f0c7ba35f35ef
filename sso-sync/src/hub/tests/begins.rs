//! How a domain begins, and how its chain grows.

use super::*;
use crate::chain::Permissions;
use crate::chain::tests::OTHER_ADMINISTRATOR;
use crate::wire::Statements;

#[tokio::test]
async fn a_domain_begins_with_an_invitation() {
    let world = World::with([]).await;
    let entry = world.hub.domain_named("example").await.unwrap().unwrap();
    assert_eq!(entry.id, world.id());
    assert_eq!(entry.created, NOON.as_secs());
    let mut node = world.node(1).await;
    let head = world.head(&mut node).await;
    assert_eq!(head, world.feed.hub_head());
    assert_eq!(
        world.audit.names()[..2],
        ["domain-invited", "domain-created"]
    );
}

#[tokio::test]
async fn an_invitation_makes_one_domain_of_its_name_in_its_time() {
    let world = World::empty(TestFeed::new());
    let (id, genesis) = (world.id(), &world.feed.domain.statements[0]);
    let status = async |code: &InvitationCode, id, genesis: &[u8]| {
        world.begin(id, &code.text(), genesis).await.0.as_u16()
    };
    let other_name = world.hub.invite("other", HOUR, NOON).await.unwrap();
    assert_eq!(status(&other_name, id, genesis).await, 403);
    let over = world.hub.invite("example", Duration::ZERO, NOON).await;
    assert_eq!(status(&over.unwrap(), id, genesis).await, 403);
    let good = world.hub.invite("example", HOUR, NOON).await.unwrap();
    assert_eq!(status(&good, DomainId::new([7; 32]), genesis).await, 409);
    assert_eq!(status(&good, id, genesis).await, 200);
    assert_eq!(status(&good, id, genesis).await, 200, "the answer was lost");
    let another = TestDomain::new();
    let id = another.chain.domain();
    assert_eq!(status(&good, id, &another.statements[0]).await, 403);
}

#[tokio::test]
async fn an_invitation_that_was_taken_back_makes_no_domain() {
    let world = World::empty(TestFeed::new());
    let code = world.hub.invite("example", HOUR, NOON).await.unwrap();
    let other = world.hub.invite("other", HOUR, NOON).await.unwrap();
    assert_eq!(world.hub.withdraw("example").await.unwrap(), 1);
    let (id, genesis) = (world.id(), &world.feed.domain.statements[0]);
    let (status, _) = world.begin(id, &code.text(), genesis).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (left, _) = world.hub.invitations(None).await.unwrap();
    assert_eq!(left.len(), 1, "{other:?}");
}

#[tokio::test]
async fn a_used_invitation_is_not_taken_back() {
    let world = World::with([]).await;
    assert_eq!(world.hub.withdraw("example").await.unwrap(), 0);
    let (left, _) = world.hub.invitations(None).await.unwrap();
    assert_eq!(left[0].used_by, Some(world.id()));
}

#[tokio::test]
async fn a_name_has_one_spelling() {
    let world = World::empty(TestFeed::new());
    for name in ["Example", "ex ample", ".example"] {
        let domain = TestDomain::named(name);
        let code = world.hub.invite(name, HOUR, NOON).await.unwrap();
        let id = domain.chain.domain();
        let (status, body) = world.begin(id, &code.text(), &domain.statements[0]).await;
        assert_eq!(status, StatusCode::CONFLICT);
        let problem = <Problem as Message>::parse(&body).unwrap();
        assert_eq!(problem.code.text(), "bad-name", "{name}");
    }
}

#[tokio::test]
async fn a_name_belongs_to_one_domain() {
    let world = World::with([]).await;
    let another = TestDomain::new();
    let code = world.hub.invite("example", HOUR, NOON).await.unwrap();
    let id = another.chain.domain();
    let (status, _) = world.begin(id, &code.text(), &another.statements[0]).await;
    assert_eq!(status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn without_an_invitation_there_is_no_domain() {
    let world = World::empty(TestFeed::new());
    for code in ["", "sso1d.", "sso1d.AAAA", "x"] {
        let genesis = &world.feed.domain.statements[0];
        let (status, _) = world.begin(world.id(), code, genesis).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{code:?}");
    }
    let mut administrator = world.administrator();
    let answer = world.get(&mut administrator, "head").await;
    assert_eq!(answer.code(), "unknown-domain");
}

#[tokio::test]
async fn statements_are_read_as_they_were_appended() {
    let world = World::with([]).await;
    let mut node = world.node(2).await;
    let all: Statements = world.get(&mut node, "chain?from=0").await.read();
    let bytes: Vec<_> = all.0.iter().map(|it| it.bytes().to_vec()).collect();
    assert_eq!(bytes, world.feed.domain.statements);
    let rest: Statements = world.get(&mut node, "chain?from=2").await.read();
    assert_eq!(rest.0.len(), 1);
}

#[tokio::test]
async fn a_statement_that_readers_refuse_is_refused() {
    let mut world = World::with([]).await;
    let added = world
        .feed
        .domain
        .administrator_added(OTHER_ADMINISTRATOR, Permissions::ALL);
    let mut node = world.node(1).await;
    let by_a_node = world.feed.domain.sign(1, &added);
    let answer = world.post(&mut node, "chain?position=3", &by_a_node).await;
    assert_eq!(answer.code(), "not-permitted");
    let mut administrator = world.administrator();
    let good = world.feed.domain.sign(ADMINISTRATOR, &added);
    let mut forged = good.clone();
    *forged.last_mut().unwrap() ^= 1;
    let answer = world
        .post(&mut administrator, "chain?position=3", &forged)
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (409, "forged-signature")
    );
    let answer = world
        .post(&mut administrator, "chain?position=3", &good)
        .await;
    assert_eq!(answer.head().statements, 4);
    world.feed.domain.take(&good).unwrap();
    assert_eq!(answer.head(), world.feed.hub_head());
}

#[tokio::test]
async fn of_two_statements_for_one_place_one_wins_and_may_be_sent_again() {
    let world = World::with([]).await;
    let mut administrator = world.administrator();
    let one = world
        .feed
        .domain
        .sign(ADMINISTRATOR, &world.feed.domain.revised(1, "one"));
    let other = world
        .feed
        .domain
        .sign(ADMINISTRATOR, &world.feed.domain.revised(1, "other"));
    for (statement, code) in [(&one, ""), (&other, "conflict"), (&one, "")] {
        let answer = world
            .post(&mut administrator, "chain?position=3", statement)
            .await;
        assert_eq!(answer.code(), code);
    }
    assert_eq!(world.hub.counts().statements, 4);
}

#[tokio::test]
async fn a_closed_domain_is_as_if_it_were_not_there() {
    let world = World::with([]).await;
    let mut node = world.node(1).await;
    world
        .hub
        .set_state(world.id(), DomainState::Closed, NOON)
        .await
        .unwrap();
    assert_eq!(world.get(&mut node, "head").await.code(), "unknown-domain");
    let later = NOON.later(HOUR);
    world
        .hub
        .set_state(world.id(), DomainState::Closed, later)
        .await
        .unwrap();
    let entry = world.hub.domain(world.id()).await.unwrap().unwrap();
    assert_eq!(entry.since, NOON.as_secs(), "it was closed already");
    world
        .hub
        .set_state(world.id(), DomainState::Active, later)
        .await
        .unwrap();
    assert_eq!(world.head(&mut node).await.statements, 3);
    let (all, next) = world.hub.domains(None).await.unwrap();
    assert_eq!((all.len(), next), (1, None));
    assert_eq!(all[0].since, later.as_secs());
    let names = world.audit.names();
    assert!(
        names.ends_with(&["domain-closed", "domain-opened"]),
        "{names:?}"
    );
}

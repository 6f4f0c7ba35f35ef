//! A link to a hub that lies, and what a server makes of it.

use super::*;
use crate::feed::tests::{TestServer, id, live_of};
use crate::feed::{Event, Refusal, Step};
use crate::store::{Feed, Seq};
use crate::testkit::{Lie, LyingLink};

#[tokio::test]
async fn the_truth_passes_unchanged() {
    let mut world = World::with([1, 2, 2]).await;
    let link = lying(&world);
    let node = world.node_over(link, 2);
    tells_the_truth(&mut world, &node).await;
}

#[tokio::test]
async fn a_hub_that_keeps_the_same_says_the_same_until_its_lie_shows() {
    let mut world = World::with([1, 2, 2]).await;
    let link = lying(&world);
    let node = world.node_over(Arc::clone(&link) as _, 2);
    // It keeps all three, so this lie is none.
    link.lie(Lie::RollsBack(3));
    tells_the_truth(&mut world, &node).await;
}

#[tokio::test]
async fn a_lie_about_the_feed_is_refused() {
    let world = World::with([1, 2]).await;
    for (lie, code) in [
        (Lie::ChangesARecord, "wrong-records"),
        (Lie::OmitsABatch, "gap"),
        (Lie::SplicesDomains(of_another_domain()), "other-domain"),
    ] {
        let link = lying(&world);
        link.lie(lie);
        let node = world.node_over(link, 2);
        let mut server = TestServer::new(&world.feed.domain);
        assert_eq!(follow(&world, &node, &mut server).await, Err(code));
    }
}

#[tokio::test]
async fn a_hub_that_rolls_back_is_behind_everywhere() {
    let world = World::with([1, 2]).await;
    let link = lying(&world);
    link.lie(Lie::RollsBack(1));
    let node = world.node_over(Arc::clone(&link) as _, 2);
    let head = node.head(None, Duration::ZERO).await.unwrap();
    assert_eq!(head, world.feed.hub_head_after(1));
    let mut level = world.feed.follower_after(2);
    let step = level.on(&world.feed.domain, Event::Head(&head));
    let after = Seq::new(1);
    assert_eq!(step, Step::SendFeed { after });
    assert_eq!(node.digests().await.unwrap().0, Seq::new(1));
    assert_eq!(node.listing(2).await.unwrap(), (Seq::new(1), Vec::new()));
    link.tell_the_truth();
    let head = node.head(None, Duration::ZERO).await.unwrap();
    assert_eq!(head, world.feed.hub_head());
}

#[tokio::test]
async fn an_older_configuration_is_no_next_statement() {
    let world = World::with([]).await;
    let link = lying(&world);
    link.lie(Lie::ReplaysAStatement(1));
    let statements = world.node_over(link, 2).statements(2).await.unwrap();
    let mut chain = crate::chain::Chain::begin(&world.feed.domain.statements[0]).unwrap();
    chain.append(&world.feed.domain.statements[1]).unwrap();
    let refusal = chain.append(&statements[0]).unwrap_err();
    assert_eq!(refusal.code(), "wrong-position");
}

#[tokio::test]
async fn records_are_shown_distorted() {
    let world = World::with([1]).await;
    let link = lying(&world);
    link.lie(Lie::ChangesARecord);
    let node = world.node_over(link, 2);
    let honest = live_of(&world.feed.batches[0].batch.records()[0]);
    let found = node.records(&[id(1)]).await.unwrap();
    assert_ne!(live_of(&found[0].record).digest, honest.digest);
    let page = node.snapshot(None).await.unwrap();
    assert_ne!(live_of(&page.records[0].record).digest, honest.digest);
}

#[tokio::test]
async fn a_live_domain_is_denied_to_its_members_only() {
    let world = World::with([1]).await;
    let link = lying(&world);
    link.lie(Lie::DeniesTheDomain);
    assert!(info(&*link).await.is_ok());
    let node = world.node_over(link, 2);
    let denied = node.head(None, Duration::ZERO).await.unwrap_err();
    assert_eq!(denied.code(), Some(Code::UnknownDomain));
}

#[tokio::test(start_paused = true)]
async fn who_has_seen_a_lie_waits_as_at_an_honest_hub() {
    let world = World::with([1, 2]).await;
    let link = lying(&world);
    link.lie(Lie::RollsBack(1));
    let node = world.node_over(link, 2);
    let begun = tokio::time::Instant::now();
    let seen = Some((3, Seq::new(1)));
    let head = node.head(seen, Duration::from_secs(20)).await.unwrap();
    assert_eq!(head.seq, Seq::new(1));
    assert_eq!(begun.elapsed().as_secs(), 20);
}

/// Everything that a server asks for is as the feed has it.
async fn tells_the_truth(world: &mut World, node: &HubClient) {
    let (feed, end) = (&mut world.feed, Seq::new(3));
    let head = node.head(None, Duration::ZERO).await.unwrap();
    assert_eq!(head, feed.hub_head());
    let batches = node.feed(Seq::new(1)).await.unwrap();
    assert_eq!(batches, Feed::Batches(feed.batches[1..].to_vec()));
    let statements = node.statements(1).await.unwrap();
    assert_eq!(statements, feed.domain.statements[1..]);
    assert_eq!(node.digests().await.unwrap(), (end, feed.digests()));
    let listing = node.listing(2).await.unwrap();
    assert_eq!(listing, (end, feed.listing(2)));
    assert_eq!(node.records(&[id(1), id(2)]).await.unwrap().len(), 2);
    assert_eq!(node.snapshot(None).await.unwrap().records.len(), 2);
}

/// Takes in the whole feed; the code of the first refusal.
async fn follow(
    world: &World,
    node: &HubClient,
    server: &mut TestServer,
) -> Result<(), &'static str> {
    let feed = node.feed(Seq::START).await.unwrap();
    let Feed::Batches(batches) = feed else {
        panic!("the feed is not compacted");
    };
    for batch in &batches {
        match server.take(&world.feed.domain, batch) {
            Step::Apply(_) => {}
            Step::Refuse(refusal) => return Err(Refusal::code(&refusal)),
            step => panic!("{step:?}"),
        }
    }
    Ok(())
}

fn of_another_domain() -> crate::store::FeedBatch {
    TestFeed::with([1, 2]).batches[1].clone()
}

fn lying(world: &World) -> Arc<LyingLink> {
    let store = Arc::clone(&world.store);
    Arc::new(LyingLink::new(Arc::clone(&world.link), store))
}

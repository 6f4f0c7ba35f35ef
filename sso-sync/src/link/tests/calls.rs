//! Every route, against a hub.

use super::*;
use crate::feed::Listed;
use crate::feed::tests::{id, neighbour};
use crate::store::{Feed, RecordId, Seq};
use crate::wire::{Beat, BeatBody, ChainMark, SealedStatus};

#[tokio::test]
async fn everybody_may_ask_which_hub_it_is() {
    let world = World::empty(TestFeed::new());
    let info = info(&*world.link).await.unwrap();
    assert_eq!((info.format, info.program.as_str()), (1, "1.0.0"));
}

#[tokio::test]
async fn messages_of_administrators_are_answered() {
    let world = World::empty(TestFeed::new());
    let answer = administrators(&*world.link, Bytes::from_static(b"hello"));
    assert_eq!(answer.await.unwrap(), "hello");
    let long = administrators(&*world.link, vec![7; 16 * 1024 + 1].into());
    assert_eq!(long.await.unwrap_err().code(), Some(Code::TooLarge));
}

#[tokio::test]
async fn a_domain_is_made_with_a_good_invitation_only() {
    let world = World::empty(TestFeed::new());
    let invitation = world.hub.invite("other", HOUR, NOON).await.unwrap();
    let genesis = Bytes::from(world.feed.domain.statements[0].clone());
    let made = first_statement(&*world.link, world.id(), genesis, &invitation).await;
    assert_eq!(made.unwrap_err().code(), Some(Code::NotPermitted));
}

#[tokio::test]
async fn the_chain_is_read_and_goes_on() {
    let mut world = World::with([]).await;
    let administrator = world.administrator();
    let all = administrator.statements(0).await.unwrap();
    assert_eq!(all, world.feed.domain.statements);
    assert_eq!(
        administrator.statements(3).await.unwrap(),
        Vec::<Bytes>::new()
    );

    let revised = world.feed.domain.revised(1, "x");
    let statement = Bytes::from(world.feed.domain.sign(ADMINISTRATOR, &revised));
    let head = administrator.append(3, statement.clone()).await.unwrap();
    world.feed.domain.take(&statement).unwrap();
    assert_eq!(head.chain, world.feed.domain.chain.head().1);
    let again = administrator.append(3, statement.clone()).await.unwrap();
    assert_eq!(again, head);
    let elsewhere = administrator.append(2, statement).await;
    assert_eq!(elsewhere.unwrap_err().code(), Some(Code::Conflict));
}

#[tokio::test]
async fn the_feed_is_read_and_goes_on() {
    let mut world = World::with([1, 2]).await;
    let node = world.node(1);
    let all = node.feed(Seq::START).await.unwrap();
    assert_eq!(all, Feed::Batches(world.feed.batches.clone()));

    let batch = world.feed.draft(&[3]);
    let head = node.commit(Seq::new(2), &batch.batch).await.unwrap();
    assert_eq!(head.seq, Seq::new(3));
    assert_eq!(node.commit(Seq::new(2), &batch.batch).await.unwrap(), head);
    assert_eq!(
        node.feed(Seq::new(2)).await.unwrap(),
        Feed::Batches(vec![batch])
    );
    world.store.compact(&world.id(), Seq::new(2)).await.unwrap();
    let compacted = node.feed(Seq::START).await.unwrap();
    assert_eq!(compacted, Feed::Compacted(Seq::new(2)));
}

#[tokio::test]
async fn the_head_is_told_at_once_and_after_news() {
    let mut world = World::with([1]).await;
    let (reader, writer) = (world.node(2), world.node(1));
    let now = reader.head(None, HOUR).await.unwrap();
    assert_eq!(now, world.feed.hub_head());
    let batch = world.feed.draft(&[2]);
    let waits = reader.head(Some((3, Seq::new(1))), HOUR);
    let writes = async {
        while world.hub.counts().waiting == 0 {
            tokio::task::yield_now().await;
        }
        writer.commit(Seq::new(1), &batch.batch).await
    };
    let both = async { tokio::join!(waits, writes) };
    let (woken, written) = tokio::time::timeout(DEADLINE, both).await.unwrap();
    assert_eq!(woken.unwrap(), written.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_wait_without_news_ends_with_the_same_head() {
    let world = World::with([1]).await;
    let same = world.node(1).head(Some((3, Seq::new(1))), HOUR).await;
    assert_eq!(same.unwrap(), world.feed.hub_head());
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_for_a_hub_that_is_busy_as_told() {
    let world = World::with([1]).await;
    let tap = Tap::answering_times(&world, "/head", busy(3), 2);
    let node = world.node_over(Arc::clone(&tap) as _, 1);
    let begun = tokio::time::Instant::now();
    let head = node.head(None, Duration::ZERO).await.unwrap();
    assert_eq!(head, world.feed.hub_head());
    assert_eq!(tap.count("/head"), 3);
    assert!(begun.elapsed() >= Duration::from_secs(6));
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_as_well_for_a_session_at_a_hub_that_is_busy() {
    let world = World::with([1]).await;
    let tap = Tap::answering_times(&world, "/session", busy(1), 2);
    let node = world.node_over(Arc::clone(&tap) as _, 1);
    let head = node.head(None, Duration::ZERO).await.unwrap();
    assert_eq!(head, world.feed.hub_head());
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_ten_seconds_for_a_hub_that_stays_busy() {
    let world = World::with([]).await;
    for (seconds, calls) in [(1, 11), (10, 2), (11, 1), (0, 1)] {
        let tap = Tap::answering(&world, "/head", busy(seconds));
        let node = world.node_over(Arc::clone(&tap) as _, 1);
        let error = node.head(None, Duration::ZERO).await.unwrap_err();
        assert_eq!(error.code(), Some(Code::Busy));
        assert_eq!(tap.count("/head"), calls, "{seconds}");
    }
}

#[tokio::test]
async fn records_are_found_however_many_are_asked_for() {
    let world = World::with([1, 2]).await;
    let tap = Tap::on(&world);
    let node = world.node_over(Arc::clone(&tap) as _, 1);
    let mut ids = vec![id(1)];
    ids.extend((0..1000).map(|number: u16| nobody(number)));
    ids.push(id(2));
    let found = node.records(&ids).await.unwrap();
    let found: Vec<_> = found.iter().map(|it| it.record.id).collect();
    assert_eq!(found, [id(1), id(2)]);
    assert_eq!(tap.count("/records"), 2);
    assert_eq!(node.records(&[]).await.unwrap(), []);
}

#[tokio::test]
async fn records_that_are_too_many_for_one_answer_are_asked_for_in_parts() {
    let world = World::with([]).await;
    let too_large = crate::wire::Problem::new(Code::TooLarge);
    let body = crate::wire::Message::to_bytes(&too_large);
    let canned = (StatusCode::PAYLOAD_TOO_LARGE, "application/cbor", body);
    let tap = Tap::answering(&world, "/records", canned);
    let node = world.node_over(Arc::clone(&tap) as _, 1);
    let ids: Vec<_> = (0..8).map(nobody).collect();
    let error = node.records(&ids).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::TooLarge));
    // 8, 4, 2, 1: a single one is not split.
    assert_eq!(tap.count("/records"), 4);
}

#[tokio::test]
async fn the_whole_set_is_read_in_parts() {
    let world = World::with([1, 2, 3]).await;
    let node = world.node(2);
    let (mut cursor, mut ids) = (None, Vec::new());
    loop {
        let page = node.snapshot(cursor.as_ref()).await.unwrap();
        ids.extend(page.records.iter().map(|it| it.record.id));
        assert_eq!(page.since, Seq::new(3));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    ids.sort_unstable();
    assert_eq!(ids, [id(1), id(2), id(3)]);
}

#[tokio::test]
async fn digests_and_listings_are_those_of_the_set() {
    let mut world = World::with([1, 2, 2]).await;
    let node = world.node(2);
    let digests = world.feed.digests();
    assert_eq!(node.digests().await.unwrap(), (Seq::new(3), digests));
    let listing = node.listing(2).await.unwrap();
    assert_eq!(listing, (Seq::new(3), world.feed.listing(2)));
    let empty: Vec<Listed> = Vec::new();
    assert_eq!(node.listing(9).await.unwrap(), (Seq::new(3), empty));
}

#[tokio::test]
async fn servers_hear_of_each_other() {
    let world = World::with([]).await;
    let (one, two) = (world.node(1), world.node(2));
    let (position, hash) = world.feed.domain.chain.head();
    let body = BeatBody {
        format: BeatBody::FORMAT,
        suite: BeatBody::SUITE,
        domain: world.id(),
        node: keys(1).id(),
        counter: 1,
        head: world.feed.domain.mark,
        chain: ChainMark { position, hash },
        heard: Vec::new(),
        sealed: SealedStatus {
            suite: 1,
            nonce: [0; 12],
            ciphertext: Bytes::from_static(b"sealed"),
        },
    };
    let beat = Beat::sign(&body, &keys(1));
    let head = one.beat(beat.clone()).await.unwrap();
    assert_eq!(head, world.feed.hub_head());
    assert_eq!(two.beats().await.unwrap(), [beat.into_bytes()]);
}

fn nobody(number: u16) -> RecordId {
    let mut bytes = *neighbour(7).as_bytes();
    bytes[1..3].copy_from_slice(&number.to_be_bytes());
    RecordId::new(bytes)
}

fn busy(seconds: u64) -> Canned {
    let problem = crate::wire::Problem::new(Code::Busy).retry_after(seconds);
    let body = crate::wire::Message::to_bytes(&problem);
    (StatusCode::TOO_MANY_REQUESTS, "application/cbor", body)
}

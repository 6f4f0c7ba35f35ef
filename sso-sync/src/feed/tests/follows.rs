//! Batches that count.

use super::*;

#[test]
fn who_follows_arrives_where_the_writer_is() {
    let mut feed = TestFeed::with([1, 2, 3]);
    feed.commit(&[1, 4, 5]);
    let mut server = feed.follower_after(4);
    assert_eq!(server.follower, feed.server.follower);
    assert_eq!(server.held, feed.server.held);
    assert_eq!(server.follower.head().mark.seq, Seq::new(6));
    assert_eq!(server.follower.head().live, 5);
    let set = server.follower.set_mut();
    assert_eq!(set.live(), Some(5));
    assert_eq!(
        set.commitment(),
        Some(feed.server.follower.head().commitment)
    );
}

#[test]
fn a_batch_is_taken_once() {
    let feed = TestFeed::with([1, 2]);
    let mut server = feed.follower_after(2);
    for batch in &feed.batches {
        assert_eq!(server.take(&feed.domain, batch), Step::Known);
    }
    assert_eq!(server.follower.stopped(), None);
}

#[test]
fn a_follower_goes_on_from_what_it_kept() {
    let feed = TestFeed::with([1, 2, 3]);
    let before = feed.follower_after(2);
    let states: Vec<_> = (0..=u8::MAX)
        .map(|bucket| before.follower.set().state(bucket).unwrap())
        .collect();
    let set = SetHash::from_states(states.iter().map(Vec::as_slice)).unwrap();
    let (domain, head) = (feed.domain.chain.domain(), *before.follower.head());
    let marks: Vec<_> = before.follower.marks().collect();
    let again = Follower::restore(domain, head, marks, set);
    let mut again = TestServer {
        follower: again,
        held: before.held.clone(),
    };
    assert_eq!(again.follower, before.follower);
    let step = again.take(&feed.domain, &feed.batches[2]);
    assert!(matches!(step, Step::Apply(_)));
}

#[test]
fn a_batch_of_another_server_counts_as_well() {
    let mut feed = TestFeed::with([1]);
    let mut other = feed.follower_after(1);
    let record = feed.next(id(2));
    let chain = &feed.domain.chain;
    let batch = other
        .follower
        .write(chain, &keys(2), vec![record], &other.held);
    let batch = FeedBatch {
        first: Seq::new(2),
        batch: batch.unwrap(),
    };
    let step = feed.server.take(&feed.domain, &batch);
    assert!(matches!(step, Step::Apply(_)));
}

#[test]
fn a_batch_that_knows_more_of_the_chain_waits_for_it() {
    let mut feed = TestFeed::with([1]);
    let mut behind = feed.follower_after(1);
    let old_chain = feed.domain.chain.clone();
    feed.domain.must(ADMINISTRATOR, &feed.domain.node_added(3));
    feed.commit(&[2]);
    let event = Event::Batch {
        batch: &feed.batches[1],
        held: &behind.held.clone(),
    };
    let step = behind.follower.on_event(&old_chain, event);
    assert_eq!(step, Step::FetchChain { from: 3 });
    let step = behind.take(&feed.domain, &feed.batches[1]);
    assert!(matches!(step, Step::Apply(_)));
}

#[test]
fn records_are_sealed_anew_in_a_new_epoch() {
    let mut feed = TestFeed::with([1, 2]);
    feed.domain.turn(&feed.domain.node_revoked(2));
    feed.commit(&[1, 2]);
    let server = feed.follower_after(3);
    assert_eq!(server.follower.head().live, 2);
    assert_eq!(server.held[&id(1)].version, 2);
}

#[test]
fn a_batch_of_a_node_that_was_revoked_later_still_counts() {
    let mut feed = TestFeed::with([1]);
    let mut other = feed.follower_after(1);
    let record = feed.next(id(2));
    let chain = feed.domain.chain.clone();
    let batch = other
        .follower
        .write(&chain, &keys(2), vec![record], &other.held);
    feed.domain.turn(&feed.domain.node_revoked(2));
    let batch = FeedBatch {
        first: Seq::new(2),
        batch: batch.unwrap(),
    };
    let step = feed.server.take(&feed.domain, &batch);
    assert!(matches!(step, Step::Apply(_)));
}

#[test]
fn a_batch_with_a_wrong_set_counts_once_it_was_judged() {
    let mut feed = TestFeed::with([1]);
    let wrong = feed.stating(&[2], |stated| stated.live = 77);
    let step = feed.server.take(&feed.domain, &wrong);
    let writer = writer();
    assert_eq!(step, Step::Refuse(Refusal::WrongSet { writer }));

    let mut truth = feed.follower_after(1);
    let right = restated(&wrong, 1, |stated| stated.live = 2);
    truth.take(&feed.domain, &right);
    let head = *truth.follower.head();
    let judged = Action::BatchJudged {
        last: wrong.last(),
        hash: mark_of(&wrong).hash,
        commitment: head.commitment,
        live: head.live,
    };
    feed.domain.must(ADMINISTRATOR, &judged);
    let step = feed.server.take(&feed.domain, &wrong);
    assert!(matches!(step, Step::Apply(_)), "{step:?}");
    assert_eq!(feed.server.follower.head().commitment, head.commitment);
    assert_eq!(feed.server.follower.stopped(), None);
    feed.commit(&[3]);
}

#[test]
fn a_wrong_judgement_does_not_help() {
    let mut feed = TestFeed::with([1]);
    let wrong = feed.stating(&[2], |stated| stated.live = 77);
    let judged = Action::BatchJudged {
        last: wrong.last(),
        hash: mark_of(&wrong).hash,
        commitment: Digest::ZERO,
        live: 2,
    };
    feed.domain.must(ADMINISTRATOR, &judged);
    let step = feed.server.take(&feed.domain, &wrong);
    let writer = writer();
    assert_eq!(step, Step::Refuse(Refusal::WrongSet { writer }));
}

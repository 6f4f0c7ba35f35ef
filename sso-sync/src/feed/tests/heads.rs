//! What follows from what a hub says about its head, and from what other servers hold.

use super::*;

#[test]
fn a_hub_that_is_level_has_nothing_to_tell() {
    let mut feed = TestFeed::with([1, 2]);
    let head = feed.hub_head();
    assert_eq!(feed.server.on(&feed.domain, Event::Head(&head)), Step::Wait);
    let mut empty = TestFeed::new();
    let head = empty.hub_head();
    assert_eq!(
        empty.server.on(&empty.domain, Event::Head(&head)),
        Step::Wait
    );
}

#[test]
fn a_hub_that_is_further_is_asked() {
    let feed = TestFeed::with([1, 2, 3]);
    let mut server = feed.follower_after(1);
    let mut head = feed.hub_head();
    let after = Seq::new(1);
    head.compacted = after;
    let step = server.on(&feed.domain, Event::Head(&head));
    assert_eq!(step, Step::FetchFeed { after });
    head.compacted = Seq::new(2);
    let step = server.on(&feed.domain, Event::Head(&head));
    assert_eq!(step, Step::TakeSnapshot);
}

#[test]
fn what_was_told_of_places_that_do_not_exist_is_not_settled() {
    let feed = TestFeed::with([1, 2]);
    let mut server = feed.follower_after(2);
    let told = |seq| FeedMark {
        seq: Seq::new(seq),
        hash: Digest::ZERO,
    };
    for (hub, settled) in [(0, 2), (2, 2), (5, 5), (9, 9)] {
        server.on(&feed.domain, Event::Witness(told(u64::MAX)));
        server.follower.settle(Seq::new(hub));
        assert_eq!(server.follower.settled(), Seq::new(settled));
    }
    let after = Seq::new(2);
    let step = server.on(&feed.domain, Event::Witness(told(10)));
    assert_eq!(step, Step::FetchFeed { after });
}

#[test]
fn a_hub_that_knows_more_statements_is_asked_for_them_first() {
    let mut feed = TestFeed::with([1]);
    let mut head = feed.hub_head();
    head.statements += 1;
    let step = feed.server.on(&feed.domain, Event::Head(&head));
    assert_eq!(step, Step::FetchChain { from: 3 });
}

#[test]
fn a_hub_that_lost_batches_is_sent_them_again() {
    let mut feed = TestFeed::with([1, 2, 3]);
    for count in [0, 1, 2] {
        let head = feed.hub_head_after(count);
        let after = head.seq;
        let step = feed.server.on(&feed.domain, Event::Head(&head));
        assert_eq!(step, Step::SendFeed { after });
    }
    assert_eq!(feed.server.follower.stopped(), None);
}

#[test]
fn a_hub_that_lost_statements_is_sent_them_again() {
    let mut feed = TestFeed::with([1]);
    let mut head = feed.hub_head();
    head.statements = 2;
    head.chain = feed.domain.chain.hash_at(1).unwrap();
    let step = feed.server.on(&feed.domain, Event::Head(&head));
    assert_eq!(step, Step::SendChain { from: 2 });
    head.statements = 0;
    let step = feed.server.on(&feed.domain, Event::Head(&head));
    assert_eq!(step, Step::SendChain { from: 0 });
}

#[test]
fn a_hub_with_another_chain_shows_two_histories() {
    let mut feed = TestFeed::with([1]);
    let mut head = feed.hub_head();
    head.chain = Digest::ZERO;
    let step = feed.server.on(&feed.domain, Event::Head(&head));
    assert_eq!(step, Step::Refuse(Refusal::ChainFork));
}

#[test]
fn a_hub_with_another_batch_shows_two_histories() {
    for held_after in [1, 2] {
        let mut feed = TestFeed::with([1]);
        let theirs = feed.draft(&[9]);
        for number in 0..held_after {
            feed.commit(&[number]);
        }
        let mut head = feed.hub_head();
        head.seq = theirs.last();
        head.envelope = theirs.batch.envelope().to_vec();
        let step = feed.server.on(&feed.domain, Event::Head(&head));
        let at = Seq::new(2);
        assert_eq!(step, Step::Refuse(Refusal::Fork { at }));
    }
}

#[test]
fn a_head_that_nobody_signed_is_no_fork() {
    let mut feed = TestFeed::with([1, 2]);
    let mut head = feed.hub_head_after(1);
    let last = head.envelope.len() - 1;
    head.envelope[last] ^= 1;
    let step = feed.server.on(&feed.domain, Event::Head(&head));
    assert_eq!(step, Step::Refuse(Refusal::ForgedSignature));
    let level = feed.hub_head();
    assert_eq!(
        feed.server.on(&feed.domain, Event::Head(&level)),
        Step::Wait
    );
    assert_eq!(feed.server.follower.stopped(), None);
}

#[test]
fn a_head_stands_where_its_batch_ends() {
    let mut feed = TestFeed::with([1, 2]);
    let mut head = feed.hub_head();
    head.seq = Seq::new(3);
    let step = feed.server.on(&feed.domain, Event::Head(&head));
    assert_eq!(step, Step::Refuse(Refusal::Malformed));
    head.envelope = b"hello".to_vec();
    let step = feed.server.on(&feed.domain, Event::Head(&head));
    assert_eq!(step, Step::Refuse(Refusal::Malformed));
}

#[test]
fn another_server_with_the_same_batch_is_no_news() {
    let mut feed = TestFeed::with([1, 2]);
    for batch in feed.batches.clone() {
        let step = feed
            .server
            .on(&feed.domain, Event::Witness(mark_of(&batch)));
        assert_eq!(step, Step::Known);
    }
    let beginning = FeedMark::start(&feed.domain.chain.domain());
    let step = feed.server.on(&feed.domain, Event::Witness(beginning));
    assert_eq!(step, Step::Known);
}

#[test]
fn another_server_with_another_batch_uncovers_a_fork() {
    let mut feed = TestFeed::with([1]);
    let theirs = feed.draft(&[9]);
    feed.commit(&[2]);
    feed.commit(&[3]);
    let step = feed
        .server
        .on(&feed.domain, Event::Witness(mark_of(&theirs)));
    let at = Seq::new(2);
    assert_eq!(step, Step::Refuse(Refusal::Fork { at }));
}

#[test]
fn a_batch_that_ends_within_one_of_ours_uncovers_a_fork() {
    let mut feed = TestFeed::with([1]);
    let theirs = feed.draft(&[9]);
    feed.commit(&[2, 3]);
    let step = feed
        .server
        .on(&feed.domain, Event::Witness(mark_of(&theirs)));
    let at = Seq::new(2);
    assert_eq!(step, Step::Refuse(Refusal::Fork { at }));
}

#[test]
fn a_hub_that_denies_what_another_server_holds_withholds() {
    let mut feed = TestFeed::with([1, 2]);
    let later = feed.draft(&[3]);
    let (seen, told) = (Seq::new(3), Seq::new(2));
    let step = feed
        .server
        .on(&feed.domain, Event::Witness(mark_of(&later)));
    assert_eq!(step, Step::FetchFeed { after: told });
    let head = feed.hub_head();
    let step = feed.server.on(&feed.domain, Event::Head(&head));
    assert_eq!(step, Step::Refuse(Refusal::Withheld { seen, told }));

    let step = feed.server.take(&feed.domain, &later);
    assert!(matches!(step, Step::Apply(_)));
    feed.batches.push(later);
    let head = feed.hub_head();
    assert_eq!(feed.server.on(&feed.domain, Event::Head(&head)), Step::Wait);
}

#[test]
fn a_hub_that_shows_two_servers_two_batches_is_caught_by_the_first_witness() {
    let mut feed = TestFeed::with([1]);
    let (one, other) = (feed.draft(&[2]), feed.draft(&[3]));
    let mut second = feed.follower_after(1);
    feed.server.take(&feed.domain, &one);

    // Either order: the witness comes before or after the batch of this server's own history.
    let at = Seq::new(2);
    let fork = Step::Refuse(Refusal::Fork { at });
    let step = feed
        .server
        .on(&feed.domain, Event::Witness(mark_of(&other)));
    assert_eq!(step, fork);
    let step = second.on(&feed.domain, Event::Witness(mark_of(&one)));
    assert_eq!(step, Step::FetchFeed { after: Seq::new(1) });
    assert_eq!(second.take(&feed.domain, &other), fork);
}

#[test]
fn two_witnesses_that_disagree_uncover_a_fork() {
    let mut feed = TestFeed::with([1]);
    let (one, other) = (feed.draft(&[2]), feed.draft(&[3]));
    feed.server.on(&feed.domain, Event::Witness(mark_of(&one)));
    let step = feed
        .server
        .on(&feed.domain, Event::Witness(mark_of(&other)));
    let at = Seq::new(2);
    assert_eq!(step, Step::Refuse(Refusal::Fork { at }));
}

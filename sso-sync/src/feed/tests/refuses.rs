//! Every refusal of a batch, each by the batch that deserves it.

use super::*;
use crate::cbor;
use crate::chain::Chain;

#[test]
fn what_is_no_batch_is_malformed() {
    for envelope in [b"".as_slice(), b"\x80", b"hello"] {
        let mut feed = TestFeed::with([1]);
        let good = feed.draft(&[2]);
        let records = good.batch.records().to_vec();
        let batch = Batch::new(envelope.to_vec().into(), records).unwrap();
        refused(
            feed,
            &FeedBatch { batch, ..good },
            &Refusal::Malformed,
            Blame::Hub,
        );
    }
}

#[test]
fn no_changed_byte_of_an_envelope_is_taken() {
    let mut feed = TestFeed::with([1]);
    let good = feed.draft(&[2]);
    for at in 0..good.batch.envelope().len() {
        let mut envelope = good.batch.envelope().to_vec();
        envelope[at] ^= 1;
        let records = good.batch.records().to_vec();
        let batch = Batch::new(envelope.into(), records).unwrap();
        let batch = FeedBatch { batch, ..good };
        let step = feed.server.clone().take(&feed.domain, &batch);
        let refused = matches!(step, Step::Refuse(_) | Step::FetchChain { .. });
        assert!(refused, "byte {at}: {step:?}");
    }
}

#[test]
fn no_changed_byte_of_a_record_is_taken() {
    let mut feed = TestFeed::with([1]);
    let good = feed.draft(&[2]);
    let [record] = good.batch.records() else {
        panic!("one record");
    };
    for at in 0..record.body.len() {
        let mut body = record.body.to_vec();
        body[at] ^= 1;
        let changed = Record {
            id: record.id,
            body: body.into(),
        };
        let batch = with_records(&good, vec![changed]);
        let step = feed.server.clone().take(&feed.domain, &batch);
        assert_eq!(step, Step::Refuse(Refusal::WrongRecords), "byte {at}");
    }
}

#[test]
fn a_newer_form_is_nobodys_fault() {
    let mut feed = TestFeed::with([1]);
    let newer = feed.stating(&[2], |stated| stated.format = 2);
    refused(feed, &newer, &Refusal::NewerFormat, Blame::Nobody);
    let mut feed = TestFeed::with([1]);
    let newer = feed.stating(&[2], |stated| stated.suite = 2);
    refused(feed, &newer, &Refusal::NewerFormat, Blame::Nobody);
}

#[test]
fn a_batch_of_another_domain_is_refused() {
    let (here, mut elsewhere) = (TestFeed::with([1]), TestFeed::with([1]));
    let foreign = elsewhere.draft(&[2]);
    refused(here, &foreign, &Refusal::OtherDomain, Blame::Hub);
}

#[test]
fn a_record_of_another_domain_does_not_open_here() {
    let (here, elsewhere) = (TestFeed::new(), TestFeed::new());
    let foreign = elsewhere.next(id(1));
    assert!(elsewhere.domain.ring.open_record(&foreign).is_ok());
    assert!(here.domain.ring.open_record(&foreign).is_err());
}

#[test]
fn a_missing_batch_is_noticed() {
    let mut feed = TestFeed::with([1, 2]);
    let third = feed.draft(&[3]);
    let mut server = feed.follower_after(1);
    let step = server.take(&feed.domain, &third);
    let (expected, found) = (Seq::new(2), Seq::new(3));
    assert_eq!(step, Step::Refuse(Refusal::Gap { expected, found }));
    assert_eq!(Refusal::Gap { expected, found }.blame(), Blame::Hub);
    server.take(&feed.domain, &feed.batches[1]);
    assert_eq!(server.follower.stopped(), None);
}

#[test]
fn records_that_were_left_out_added_or_moved_are_noticed() {
    let mut feed = TestFeed::with([1]);
    let good = feed.draft(&[2, 3]);
    let [two, three] = good.batch.records() else {
        panic!("two records");
    };
    let spliced = Record {
        id: two.id,
        body: three.body.clone(),
    };
    for records in [
        vec![two.clone()],
        vec![three.clone(), two.clone()],
        vec![two.clone(), three.clone(), feed.next(id(4))],
        vec![spliced, three.clone()],
    ] {
        let batch = with_records(&good, records);
        let step = feed.server.clone().take(&feed.domain, &batch);
        assert_eq!(step, Step::Refuse(Refusal::WrongRecords));
    }
    let moved = FeedBatch {
        first: good.first.plus(1),
        batch: good.batch,
    };
    refused(feed, &moved, &Refusal::WrongRecords, Blame::Hub);
}

#[test]
fn two_batches_on_one_head_are_a_fork() {
    let mut feed = TestFeed::with([1]);
    let (mine, theirs) = (feed.draft(&[2]), feed.draft(&[3]));
    feed.server.take(&feed.domain, &mine);
    let at = Seq::new(2);
    refused(feed, &theirs, &Refusal::Fork { at }, Blame::Hub);
}

#[test]
fn a_longer_batch_over_a_held_one_is_a_fork() {
    let mut feed = TestFeed::with([1]);
    let (mine, theirs) = (feed.draft(&[2]), feed.draft(&[3, 4]));
    feed.server.take(&feed.domain, &mine);
    let at = Seq::new(2);
    refused(feed, &theirs, &Refusal::Fork { at }, Blame::Hub);
}

#[test]
fn a_batch_on_another_head_is_a_fork() {
    let mut feed = TestFeed::with([1]);
    let mut other = TestFeed {
        domain: TestDomain::new(),
        batches: feed.batches.clone(),
        server: feed.follower_after(1),
    };
    std::mem::swap(&mut other.domain, &mut feed.domain);
    other.commit(&[2]);
    let next = other.draft(&[3]);
    std::mem::swap(&mut other.domain, &mut feed.domain);
    let mine = feed.draft(&[4]);
    feed.server.take(&feed.domain, &mine);
    let at = Seq::new(2);
    refused(feed, &next, &Refusal::Fork { at }, Blame::Hub);
}

#[test]
fn after_a_fork_nothing_is_taken_until_a_person_decides() {
    let mut feed = TestFeed::with([1]);
    let (mine, theirs) = (feed.draft(&[2]), feed.draft(&[3]));
    feed.server.take(&feed.domain, &mine);
    feed.server.take(&feed.domain, &theirs);
    let fork = Refusal::Fork { at: Seq::new(2) };
    assert!(fork.is_fork());
    let head = feed.hub_head();
    let step = feed.server.on(&feed.domain, Event::Head(&head));
    assert_eq!(step, Step::Refuse(fork));
    feed.server.follower.settle(Seq::START);
    feed.commit(&[4]);
}

#[test]
fn another_chain_behind_a_batch_is_a_fork() {
    let mut feed = TestFeed::with([1]);
    let forked = feed.stating(&[2], |stated| stated.chain.hash = Digest::ZERO);
    refused(feed, &forked, &Refusal::ChainFork, Blame::Hub);
}

#[test]
fn who_is_no_server_of_the_domain_writes_nothing() {
    let mut feed = TestFeed::with([1]);
    let honest = feed.draft(&[2]);
    for stranger in [9, ADMINISTRATOR] {
        let batch = restated(&honest, stranger, |_| {});
        let writer = keys(stranger).id();
        let refusal = Refusal::UnknownWriter { writer };
        let step = feed.server.clone().take(&feed.domain, &batch);
        assert_eq!(step, Step::Refuse(refusal));
    }
    feed.domain.must(ADMINISTRATOR, &feed.domain.node_added(3));
    let too_early = restated(&honest, 3, |_| {});
    let writer = keys(3).id();
    refused(
        feed,
        &too_early,
        &Refusal::UnknownWriter { writer },
        Blame::Hub,
    );
}

#[test]
fn a_revoked_server_writes_nothing_that_knows_its_revocation() {
    let mut feed = TestFeed::with([1]);
    feed.domain.turn(&feed.domain.node_revoked(2));
    let honest = feed.draft(&[2]);
    let batch = restated(&honest, 2, |_| {});
    let writer = keys(2).id();
    refused(feed, &batch, &Refusal::RevokedWriter { writer }, Blame::Hub);
}

#[test]
fn a_revoked_server_writes_nothing_after_the_first_batch_that_knew() {
    let mut feed = TestFeed::with([1]);
    let old_chain = feed.domain.chain.clone();
    feed.domain.turn(&feed.domain.node_revoked(2));
    feed.commit(&[1]);
    let honest = feed.draft(&[2]);
    let batch = restated(&honest, 2, |stated| forget(&old_chain, stated));
    let writer = keys(2).id();
    refused(
        feed,
        &batch,
        &Refusal::ChainBackwards { writer },
        Blame::Writer(writer),
    );
}

#[test]
fn nobody_writes_for_another() {
    let mut feed = TestFeed::with([1]);
    let honest = feed.draft(&[2]);
    let other = restated(&honest, 2, |stated| stated.writer = writer());
    refused(feed, &other, &Refusal::ForgedSignature, Blame::Hub);
}

#[test]
fn a_batch_has_a_largest_size() {
    let feed = TestFeed::with([1]);
    let body = vec![0; 1024 * 1024];
    let record = Record {
        id: id(2),
        body: body.into(),
    };
    let batch = FeedBatch {
        first: Seq::new(2),
        batch: Batch::new(Vec::new().into(), vec![record]).unwrap(),
    };
    refused(feed, &batch, &Refusal::TooLarge, Blame::Hub);
    assert_eq!(Envelope::parse(&[0; 513]), Err(Refusal::TooLarge));
    assert_eq!(Envelope::parse(&[0; 512]), Err(Refusal::Malformed));
}

#[test]
fn every_refusal_says_what_why_and_what_mends_it() {
    let writer = crate::seal::MemberId::new([0xab; 16]);
    insta::assert_snapshot!(Refusal::WrongSet { writer }, @"server abababababababababababababababab states a wrong set after its batch: revoke it, then judge the batch");
}

/// A refused batch changes nothing but that writes stop.
pub(super) fn refused(mut feed: TestFeed, batch: &FeedBatch, expected: &Refusal, blame: Blame) {
    let before = feed.server.clone();
    let step = feed.server.take(&feed.domain, batch);
    assert_eq!(step, Step::Refuse(expected.clone()));
    assert_eq!(expected.blame(), blame);
    assert_eq!(feed.server.follower.stopped(), Some(expected));
    assert_eq!(feed.server.follower.head(), before.follower.head());
    assert_eq!(feed.server.follower.set(), before.follower.set());
    assert_eq!(feed.server.held, before.held);
}

/// Lets a writer pretend to know an older chain only.
fn forget(chain: &Chain, stated: &mut Stated) {
    let (position, hash) = chain.head();
    let mark: envelope::ChainMark = cbor::decode(&cbor::encode(&(position, hash))).unwrap();
    stated.chain = mark;
    stated.epoch = chain.epoch();
}

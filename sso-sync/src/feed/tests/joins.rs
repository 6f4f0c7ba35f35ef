//! A server that does not hold everything yet.

use super::*;

#[test]
fn a_fresh_server_proves_that_an_id_is_there_or_not() {
    let (mut feed, mut fresh) = joined();
    assert_eq!(presence(&fresh, id(1)), Presence::Unknown);
    fresh.hold(&feed, 1);
    assert_eq!(
        presence(&fresh, id(1)),
        Presence::Live(feed.server.held[&id(1)])
    );
    assert_eq!(presence(&fresh, neighbour(1)), Presence::Absent);
    assert_eq!(presence(&fresh, id(2)), Presence::Unknown);
    let held = fresh.follower.set_mut().digests();
    assert_eq!(held, Some(feed.digests()));
}

#[test]
fn a_listing_with_a_record_left_out_added_or_old_proves_nothing() {
    let (mut feed, mut fresh) = joined();
    feed.commit_more(neighbour(1));
    let digests = feed.digests();
    fresh.follower = Follower::join(&feed.domain.chain, &feed.hub_head(), &digests).unwrap();
    let honest = feed.listing(1);
    assert_eq!(honest.len(), 2);
    let mut old = honest.clone();
    old[0].live.digest = Digest::ZERO;
    let added = Listed {
        id: id(1),
        live: honest[0].live,
    };
    let reversed = honest.iter().rev().copied().collect();
    for listing in [
        honest[..1].to_vec(),
        Vec::new(),
        old,
        [honest.clone(), vec![added]].concat(),
        reversed,
        feed.listing(2),
    ] {
        let held = fresh.follower.set_mut().hold(1, &listing);
        assert_eq!(held, Err(ListingError::WrongListing));
    }
    assert_eq!(fresh.follower.set_mut().hold(1, &honest), Ok(()));
}

#[test]
fn digests_that_are_not_those_of_the_head_prove_nothing() {
    let mut feed = TestFeed::with([1, 2]);
    let old = feed.digests();
    feed.commit(&[3]);
    let (chain, head) = (&feed.domain.chain, feed.hub_head());
    let joined = Follower::join(chain, &head, &old);
    assert_eq!(joined, Err(Refusal::WrongRecords));
    let joined = Follower::join(chain, &head, &old[..255]);
    assert_eq!(joined, Err(Refusal::WrongRecords));
}

#[test]
fn a_head_that_no_server_signed_is_not_joined() {
    let mut feed = TestFeed::with([1, 2]);
    let digests = feed.digests();
    let mut head = feed.hub_head();
    let last = head.envelope.len() - 1;
    head.envelope[last] ^= 1;
    let joined = Follower::join(&feed.domain.chain, &head, &digests);
    assert_eq!(joined, Err(Refusal::ForgedSignature));
}

#[test]
fn a_fresh_server_writes_to_a_bucket_that_it_has_proven() {
    let (mut feed, mut fresh) = joined();
    let record = feed.record(neighbour(1), 1);
    let chain = &feed.domain.chain;
    let write = |fresh: &mut TestServer| {
        let records = vec![record.clone()];
        fresh.follower.write(chain, &keys(2), records, &fresh.held)
    };
    assert_eq!(write(&mut fresh), Err(WriteError::Unproven));
    fresh.hold(&feed, 1);
    let batch = FeedBatch {
        first: Seq::new(4),
        batch: write(&mut fresh).unwrap(),
    };
    let step = feed.server.take(&feed.domain, &batch);
    assert!(matches!(step, Step::Apply(_)), "{step:?}");
    let step = fresh.take(&feed.domain, &batch);
    assert!(matches!(step, Step::Apply(_)), "{step:?}");
    assert_eq!(fresh.follower.head(), feed.server.follower.head());
}

#[test]
fn a_proven_bucket_stays_proven_while_the_feed_goes_on() {
    let (mut feed, mut fresh) = joined();
    fresh.hold(&feed, 1);
    feed.commit(&[1, 2]);
    let step = fresh.take(&feed.domain, &feed.batches[3]);
    assert!(matches!(step, Step::Apply(_)), "{step:?}");
    assert_eq!(
        presence(&fresh, id(1)),
        Presence::Live(feed.server.held[&id(1)])
    );

    // Of bucket 2, which is not held, nothing is known until the digests are.
    let set = fresh.follower.set_mut();
    assert_eq!(set.hold(2, &feed.listing(2)), Err(ListingError::Stale));
    assert_eq!(set.commitment(), None);
    let commitment = feed.server.follower.head().commitment;
    let digests = feed.digests();
    assert_eq!(set.learn(&digests, &commitment), Ok(()));
    assert_eq!(set.hold(2, &feed.listing(2)), Ok(()));
    assert_eq!(set.commitment(), Some(commitment));
}

#[test]
fn digests_that_contradict_a_proven_bucket_are_refused() {
    let (mut feed, mut fresh) = joined();
    fresh.hold(&feed, 1);
    let mut other = TestFeed::with([7]);
    let commitment = other.server.follower.head().commitment;
    let set = fresh.follower.set_mut();
    let learnt = set.learn(&other.digests(), &commitment);
    assert_eq!(learnt, Err(ListingError::WrongDigests));
    let learnt = set.learn(&feed.digests(), &commitment);
    assert_eq!(learnt, Err(ListingError::WrongDigests));
}

#[test]
fn a_wrong_set_in_a_proven_bucket_is_noticed_before_everything_is_held() {
    let (mut feed, mut fresh) = joined();
    fresh.hold(&feed, 1);
    let wrong = feed.stating(&[1], |stated| stated.commitment = Digest::ZERO);
    let writer = writer();
    let step = fresh.take(&feed.domain, &wrong);
    assert_eq!(step, Step::Refuse(Refusal::WrongSet { writer }));
}

#[test]
fn a_set_that_was_filled_is_taken_over_if_it_is_the_one_of_the_head() {
    let (mut feed, mut fresh) = joined();
    let digests = feed.digests();
    let mut filled = SetHash::empty();
    for (id, live) in feed.server.held.iter().take(2) {
        filled.insert(id, &live.digest);
    }
    let missing = fresh.follower.complete(filled.clone(), &digests);
    assert_eq!(missing, Err(vec![3]));
    assert!(!fresh.follower.set().is_complete());

    filled.insert(&id(3), &feed.server.held[&id(3)].digest);
    assert_eq!(fresh.follower.complete(filled, &digests), Ok(()));
    assert!(fresh.follower.set().is_complete());
    assert_eq!(fresh.follower.set().live(), Some(3));
}

#[test]
fn an_old_record_in_a_filled_set_is_named_by_its_bucket() {
    let mut feed = TestFeed::with([1, 2]);
    let old = feed.server.held.clone();
    feed.commit(&[2]);
    let digests = feed.digests();
    let joined = Follower::join(&feed.domain.chain, &feed.hub_head(), &digests);
    let mut filled = SetHash::empty();
    for (id, live) in &old {
        filled.insert(id, &live.digest);
    }
    assert_eq!(joined.unwrap().complete(filled, &digests), Err(vec![2]));
}

#[test]
fn a_domain_without_users_is_joined_complete() {
    let mut feed = TestFeed::new();
    let digests = feed.digests();
    let joined = Follower::join(&feed.domain.chain, &feed.hub_head(), &digests).unwrap();
    assert!(joined.set().is_complete());
}

impl TestServer {
    /// Fetches and proves a bucket.
    fn hold(&mut self, feed: &TestFeed, bucket: u8) {
        let listing = feed.listing(bucket);
        self.follower.set_mut().hold(bucket, &listing).unwrap();
        self.held.extend(listing.iter().map(|it| (it.id, it.live)));
    }
}

impl TestFeed {
    fn commit_more(&mut self, id: RecordId) {
        let record = self.next(id);
        let batch = self.draft_of(vec![record]).unwrap();
        self.server.take(&self.domain, &batch);
        self.batches.push(batch);
    }
}

/// A feed of three records, and a server that has just joined.
fn joined() -> (TestFeed, TestServer) {
    let mut feed = TestFeed::with([1, 2, 3]);
    let digests = feed.digests();
    let follower = Follower::join(&feed.domain.chain, &feed.hub_head(), &digests).unwrap();
    let fresh = TestServer {
        follower,
        held: BTreeMap::new(),
    };
    (feed, fresh)
}

fn presence(server: &TestServer, id: RecordId) -> Presence {
    server.follower.set().presence(&id, &server.held)
}

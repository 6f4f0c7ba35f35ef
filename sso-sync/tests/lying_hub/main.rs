//! A hub that lies is noticed, named, and harmless to sign-ins.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod domain;
mod server;

use domain::Domain;
use server::{Outcome, Server};
use sso_sync::chain::FeedMark;
use sso_sync::feed::{Envelope, Event, ListingError, Step};
use sso_sync::store::FeedBatch;
use sso_sync::testkit::Lie;

#[test]
fn an_honest_hub_brings_every_server_to_the_same() {
    let (domain, one) = domain::lived_in();
    let mut other = Server::new(&domain);
    assert_eq!(other.synchronize(&domain.hub), Outcome::Level);
    assert_eq!(other.follower, one.follower);
    assert_eq!(other.chain, one.chain);
    assert_eq!(other.user("alice"), one.user("alice"));
}

#[test]
fn a_changed_record_is_noticed() {
    noticed(|_| Lie::ChangesARecord, "wrong-records");
}

#[test]
fn an_omitted_record_is_noticed() {
    noticed(|_| Lie::OmitsARecord, "wrong-records");
}

#[test]
fn reordered_records_are_noticed() {
    noticed(|_| Lie::ReordersRecords, "wrong-records");
}

#[test]
fn records_spliced_between_users_are_noticed() {
    noticed(|_| Lie::SplicesUsers, "wrong-records");
}

#[test]
fn records_spliced_between_domains_are_noticed() {
    noticed(
        |_| Lie::SplicesDomains(domain::lived_in().0.last_batch()),
        "other-domain",
    );
}

#[test]
fn an_omitted_batch_is_noticed() {
    noticed(|_| Lie::OmitsABatch, "gap");
}

#[test]
fn an_exchanged_key_is_noticed() {
    noticed(|_| Lie::ChangesAStatement, "forged-signature");
}

#[test]
fn an_older_configuration_in_place_of_the_newest_is_noticed() {
    noticed(
        |domain| Lie::ReplaysAStatement(domain.first_revision),
        "wrong-position",
    );
}

#[test]
fn a_server_that_holds_everything_notices_another_last_batch() {
    let (mut domain, mut server) = domain::lived_in();
    let fork = domain.other_last_batch();
    domain.hub.lie(Lie::Forks(fork));
    assert_eq!(server.synchronize(&domain.hub), Outcome::Refused("fork"));
    still_signs_in(&server);

    // A fork is settled by a person, not by the hub's telling the truth again.
    domain.hub.tell_the_truth();
    assert_eq!(server.synchronize(&domain.hub), Outcome::Refused("fork"));
    server.follower.settle(domain.hub.head().seq);
    assert_eq!(server.synchronize(&domain.hub), Outcome::Level);
}

#[test]
fn a_server_that_holds_everything_notices_another_chain() {
    let (mut domain, mut server) = domain::lived_in();
    let other = domain.other_last_statement();
    domain.hub.lie(Lie::ForksTheChain(other));
    let outcome = server.synchronize(&domain.hub);
    assert_eq!(outcome, Outcome::Refused("chain-fork"));
    still_signs_in(&server);
}

#[test]
fn a_hub_that_was_restored_from_a_backup_is_seeded_again() {
    for (batches, statements) in [(0, 0), (1, 3), (2, 1), (3, 4), (0, 5)] {
        let (domain, mut server) = domain::lived_in();
        let mut hub = domain.hub.clone();
        hub.lose_batches(batches);
        hub.lose_statements(statements);
        let outcome = server.synchronize_and_seed(&mut hub);
        assert_eq!(outcome, Outcome::Level);
        assert_eq!(hub.head(), domain.hub.head());
        still_signs_in(&server);
    }
}

#[test]
fn a_hub_that_goes_on_hiding_what_it_was_sent_again_gets_nowhere() {
    let (mut domain, mut server) = domain::lived_in();
    for lie in [Lie::RollsBack(1), Lie::RollsBackTheChain(2)] {
        domain.hub.lie(lie);
        assert_eq!(server.synchronize(&domain.hub), Outcome::Behind);
        still_signs_in(&server);
    }
    assert_eq!(server.follower.stopped(), None);
}

#[test]
fn a_hub_that_withholds_a_batch_is_uncovered_by_another_server() {
    let (mut domain, up_to_date) = domain::lived_in();
    let mut server = Server::new(&domain);
    domain.hub.lie(Lie::RollsBack(2));
    assert_eq!(server.synchronize(&domain.hub), Outcome::Level);

    // A browser brings the other server's head along, in a sealed cookie.
    let seen = up_to_date.follower.head().mark;
    server.witness(seen);
    let outcome = server.synchronize(&domain.hub);
    assert_eq!(outcome, Outcome::Refused("withheld"));
    still_signs_in(&server);
    domain.hub.tell_the_truth();
    assert_eq!(server.synchronize(&domain.hub), Outcome::Level);
}

#[test]
fn two_servers_that_are_shown_two_histories_find_out_by_one_browser() {
    let (mut domain, mut one) = domain::lived_in();
    let fork = domain.other_last_batch();
    let mut other = Server::new(&domain);
    domain.hub.lie(Lie::Forks(fork));
    assert_eq!(other.synchronize(&domain.hub), Outcome::Level);

    let (mine, theirs) = (one.follower.head().mark, other.follower.head().mark);
    assert!(is_fork(&one.witness(theirs)));
    assert!(is_fork(&other.witness(mine)));
}

#[test]
fn a_listing_that_hides_or_ages_a_record_proves_nothing() {
    let (mut domain, server) = domain::lived_in();
    let id = domain.id("alice");
    let bucket = id.as_bytes()[0];
    let digests = domain.hub.digests();
    let fresh = || {
        let (chain, head) = (&server.chain, domain.hub.head());
        sso_sync::feed::Follower::join(chain, &head, &digests).unwrap()
    };
    let (mut one, mut other) = (fresh(), fresh());
    domain.hub.lie(Lie::HidesARecord);
    let hidden = one.set_mut().hold(bucket, &domain.hub.listing(bucket));
    assert_eq!(hidden, Err(ListingError::WrongListing));
    domain
        .hub
        .lie(Lie::StalesARecord(domain.first_digest("alice")));
    let stale = other.set_mut().hold(bucket, &domain.hub.listing(bucket));
    assert_eq!(stale, Err(ListingError::WrongListing));
    domain.hub.tell_the_truth();
    let proven = other.set_mut().hold(bucket, &domain.hub.listing(bucket));
    assert_eq!(proven, Ok(()));
}

#[test]
fn two_servers_that_a_hub_tells_that_both_won_give_the_user_one_secret() {
    let (domain, one) = domain::lived_in();
    let mut other = Server::new(&domain);
    other.synchronize(&domain.hub);
    let first = domain.new_user(&one, "dora");
    let second = domain.new_user(&other, "dora");
    let opened = [first, second].map(|record| domain.open(&record));
    assert_eq!(opened[0].secret(), opened[1].secret());
    assert_eq!(opened[0].to_user().id, opened[1].to_user().id);
}

/// A lie about the newest is refused by name by a server that lacks it, changes nothing of what
/// it holds, and is forgotten once the hub tells the truth.
fn noticed(lie: impl Fn(&Domain) -> Lie, code: &'static str) {
    let (mut domain, _) = domain::lived_in();
    let mut server = Server::new(&domain);
    let mut earlier = domain.hub.clone();
    earlier.lose_batches(2);
    earlier.lose_statements(1);
    assert_eq!(server.synchronize(&earlier), Outcome::Level);
    let before = server.clone();

    domain.hub.lie(lie(&domain));
    assert_eq!(server.synchronize(&domain.hub), Outcome::Refused(code));
    still_signs_in(&server);
    assert_eq!(server.user("alice"), before.user("alice"));

    domain.hub.tell_the_truth();
    assert_eq!(server.synchronize(&domain.hub), Outcome::Level);
    assert_eq!(server.follower.head().mark, mark_of(&domain.last_batch()));
}

/// Users that are known sign in, whatever the hub does.
fn still_signs_in(server: &Server) {
    let user = server.user("alice");
    assert_eq!(user.account().value, "alice");
}

fn is_fork(step: &Step) -> bool {
    matches!(step, Step::Refuse(refusal) if refusal.is_fork())
}

fn mark_of(batch: &FeedBatch) -> FeedMark {
    FeedMark {
        seq: batch.last(),
        hash: Envelope::parse(batch.batch.envelope()).unwrap().hash(),
    }
}

impl Server {
    fn witness(&mut self, mark: FeedMark) -> Step {
        self.follower.on_event(&self.chain, Event::Witness(mark))
    }
}

//! Who writes, and who does not.

use super::*;
use crate::chain::Policy;
use crate::chain::tests::NOON;

#[test]
fn a_server_that_stopped_writes_nothing() {
    let mut feed = TestFeed::with([1]);
    let gap = FeedBatch {
        first: Seq::new(9),
        batch: feed.draft(&[2]).batch,
    };
    feed.server.take(&feed.domain, &gap);
    let record = feed.next(id(2));
    let written = feed.draft_of(vec![record]);
    assert_eq!(written, Err(WriteError::Stopped(Refusal::WrongRecords)));
    let head = feed.hub_head();
    feed.server.on(&feed.domain, Event::Head(&head));
    feed.commit(&[2]);
}

#[test]
fn only_servers_of_the_domain_write() {
    let mut feed = TestFeed::with([1]);
    feed.domain.turn(&feed.domain.node_revoked(2));
    let record = feed.next(id(2));
    for stranger in [2, 9, ADMINISTRATOR] {
        let server = &mut feed.server;
        let records = vec![record.clone()];
        let chain = &feed.domain.chain;
        let written = server
            .follower
            .write(chain, &keys(stranger), records, &server.held);
        assert_eq!(written, Err(WriteError::NotANode), "{stranger}");
    }
}

#[test]
fn a_server_in_an_upgrade_goes_on_writing() {
    let mut feed = TestFeed::with([1]);
    let policy = Policy::window(1, "1.0.0", "2.0.0");
    feed.domain
        .must(ADMINISTRATOR, &Action::PolicySet { policy });
    feed.commit(&[2]);
    let program = "2.0.0".into();
    feed.domain.must(1, &Action::NodeUpdated { program });
    feed.commit(&[3]);
}

#[test]
fn nothing_is_written_into_a_deleted_domain() {
    let mut feed = TestFeed::with([1]);
    let not_before = NOON + 7 * 24 * 60 * 60;
    let reason = "moved".into();
    let announced = Action::DeletionAnnounced { not_before, reason };
    feed.domain.must(ADMINISTRATOR, &announced);
    feed.commit(&[2]);
    feed.domain.time = not_before;
    let announced = feed.domain.chain.head().0;
    let confirmed = Action::DeletionConfirmed { announced };
    feed.domain.must(ADMINISTRATOR, &confirmed);
    let record = feed.next(id(3));
    assert_eq!(feed.draft_of(vec![record]), Err(WriteError::Deleted));
}

#[test]
fn what_others_would_refuse_is_not_written() {
    let mut feed = TestFeed::with([1]);
    let (writer, id) = (writer(), id(1));
    let written = feed.draft_of(vec![feed.record(id, 3)]);
    let refusal = Refusal::WrongVersion {
        writer,
        id,
        expected: 2,
        found: 3,
    };
    assert_eq!(written, Err(WriteError::Refused(refusal)));
    let twice = feed.draft_of(vec![feed.record(id, 2), feed.record(id, 2)]);
    let refusal = Refusal::RepeatedId { writer, id };
    assert_eq!(twice, Err(WriteError::Refused(refusal)));
    let nothing = feed.draft_of(Vec::new());
    let refusal = Refusal::WrongRecords;
    assert_eq!(nothing, Err(WriteError::Refused(refusal)));
}

#[test]
fn of_two_servers_who_write_at_once_one_writes_again() {
    let mut feed = TestFeed::with([1]);
    let mut other = feed.follower_after(1);
    let (mine, theirs) = (feed.next(id(2)), feed.next(id(3)));
    let chain = &feed.domain.chain;
    let write = |server: &mut TestServer, node, record: &Record| {
        let records = vec![record.clone()];
        let written = server
            .follower
            .write(chain, &keys(node), records, &server.held);
        FeedBatch {
            first: server.follower.head().mark.seq.plus(1),
            batch: written.unwrap(),
        }
    };
    let first = write(&mut feed.server, 1, &mine);
    let _lost = write(&mut other, 2, &theirs);
    feed.server.take(&feed.domain, &first);
    other.take(&feed.domain, &first);
    let again = write(&mut other, 2, &theirs);
    other.take(&feed.domain, &again);
    feed.server.take(&feed.domain, &again);
    assert_eq!(feed.server.follower, other.follower);
}

#[test]
fn two_servers_that_a_hub_keeps_apart_still_give_a_user_one_secret() {
    let feed = TestFeed::with([1]);
    let ring = &feed.domain.ring;
    let epochs: Vec<_> = feed.domain.chain.epochs().cloned().collect();
    let start = &epochs[0];
    let minted = [1_u8, 2].map(|_| {
        let key = ring.key(start.number()).unwrap().clone();
        let domain = feed.domain.chain.domain();
        let ring = crate::seal::KeyRing::unlock(domain, &epochs, key).unwrap();
        ring.mint(1, &id(9), 1).unwrap()
    });
    assert_eq!(minted[0], minted[1]);
}

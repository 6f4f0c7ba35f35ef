//! A server that leaves as planned, and one that is revoked, are told apart by what is signed.

use super::*;
use crate::cbor;
use crate::status::{Revocation, ServerStatus};
use crate::wire::Beat;

#[test]
fn sessions_outlive_retirements_one_after_the_other() {
    let mut domain = with_nodes();
    domain.turn(&domain.node_retired(1));
    domain.time += 60;
    domain.turn(&domain.node_retired(2));
    let outlived = [(2, NOON + 60), (1, NOON)].map(|(epoch, time)| Outlived { epoch, time });
    assert_eq!(domain.chain.outlived(), outlived);
    assert!(domain.chain.is_outlived(keys(1).id()));
    let gone: Vec<_> = domain.chain.retirements().map(|it| it.member).collect();
    assert_eq!(gone, [keys(1).id(), keys(2).id()]);
    assert_eq!(domain.chain.nodes().count(), 1);
}

#[test]
fn no_session_outlives_a_revocation() {
    let mut domain = with_nodes();
    domain.turn(&domain.node_retired(1));
    domain.turn(&domain.node_revoked(2));
    assert!(domain.chain.outlived().is_empty());
    assert!(!domain.chain.is_outlived(keys(1).id()));
    domain.turn(&domain.node_retired(3));
    let epochs: Vec<_> = domain.chain.outlived().iter().map(|it| it.epoch).collect();
    assert_eq!(epochs, [3], "what came before the revocation stays closed");
}

#[test]
fn a_new_epoch_ends_the_sessions_that_a_retirement_left() {
    let mut domain = with_nodes();
    domain.turn(&domain.node_retired(1));
    domain.turn(&Action::EpochStarted {
        epoch: domain.next_epoch(None),
    });
    assert!(domain.chain.outlived().is_empty());
}

#[test]
fn nobody_is_retired_who_did_not_say_goodbye() {
    let mut domain = with_nodes();
    let refused = Err(Refusal::NoFarewell(keys(1).id()));
    let others = domain.farewell(2);
    assert_eq!(retire(&mut domain, 1, others), refused);
    let nothing = Farewell::from_bytes(Vec::new());
    assert_eq!(retire(&mut domain, 1, nothing), refused);
    let beat = Farewell::from_bytes(beat(&domain));
    assert_eq!(retire(&mut domain, 1, beat), refused, "a hub has its beats");
}

#[test]
fn a_goodbye_of_an_older_epoch_is_none() {
    let mut domain = with_nodes();
    let before = domain.farewell(1);
    domain.turn(&domain.node_revoked(2));
    let refused = retire(&mut domain, 1, before);
    assert_eq!(refused, Err(Refusal::NoFarewell(keys(1).id())));
    let now = domain.farewell(1);
    assert_eq!(retire(&mut domain, 1, now), Ok(()));
}

#[test]
fn a_goodbye_to_another_history_is_none() {
    let mut domain = with_nodes();
    let there = domain.sign(ADMINISTRATOR, &domain.revised(1, "there"));
    let mut elsewhere = domain.chain.clone();
    elsewhere.append(&there).unwrap();
    let keys = keys(1);
    let said = Farewell::say(&elsewhere, &domain.ring, &keys, domain.mark, &[], 0).unwrap();
    domain.must(ADMINISTRATOR, &domain.revised(1, "here"));
    let refused = retire(&mut domain, 1, said);
    assert_eq!(refused, Err(Refusal::NoFarewell(keys.id())));
}

#[test]
fn only_a_server_that_is_there_is_retired_and_only_by_an_administrator() {
    let mut domain = with_nodes();
    let itself = domain.attempt(1, &domain.node_retired(1));
    assert_eq!(itself, Err(Refusal::NotPermitted(keys(1).id())));
    domain.turn(&domain.node_retired(1));
    let again = domain.attempt(ADMINISTRATOR, &domain.node_retired(1));
    assert_eq!(again, Err(Refusal::UnknownMember(keys(1).id())));
    let revoked = domain.attempt(ADMINISTRATOR, &domain.node_revoked(1));
    assert_eq!(revoked, Err(Refusal::UnknownMember(keys(1).id())));
}

#[test]
fn a_goodbye_with_as_many_sign_outs_as_there_are_fits_into_a_statement() {
    let domain = with_nodes();
    let sign_outs: Vec<_> = (0..1000).map(sign_out).collect();
    for (beside, told) in [(0, 500), (55_000, 78)] {
        let (chain, ring, keys) = (&domain.chain, &domain.ring, keys(1));
        let said = Farewell::say(chain, ring, &keys, domain.mark, &sign_outs, beside).unwrap();
        assert!(cbor::encode(&said).len() + beside + 1024 < Statement::MAX_OTHER_BYTES);
        let body = said.read(&keys.member("")).unwrap();
        let status = ServerStatus::open(ring, &body).unwrap();
        assert_eq!(status.revocations, sign_outs[1000 - told..]);
    }
}

fn with_nodes() -> TestDomain {
    TestDomain::new().with_node(1).with_node(2).with_node(3)
}

fn retire(domain: &mut TestDomain, number: u8, farewell: Farewell) -> Result<(), Refusal> {
    let action = Action::NodeRetired {
        member: keys(number).id(),
        epoch: domain.next_epoch(Some(number)),
        farewell,
    };
    domain.attempt(ADMINISTRATOR, &action)
}

/// What a server says that stays.
fn beat(domain: &TestDomain) -> Vec<u8> {
    let said = domain.farewell(1).read(&keys(1).member("")).unwrap();
    Beat::sign(&said, &keys(1)).bytes().to_vec()
}

fn sign_out(number: u64) -> Revocation {
    Revocation {
        digest: Digest::new([7; 32]),
        until: NOON + number,
        at: 1000 * NOON,
    }
}

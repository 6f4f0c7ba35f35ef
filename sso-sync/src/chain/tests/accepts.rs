//! What a chain takes in, and what is true then.

use super::*;
use crate::store::DomainId;

#[test]
fn a_chain_is_read_again_from_its_bytes() {
    let mut domain = TestDomain::new().with_node(1).with_node(2);
    domain.turn(&domain.node_revoked(1));
    domain.must(ADMINISTRATOR, &domain.revised(1, "sso.example.com"));

    let mut again = Chain::open(domain.chain.domain(), &domain.statements[0]).unwrap();
    for statement in &domain.statements[1..] {
        again.append(statement).unwrap();
    }
    assert_eq!(again, domain.chain);
}

#[test]
fn a_domain_begins_with_one_administrator_who_may_do_everything() {
    let domain = TestDomain::new();
    assert_eq!(domain.chain.name(), "example");
    let [only] = domain.chain.members().collect::<Vec<_>>()[..] else {
        panic!("one member");
    };
    let permissions = Permissions::ALL;
    assert_eq!(*only.role(), Role::Administrator { permissions });
    assert_eq!((domain.chain.len(), domain.chain.epoch()), (1, 1));
    assert!(!domain.chain.is_empty());
}

#[test]
fn a_domain_is_named_by_its_first_statement() {
    let (one, other) = (TestDomain::new(), TestDomain::new());
    assert_ne!(one.chain.domain(), other.chain.domain());
    let opened = Chain::open(one.chain.domain(), &other.statements[0]);
    assert_eq!(opened, Err(Refusal::WrongGenesis));
}

#[test]
fn a_new_node_unwraps_the_domain_key_and_with_it_all_older_ones() {
    let mut domain = TestDomain::new().with_node(1).with_node(2);
    domain.turn(&domain.node_revoked(1));
    domain.must(ADMINISTRATOR, &domain.node_added(3));

    let chain = &domain.chain;
    let Ok(Action::NodeAdded { wrap, .. }) = Statement::parse(domain.statements.last().unwrap())
        .unwrap()
        .action()
    else {
        panic!("the node was added last");
    };
    let key = wrap.open(&chain.domain(), chain.epoch(), &keys(3)).unwrap();
    let epochs: Vec<_> = chain.epochs().cloned().collect();
    let ring = KeyRing::unlock(chain.domain(), &epochs, key).unwrap();
    assert_eq!(ring.key(1), Ok(&epoch_key(1)));
    assert_eq!(ring.key(2), Ok(&epoch_key(2)));
}

#[test]
fn a_revoked_node_gets_no_later_key() {
    let mut domain = TestDomain::new().with_node(1).with_node(2);
    domain.turn(&domain.node_revoked(1));
    let start = domain.chain.epochs().last().unwrap();
    assert_eq!(start.wrap_for(keys(1).id()), None);
    assert!(start.wrap_for(keys(2).id()).is_some());
    let standing = domain.chain.standing(keys(1).id()).unwrap();
    assert_eq!((standing.added(), standing.revoked()), (1, Some(3)));
}

#[test]
fn what_was_true_earlier_can_be_asked() {
    let mut domain = TestDomain::new().with_node(1);
    domain.turn(&Action::EpochStarted {
        epoch: domain.next_epoch(None),
    });
    domain.must(ADMINISTRATOR, &policy(Policy::pinned(2, "1.0.0")));
    let chain = &domain.chain;
    assert_eq!([0, 1, 2, 3].map(|at| chain.epoch_at(at)), [1, 1, 2, 2]);
    assert_eq!([0, 1, 2, 3].map(|at| chain.schema_at(at)), [1, 1, 1, 2]);
    assert_eq!(chain.hash_at(3), Some(chain.head().1));
    assert_eq!(chain.hash_at(4), None);
}

#[test]
fn every_revision_is_remembered_with_who_when_and_where() {
    let mut domain = TestDomain::new().with_node(1);
    domain.must(ADMINISTRATOR, &domain.revised(1, "old.example.com"));
    domain.time += 60;
    let mut again = domain.revision(2, "old.example.com");
    again.restores = 1;
    let occasion = Occasion {
        via: keys(1).id(),
        ..domain.occasion()
    };
    let action = Action::ConfigurationRevised { revision: again };
    let statement = domain.chain.sign(&keys(ADMINISTRATOR), &action, occasion);
    domain.take(&statement.unwrap()).unwrap();

    let [first, second] = domain.chain.revisions() else {
        panic!("two revisions");
    };
    assert_eq!((first.number, first.position, first.restores), (1, 2, 0));
    assert_eq!((second.number, second.position, second.restores), (2, 3, 1));
    assert_eq!((second.time, second.via), (NOON + 60, keys(1).id()));
    assert_eq!(second.signer, keys(ADMINISTRATOR).id());
    let current = domain.chain.configuration().unwrap();
    let opened = domain.ring.open_document(2, 1, 1, &current.sealed).unwrap();
    assert_eq!(opened.value("host"), Some(b"old.example.com".as_slice()));
}

#[test]
fn an_upgrade_goes_through_a_window() {
    let mut domain = TestDomain::new().with_node(1).with_node(2);
    domain.must(ADMINISTRATOR, &policy(Policy::window(1, "1.0.0", "2.0.0")));
    for node in [1, 2] {
        let program = "2.0.0".into();
        domain.must(node, &Action::NodeUpdated { program });
    }
    domain.must(ADMINISTRATOR, &policy(Policy::pinned(2, "2.0.0")));
    let programs: Vec<_> = domain.chain.nodes().map(|(_, program)| program).collect();
    assert_eq!(programs, ["2.0.0", "2.0.0"]);
}

#[test]
fn a_token_adds_one_server() {
    let mut domain = TestDomain::new();
    domain.must(ADMINISTRATOR, &domain.token_minted(50));
    domain.must(50, &domain.node_added(1));
    assert_eq!(domain.chain.nodes().count(), 1);
    let refused = domain.attempt(50, &domain.node_added(2));
    assert_eq!(refused, Err(Refusal::TokenSpent));
}

#[test]
fn a_node_withdraws_a_token() {
    let mut domain = TestDomain::new().with_node(1);
    domain.must(ADMINISTRATOR, &domain.token_minted(50));
    let member = keys(50).id();
    domain.must(1, &Action::TokenWithdrawn { member });
    let refused = domain.attempt(50, &domain.node_added(2));
    assert_eq!(refused, Err(Refusal::RevokedSigner(member)));
}

#[test]
fn a_deletion_is_announced_confirmed_and_undone() {
    let mut domain = TestDomain::new();
    domain.must(ADMINISTRATOR, &announced(NOON + 7 * DAY));
    let position = domain.chain.head().0;
    let not_before = NOON + 7 * DAY;
    let expected = Deletion::Announced {
        position,
        not_before,
    };
    assert_eq!(domain.chain.deletion(), expected);

    domain.time = not_before;
    let announced = position;
    domain.must(ADMINISTRATOR, &Action::DeletionConfirmed { announced });
    assert_eq!(domain.chain.deletion(), Deletion::Confirmed);
    domain.must(ADMINISTRATOR, &Action::DeletionCancelled);
    assert_eq!(domain.chain.deletion(), Deletion::None);
    domain.must(ADMINISTRATOR, &domain.node_added(1));
}

#[test]
fn an_administrator_may_leave_if_another_stays() {
    let mut domain = TestDomain::new();
    let all = domain.administrator_added(OTHER_ADMINISTRATOR, Permissions::ALL);
    domain.must(ADMINISTRATOR, &all);
    let action = Action::AdministratorRevoked {
        member: keys(ADMINISTRATOR).id(),
        epoch: domain.next_epoch(Some(ADMINISTRATOR)),
    };
    domain.turn(&action);
    let refused = domain.attempt(ADMINISTRATOR, &domain.node_added(1));
    let id = keys(ADMINISTRATOR).id();
    assert_eq!(refused, Err(Refusal::RevokedSigner(id)));
    domain.must(OTHER_ADMINISTRATOR, &domain.node_added(1));
}

#[test]
fn a_judgement_is_found_by_the_hash_of_the_batch() {
    let mut domain = TestDomain::new();
    let hash = Digest::new([4; 32]);
    domain.must(ADMINISTRATOR, &judged(hash));
    let judgement = domain.chain.judgement(&hash).unwrap();
    assert_eq!((judgement.commitment, judgement.live), (NO_DIGEST, 7));
    assert_eq!(domain.chain.judgement(&NO_DIGEST), None);
}

#[test]
fn a_statement_tells_what_its_signer_knew() {
    let mut domain = TestDomain::new();
    domain.must(ADMINISTRATOR, &domain.node_added(1));
    let statement = Statement::parse(&domain.statements[1]).unwrap();
    assert_eq!(statement.position(), 1);
    assert_eq!(statement.signer(), keys(ADMINISTRATOR).id());
    assert_eq!(
        (statement.time(), statement.via()),
        (NOON, MemberId::NOBODY)
    );
    assert_eq!(statement.mark(), FeedMark::start(&domain.chain.domain()));
    assert_eq!(statement.hash(), domain.chain.head().1);
    assert_eq!(statement.action().unwrap().name(), "node-added");
}

#[test]
fn a_full_domain_still_has_room_for_a_revocation() {
    let mut domain = TestDomain::new();
    let signed = |domain: &TestDomain, number: u16| {
        let mut seed = [77; 32];
        seed[..2].copy_from_slice(&number.to_be_bytes());
        let member = MemberKeys::from_secrets(&seed, &seed).unwrap().member("x");
        let key = domain.ring.key(1).unwrap();
        let wrap = Wrap::new(&domain.chain.domain(), 1, key, &member).unwrap();
        let program = "1.0.0".into();
        domain.sign(
            ADMINISTRATOR,
            &Action::NodeAdded {
                member,
                program,
                wrap,
            },
        )
    };
    for number in 1..500 {
        domain.chain.append(&signed(&domain, number)).unwrap();
    }
    let one_more = domain.chain.append(&signed(&domain, 500));
    assert_eq!(one_more, Err(Refusal::TooManyMembers { limit: 500 }));
    let epoch = domain.next_epoch(None);
    domain.must(ADMINISTRATOR, &Action::EpochStarted { epoch });
}

#[test]
fn the_hub_may_begin_a_chain_without_knowing_its_name() {
    let domain = TestDomain::new();
    let chain = Chain::begin(&domain.statements[0]).unwrap();
    let id = DomainId::new(*chain.head().1.as_bytes());
    assert_eq!(chain.domain(), id);
}

pub(super) fn policy(policy: Policy) -> Action {
    Action::PolicySet { policy }
}

pub(super) fn without(policy: Policy, without: Vec<MemberId>) -> Action {
    Action::PolicySetWithout { policy, without }
}

pub(super) fn announced(not_before: u64) -> Action {
    let reason = "moved".into();
    Action::DeletionAnnounced { not_before, reason }
}

pub(super) fn judged(hash: Digest) -> Action {
    Action::BatchJudged {
        last: crate::store::Seq::new(9),
        hash,
        commitment: NO_DIGEST,
        live: 7,
    }
}

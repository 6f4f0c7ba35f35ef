//! Statements that are refused because of what they say.

use super::accepts::{announced, judged, policy, without};
use super::*;
use crate::cbor;

#[test]
fn each_act_needs_its_permission() {
    let mut domain = TestDomain::new().with_node(1);
    for (number, permissions) in [
        (110, Permissions::NONE),
        (111, Permissions::SSO),
        (112, Permissions::ADMINISTRATORS),
    ] {
        domain.must(
            ADMINISTRATOR,
            &domain.administrator_added(number, permissions),
        );
    }
    domain.must(ADMINISTRATOR, &domain.token_minted(50));
    let allowed = |domain: &TestDomain, signer: u8, action: &Action| {
        let mut domain = domain.chain.clone();
        let occasion = TestDomain::new().occasion();
        let statement = domain.sign(&keys(signer), action, occasion).unwrap();
        match domain.append(&statement) {
            Ok(_) => true,
            Err(Refusal::NotPermitted(id)) if id == keys(signer).id() => false,
            Err(other) => panic!("{signer}: {other}"),
        }
    };
    for (action, expected) in [
        (domain.node_added(2), vec![111, 50]),
        (domain.node_revoked(1), vec![111]),
        (
            Action::EpochStarted {
                epoch: domain.next_epoch(None),
            },
            vec![111],
        ),
        (domain.revised(1, "x"), vec![111]),
        (policy(Policy::pinned(1, "1.0.0")), vec![111]),
        (domain.token_minted(51), vec![111]),
        (
            Action::TokenWithdrawn {
                member: keys(50).id(),
            },
            vec![111, 1],
        ),
        (announced(NOON + 8 * DAY), vec![111]),
        (judged(NO_DIGEST), vec![111]),
        (
            domain.administrator_added(113, Permissions::NONE),
            vec![112],
        ),
        (
            Action::AdministratorRevoked {
                member: keys(110).id(),
                epoch: domain.next_epoch(Some(110)),
            },
            vec![112],
        ),
        (
            Action::NodeUpdated {
                program: "1.0.0".into(),
            },
            vec![1],
        ),
    ] {
        let who = [110, 111, 112, 1, 50].into_iter();
        let may: Vec<_> = who.filter(|it| allowed(&domain, *it, &action)).collect();
        let mut expected = expected;
        expected.sort_by_key(|it| [110, 111, 112, 1, 50].iter().position(|at| at == it));
        assert_eq!(may, expected, "{}", action.name());
    }
}

#[test]
fn nobody_gives_a_permission_that_is_not_held() {
    let mut domain = TestDomain::new();
    let some = domain.administrator_added(OTHER_ADMINISTRATOR, Permissions::ADMINISTRATORS);
    domain.must(ADMINISTRATOR, &some);
    let more = domain.administrator_added(103, Permissions::ALL);
    let refused = domain.attempt(OTHER_ADMINISTRATOR, &more);
    let id = keys(OTHER_ADMINISTRATOR).id();
    assert_eq!(refused, Err(Refusal::NotPermitted(id)));
    let same = domain.administrator_added(103, Permissions::ADMINISTRATORS);
    domain.must(OTHER_ADMINISTRATOR, &same);
}

#[test]
fn the_last_administrator_stays() {
    let mut domain = TestDomain::new();
    let less = domain.administrator_added(OTHER_ADMINISTRATOR, Permissions::SSO);
    domain.must(ADMINISTRATOR, &less);
    let action = Action::AdministratorRevoked {
        member: keys(ADMINISTRATOR).id(),
        epoch: domain.next_epoch(Some(ADMINISTRATOR)),
    };
    let refused = domain.attempt(ADMINISTRATOR, &action);
    assert_eq!(refused, Err(Refusal::LastAdministrator));
}

#[test]
fn an_id_is_used_once_for_ever() {
    let mut domain = TestDomain::new().with_node(1).with_node(2);
    let known = Err(Refusal::KnownMember(keys(1).id()));
    assert_eq!(domain.attempt(ADMINISTRATOR, &domain.node_added(1)), known);
    let as_administrator = domain.administrator_added(1, Permissions::NONE);
    assert_eq!(domain.attempt(ADMINISTRATOR, &as_administrator), known);
    domain.turn(&domain.node_revoked(1));
    assert_eq!(domain.attempt(ADMINISTRATOR, &domain.node_added(1)), known);
}

#[test]
fn only_who_is_there_is_revoked() {
    let mut domain = TestDomain::new().with_node(1).with_node(2);
    let never = domain.attempt(ADMINISTRATOR, &domain.node_revoked(9));
    assert_eq!(never, Err(Refusal::UnknownMember(keys(9).id())));
    let member = keys(1).id();
    let not_a_token = domain.attempt(ADMINISTRATOR, &Action::TokenWithdrawn { member });
    assert_eq!(not_a_token, Err(Refusal::UnknownMember(member)));
    let action = Action::AdministratorRevoked {
        member,
        epoch: domain.next_epoch(Some(1)),
    };
    let not_one = domain.attempt(ADMINISTRATOR, &action);
    assert_eq!(not_one, Err(Refusal::UnknownMember(member)));
    domain.turn(&domain.node_revoked(1));
    let again = domain.attempt(ADMINISTRATOR, &domain.node_revoked(1));
    assert_eq!(again, Err(Refusal::UnknownMember(member)));
}

#[test]
fn an_epoch_leaves_nobody_without_the_key() {
    let mut domain = TestDomain::new().with_node(1).with_node(2);
    let epoch = domain.next_epoch(Some(2));
    let refused = domain.attempt(ADMINISTRATOR, &Action::EpochStarted { epoch });
    assert_eq!(refused, Err(Refusal::MissingWrap(keys(2).id())));
}

#[test]
fn an_epoch_gives_nobody_else_the_key() {
    let mut domain = TestDomain::new().with_node(1).with_node(2);
    let action = Action::NodeRevoked {
        member: keys(1).id(),
        epoch: domain.next_epoch(None),
    };
    let refused = domain.attempt(ADMINISTRATOR, &action);
    assert_eq!(refused, Err(Refusal::SurplusWrap(keys(1).id())));
}

#[test]
fn epochs_count_up_by_one() {
    let mut domain = TestDomain::new();
    let stale = domain.next_epoch(None);
    domain.turn(&Action::EpochStarted {
        epoch: stale.clone(),
    });
    let refused = domain.attempt(ADMINISTRATOR, &Action::EpochStarted { epoch: stale });
    let (current, found) = (2, 2);
    assert_eq!(refused, Err(Refusal::WrongEpoch { current, found }));
}

#[test]
fn wraps_have_one_order() {
    let mut domain = TestDomain::new().with_node(1);
    let epoch = domain.next_epoch(None);
    let mut wraps = epoch.wraps().to_vec();
    wraps.reverse();
    let unsorted: EpochStart = {
        let bytes = cbor::encode(&epoch);
        let in_order = cbor::encode(&epoch.wraps().to_vec());
        let at = bytes.len() - in_order.len();
        let bytes = [&bytes[..at], &cbor::encode(&wraps)].concat();
        cbor::decode(&bytes).unwrap()
    };
    let refused = domain.attempt(ADMINISTRATOR, &Action::EpochStarted { epoch: unsorted });
    assert_eq!(refused, Err(Refusal::Malformed));
}

#[test]
fn a_new_member_gets_the_key_and_no_other_member_does() {
    let mut domain = TestDomain::new();
    let Action::NodeAdded {
        member, program, ..
    } = domain.node_added(1)
    else {
        panic!("a node is added");
    };
    let wrap = domain.wrap(2);
    let action = Action::NodeAdded {
        member,
        program,
        wrap,
    };
    let refused = domain.attempt(ADMINISTRATOR, &action);
    assert_eq!(refused, Err(Refusal::MissingWrap(keys(1).id())));
}

#[test]
fn names_are_short_and_printable() {
    let mut domain = TestDomain::new();
    let named = |name: &str| Action::NodeAdded {
        member: keys(1).member(name),
        program: "1.0.0".into(),
        wrap: domain.wrap(1),
    };
    let (longest, longer) = ("x".repeat(255), "x".repeat(256));
    let (longest, others) = (named(&longest), [named(""), named("a\nb"), named(&longer)]);
    for other in others {
        let refused = domain.attempt(ADMINISTRATOR, &other);
        assert_eq!(refused, Err(Refusal::BadName));
    }
    domain.must(ADMINISTRATOR, &longest);
}

#[test]
fn a_revision_follows_the_one_before() {
    let mut domain = TestDomain::new();
    let first = domain.revised(1, "one.example.com");
    let stale = |current, found| Err(Refusal::StaleRevision { current, found });
    let second = domain.revised(2, "two.example.com");
    assert_eq!(domain.attempt(ADMINISTRATOR, &second), stale(0, 2));
    domain.must(ADMINISTRATOR, &first.clone());
    assert_eq!(domain.attempt(ADMINISTRATOR, &first), stale(1, 1));
    let mut restoring = domain.revision(2, "one.example.com");
    restoring.restores = 2;
    let action = Action::ConfigurationRevised {
        revision: restoring,
    };
    assert_eq!(domain.attempt(ADMINISTRATOR, &action), stale(1, 2));
}

#[test]
fn a_revision_is_sealed_in_the_current_epoch_and_schema() {
    let mut domain = TestDomain::new();
    let mut old_schema = domain.revision(1, "x");
    old_schema.schema = 2;
    let action = Action::ConfigurationRevised {
        revision: old_schema,
    };
    let (current, found) = (1, 2);
    let refused = domain.attempt(ADMINISTRATOR, &action);
    assert_eq!(refused, Err(Refusal::WrongSchema { current, found }));

    let old_epoch = domain.revised(1, "x");
    domain.turn(&Action::EpochStarted {
        epoch: domain.next_epoch(None),
    });
    let (current, found) = (2, 1);
    let refused = domain.attempt(ADMINISTRATOR, &old_epoch);
    assert_eq!(refused, Err(Refusal::WrongEpoch { current, found }));
}

#[test]
fn a_server_joins_with_the_version_of_the_domain() {
    let mut domain = TestDomain::new().with_node(2);
    let Action::NodeAdded { member, wrap, .. } = domain.node_added(1) else {
        panic!("a node is added");
    };
    let program = String::from("2.0.0");
    let refused = domain.attempt(
        ADMINISTRATOR,
        &Action::NodeAdded {
            member,
            program: program.clone(),
            wrap,
        },
    );
    let (from, to) = ("1.0.0".into(), "1.0.0".into());
    let outside = Err(Refusal::OutsidePolicy {
        program: program.clone(),
        from,
        to,
    });
    assert_eq!(refused, outside);
    assert_eq!(domain.attempt(2, &Action::NodeUpdated { program }), outside);
}

#[test]
fn a_policy_shuts_no_server_out() {
    let mut domain = TestDomain::new().with_node(1);
    let left_out = policy(Policy::pinned(1, "2.0.0"));
    let refused = domain.attempt(ADMINISTRATOR, &left_out);
    assert_eq!(refused, Err(Refusal::NodeOutsidePolicy(keys(1).id())));
}

#[test]
fn a_policy_leaves_behind_exactly_the_servers_that_it_names() {
    let mut domain = TestDomain::new().with_node(1).with_node(2);
    let next = || Policy::pinned(1, "2.0.0");
    let mut both = vec![keys(1).id(), keys(2).id()];
    both.sort_unstable();
    let refused = domain.attempt(ADMINISTRATOR, &without(next(), vec![keys(1).id()]));
    assert_eq!(refused, Err(Refusal::NodeOutsidePolicy(keys(2).id())));
    for malformed in [vec![], both.iter().rev().copied().collect()] {
        let refused = domain.attempt(ADMINISTRATOR, &without(next(), malformed));
        assert_eq!(refused, Err(Refusal::Malformed));
    }
    let same = without(Policy::pinned(1, "1.0.0"), vec![keys(1).id()]);
    let refused = domain.attempt(ADMINISTRATOR, &same);
    assert_eq!(refused, Err(Refusal::UnknownMember(keys(1).id())));
    domain.must(ADMINISTRATOR, &without(next(), both));
    // Who is behind stands in nobody's way.
    domain.must(ADMINISTRATOR, &policy(Policy::window(1, "2.0.0", "3.0.0")));
    let program = String::from("2.0.0");
    domain.must(1, &Action::NodeUpdated { program });
}

#[test]
fn a_schema_rises_only_when_all_servers_run_one_version_and_never_falls() {
    let mut domain = TestDomain::new();
    let wrong = |current, found| Err(Refusal::WrongSchema { current, found });
    let window = policy(Policy::window(2, "1.0.0", "2.0.0"));
    assert_eq!(domain.attempt(ADMINISTRATOR, &window), wrong(1, 2));
    domain.must(ADMINISTRATOR, &policy(Policy::pinned(2, "2.0.0")));
    let back = policy(Policy::pinned(1, "2.0.0"));
    assert_eq!(domain.attempt(ADMINISTRATOR, &back), wrong(2, 1));
}

#[test]
fn a_token_ends_with_its_epoch() {
    let mut domain = TestDomain::new();
    domain.must(ADMINISTRATOR, &domain.token_minted(50));
    domain.turn(&Action::EpochStarted {
        epoch: domain.next_epoch(None),
    });
    let refused = domain.attempt(50, &domain.node_added(1));
    assert_eq!(refused, Err(Refusal::TokenOfAnOlderEpoch));
}

#[test]
fn a_deletion_takes_its_steps_in_order() {
    let mut domain = TestDomain::new();
    let state = Err(Refusal::DeletionState);
    let confirmed = |announced| Action::DeletionConfirmed { announced };
    assert_eq!(domain.attempt(ADMINISTRATOR, &confirmed(0)), state);
    assert_eq!(
        domain.attempt(ADMINISTRATOR, &Action::DeletionCancelled),
        state
    );

    domain.must(ADMINISTRATOR, &announced(NOON + 7 * DAY));
    let again = domain.attempt(ADMINISTRATOR, &announced(NOON + 9 * DAY));
    assert_eq!(again, state);
    domain.time = NOON + 7 * DAY;
    assert_eq!(domain.attempt(ADMINISTRATOR, &confirmed(0)), state);
    domain.must(ADMINISTRATOR, &confirmed(1));
}

#[test]
fn any_administrator_takes_a_deletion_back_and_no_server_does() {
    for is_confirmed in [false, true] {
        let mut domain = TestDomain::new().with_node(1);
        domain.must(
            ADMINISTRATOR,
            &domain.administrator_added(110, Permissions::NONE),
        );
        domain.must(ADMINISTRATOR, &announced(NOON + 7 * DAY));
        let announced = domain.chain.head().0;
        if is_confirmed {
            domain.time = NOON + 7 * DAY;
            domain.must(ADMINISTRATOR, &Action::DeletionConfirmed { announced });
        }
        let by_a_server = domain.attempt(1, &Action::DeletionCancelled);
        assert_eq!(by_a_server, Err(Refusal::NotPermitted(keys(1).id())));
        domain.must(110, &Action::DeletionCancelled);
        assert_eq!(domain.chain.deletion(), Deletion::None);
    }
}

#[test]
fn a_deletion_waits() {
    let mut domain = TestDomain::new();
    let early = Err(Refusal::DeletionTooEarly);
    let soon = domain.attempt(ADMINISTRATOR, &announced(NOON + 7 * DAY - 1));
    assert_eq!(soon, early);
    domain.must(ADMINISTRATOR, &announced(NOON + 7 * DAY));
    domain.time = NOON + 7 * DAY - 1;
    let action = Action::DeletionConfirmed { announced: 1 };
    assert_eq!(domain.attempt(ADMINISTRATOR, &action), early);
}

#[test]
fn a_deleted_domain_takes_nothing_but_its_restoration() {
    let mut domain = TestDomain::new();
    domain.must(ADMINISTRATOR, &announced(NOON + 7 * DAY));
    domain.time = NOON + 7 * DAY;
    domain.must(ADMINISTRATOR, &Action::DeletionConfirmed { announced: 1 });
    let refused = domain.attempt(ADMINISTRATOR, &domain.node_added(1));
    assert_eq!(refused, Err(Refusal::DomainDeleted));
}

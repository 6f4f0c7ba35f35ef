//! Whatever happens to a chain, it stays one.

use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_bytes_are_refused_and_change_nothing(bytes: Vec<u8>) {
        let mut domain = TestDomain::new();
        prop_assert!(domain.take(&bytes).is_err());
    }

    #[test]
    fn any_mixture_of_acts_is_read_again_the_same(acts in proptest::collection::vec(act(), 0..12)) {
        let mut domain = TestDomain::new();
        for act in acts {
            act.attempt_on(&mut domain);
        }
        let mut again = Chain::open(domain.chain.domain(), &domain.statements[0]).unwrap();
        for statement in &domain.statements[1..] {
            prop_assert!(again.append(statement).is_ok());
        }
        prop_assert_eq!(again, domain.chain);
    }

    #[test]
    fn leaving_out_or_exchanging_statements_is_refused(drop in 1_usize..4, swap in 1_usize..3) {
        let domain = TestDomain::new().with_node(1).with_node(2).with_node(3).with_node(4);
        let replay = |statements: &[&Vec<u8>]| {
            let mut chain = Chain::begin(statements[0]).unwrap();
            statements[1..].iter().try_for_each(|it| chain.append(it).map(|_| ()))
        };
        let all: Vec<_> = domain.statements.iter().collect();
        prop_assert_eq!(replay(&all), Ok(()));
        let mut shorter = all.clone();
        shorter.remove(drop);
        prop_assert!(replay(&shorter).is_err());
        let mut exchanged = all;
        exchanged.swap(swap, swap + 1);
        prop_assert!(replay(&exchanged).is_err());
    }
}

#[derive(Clone, Copy, Debug)]
enum Act {
    AddNode { signer: u8, number: u8 },
    Revise { signer: u8, number: u64 },
    RetireNode { number: u8 },
    RevokeNode { number: u8 },
}

impl Act {
    /// Refused or not: both are fine.
    fn attempt_on(self, domain: &mut TestDomain) {
        match self {
            Self::AddNode { signer, number } => {
                let _ = domain.attempt(signer, &domain.node_added(number));
            }
            Self::Revise { signer, number } => {
                let _ = domain.attempt(signer, &domain.revised(number, "x"));
            }
            Self::RetireNode { number } => turn(domain, &domain.node_retired(number)),
            Self::RevokeNode { number } => turn(domain, &domain.node_revoked(number)),
        }
    }
}

fn turn(domain: &mut TestDomain, action: &Action) {
    let before = domain.chain.epoch();
    let _ = domain.attempt(ADMINISTRATOR, action);
    if domain.chain.epoch() != before {
        domain.follow_epoch();
    }
}

fn act() -> impl Strategy<Value = Act> {
    let signer = || prop_oneof![Just(ADMINISTRATOR), 1_u8..4];
    prop_oneof![
        (signer(), 1_u8..6).prop_map(|(signer, number)| Act::AddNode { signer, number }),
        (signer(), 1_u64..4).prop_map(|(signer, number)| Act::Revise { signer, number }),
        (1_u8..6).prop_map(|number| Act::RetireNode { number }),
        (1_u8..6).prop_map(|number| Act::RevokeNode { number }),
    ]
}

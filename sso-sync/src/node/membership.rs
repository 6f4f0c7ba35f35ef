//! What the chain says about this server.

use super::{Frozen, NodeSettings};
use crate::chain::{Chain, Deletion, Role};
use crate::seal::MemberId;

/// What the chain says about this server. Nothing else makes it believe any of that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Membership {
    /// It belongs to the domain and may write.
    Good,
    /// The domain was deleted: it writes nothing.
    Deleted,
    /// It is of another version: it writes nothing.
    Frozen(Frozen),
    /// It was updated: it states so, then it may write.
    Updated,
    /// It was revoked: it asks for nothing any more.
    Revoked,
}

impl Membership {
    /// What `chain` says about the server `me`.
    pub(crate) fn of(chain: &Chain, me: MemberId, settings: &NodeSettings) -> Self {
        let program = settings.program();
        let standing = chain.standing(me).filter(|it| it.revoked().is_none());
        let Some(Role::Node { program: stated }) = standing.map(|it| it.role()) else {
            return Self::Revoked;
        };
        if chain.deletion() == Deletion::Confirmed {
            return Self::Deleted;
        }
        let policy = chain.policy();
        if !policy.admits(program) {
            return Self::Frozen(Frozen::OutsidePolicy {
                program: program.into(),
                from: policy.from().into(),
                to: policy.to().into(),
            });
        }
        if policy.schema() > settings.schema {
            return Self::Frozen(Frozen::Newer {
                program: program.into(),
            });
        }
        if stated != program {
            return Self::Updated;
        }
        Self::Good
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::tests::{ADMINISTRATOR, TestDomain, keys};
    use crate::chain::{Action, Policy};

    #[test]
    fn a_server_of_the_version_of_the_domain_is_good() {
        let (domain, program) = domain();
        let membership = Membership::of(&domain.chain, keys(1).id(), &running(&program));
        assert_eq!(membership, Membership::Good);
    }

    #[test]
    fn a_server_of_another_version_is_frozen_and_says_both() {
        let (domain, program) = domain();
        let membership = Membership::of(&domain.chain, keys(1).id(), &running("0.0.1"));
        let Membership::Frozen(frozen) = membership else {
            panic!("{membership:?}");
        };
        let words = frozen.to_string();
        assert!(
            words.contains("0.0.1") && words.contains(&program),
            "{words}"
        );
    }

    #[test]
    fn who_is_not_in_the_chain_does_not_belong() {
        let (domain, program) = domain();
        let membership = Membership::of(&domain.chain, keys(9).id(), &running(&program));
        assert_eq!(membership, Membership::Revoked);
    }

    #[test]
    fn a_server_that_does_not_know_the_schema_of_the_domain_is_frozen() {
        let (mut domain, program) = domain();
        let policy = Policy::pinned(2, program.as_str());
        domain.must(ADMINISTRATOR, &Action::PolicySet { policy });
        let settings = running(&program);
        let membership = Membership::of(&domain.chain, keys(1).id(), &settings);
        assert!(matches!(
            membership,
            Membership::Frozen(Frozen::Newer { .. })
        ));
    }

    fn running(program: &str) -> NodeSettings {
        NodeSettings::new("sso1", program)
    }

    fn domain() -> (TestDomain, String) {
        let domain = crate::feed::tests::TestFeed::with([1]).domain;
        let program = domain.chain.policy().from().to_owned();
        (domain, program)
    }
}

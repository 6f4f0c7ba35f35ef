//! Versions, whatever happens: administrators open and close windows, servers join, are updated and
//! put back, in any order, with programs of any version. What the design says of versions holds all
//! the time.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::NodeSettings;
use super::membership::Membership;
use crate::chain::tests::{ADMINISTRATOR, TestDomain, keys};
use crate::chain::{Action, Policy, Role};
use crate::seal::MemberId;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_the_design_says_of_versions_holds_after_any_sequence_of_acts(
        acts in proptest::collection::vec(act(), 0..24),
    ) {
        let mut world = World::new();
        for act in acts {
            let before = world.policy();
            world.take(act);
            world.servers_state_what_they_run();
            world.the_policy_moves_as_it_may(&before)?;
            world.whoever_runs_a_version_of_the_policy_writes_in_its_schema_and_nobody_else()?;
            world.everybody_goes_on_serving_and_says_both_versions()?;
            world.nobody_is_outside_who_was_not_named()?;
        }
    }
}

/// What people do.
#[derive(Clone, Debug)]
enum Act {
    /// Gives a window up.
    Abort,
    /// A fresh server joins, by a program of this version.
    Enrol { server: u8, version: u64 },
    /// Closes a window.
    Finalize,
    /// The same without those who do not run the new version.
    FinalizeWithout,
    /// The same without these, whatever they run.
    FinalizeWithoutAny { servers: Vec<u8> },
    /// States any policy at all, as a program with a defect does.
    State { schema: u64, from: u64, to: u64 },
    /// A server is started, by a program of this version.
    Restart { server: u8, version: u64 },
    /// Opens a window.
    Start { to: u64 },
}

fn act() -> impl Strategy<Value = Act> {
    let (server, version) = (|| 1_u8..5, || 1_u64..4);
    let servers = proptest::collection::vec(server(), 0..3);
    prop_oneof![
        1 => Just(Act::Abort),
        4 => (server(), version()).prop_map(|(server, version)| Act::Enrol { server, version }),
        2 => Just(Act::Finalize),
        2 => Just(Act::FinalizeWithout),
        1 => servers.prop_map(|servers| Act::FinalizeWithoutAny { servers }),
        1 => (version(), version(), version())
            .prop_map(|(schema, from, to)| Act::State { schema, from, to }),
        6 => (server(), version()).prop_map(|(server, version)| Act::Restart { server, version }),
        3 => version().prop_map(|to| Act::Start { to }),
    ]
}

/// A domain, and the version that each server truly runs.
struct World {
    domain: TestDomain,
    running: BTreeMap<u8, u64>,
    /// Servers that an administrator named when a window was closed.
    left_behind: Vec<MemberId>,
}

impl World {
    fn new() -> Self {
        Self {
            domain: TestDomain::new(),
            running: BTreeMap::new(),
            left_behind: Vec::new(),
        }
    }

    /// Refused or not: both are fine.
    fn take(&mut self, act: Act) {
        let policy = self.policy();
        let (schema, from, to) = (policy.schema(), policy.from(), policy.to());
        let known = schema_of(to).max(schema);
        match act {
            Act::Abort => self.set(Policy::pinned(schema, from)),
            Act::Enrol { server, version } => self.enrol(server, version),
            Act::Finalize => self.set(Policy::pinned(known, to)),
            Act::FinalizeWithout => {
                let others = self.domain.chain.nodes().filter(|(_, it)| *it != to);
                let without = others.map(|(it, _)| it.member().id()).collect();
                self.set_without(Policy::pinned(known, to), without);
            }
            Act::FinalizeWithoutAny { servers } => {
                let without = servers.iter().map(|it| keys(*it).id()).collect();
                self.set_without(Policy::pinned(known, to), without);
            }
            Act::State { schema, from, to } => {
                self.set(Policy::window(schema, program(from), program(to)));
            }
            Act::Restart { server, version } => self.restart(server, version),
            Act::Start { to } => self.set(Policy::window(schema, from, program(to))),
        }
    }

    fn set(&mut self, policy: Policy) {
        let _ = self.attempt(ADMINISTRATOR, &Action::PolicySet { policy });
    }

    fn set_without(&mut self, policy: Policy, without: Vec<MemberId>) {
        let named = without.clone();
        let action = Action::PolicySetWithout { policy, without };
        if self.attempt(ADMINISTRATOR, &action) {
            self.left_behind.extend(named);
        }
    }

    /// Joining takes exactly a version of the policy, and a program that knows its schema.
    fn enrol(&mut self, server: u8, version: u64) {
        let policy = self.policy();
        let is_new = self.domain.chain.standing(keys(server).id()).is_none();
        let action = Action::NodeAdded {
            member: keys(server).member(format!("server-{server}")),
            program: program(version),
            wrap: self.domain.wrap(server),
        };
        let joined = self.attempt(ADMINISTRATOR, &action);
        assert_eq!(joined, is_new && policy.admits(&program(version)));
        if joined {
            self.running.insert(server, version);
        }
    }

    fn restart(&mut self, server: u8, version: u64) {
        if let Some(running) = self.running.get_mut(&server) {
            *running = version;
        }
    }

    /// A server that was updated within the policy states so, as the driver does.
    fn servers_state_what_they_run(&mut self) {
        for (server, version) in self.running.clone() {
            if self.membership(server, version) == Membership::Updated {
                let program = program(version);
                assert!(self.attempt(server, &Action::NodeUpdated { program }));
                self.left_behind.retain(|it| *it != keys(server).id());
            }
        }
    }

    fn attempt(&mut self, signer: u8, action: &Action) -> bool {
        self.domain.attempt(signer, action).is_ok()
    }

    fn the_policy_moves_as_it_may(&self, before: &Policy) -> Result<(), TestCaseError> {
        let now = self.policy();
        prop_assert!(now.schema() >= before.schema(), "the schema never falls");
        let rose = now.schema() > before.schema();
        prop_assert!(
            !rose || now.is_pinned(),
            "it rises only when a window is closed"
        );
        Ok(())
    }

    fn whoever_runs_a_version_of_the_policy_writes_in_its_schema_and_nobody_else(
        &self,
    ) -> Result<(), TestCaseError> {
        let policy = self.policy();
        for (server, version) in &self.running {
            let knows = *version >= policy.schema();
            let may = policy.admits(&program(*version)) && knows;
            let writes = self.membership(*server, *version) == Membership::Good;
            prop_assert_eq!(writes, may, "server {} of version {}", server, version);
        }
        Ok(())
    }

    fn everybody_goes_on_serving_and_says_both_versions(&self) -> Result<(), TestCaseError> {
        let policy = self.policy();
        for (server, version) in &self.running {
            match self.membership(*server, *version) {
                Membership::Good => {}
                Membership::Frozen(frozen) => {
                    let said = format!("{frozen} {}", frozen.remedy());
                    prop_assert!(said.contains(&program(*version)), "{}", said);
                    let names_the_other = said.contains(policy.to()) || said.contains("newer");
                    prop_assert!(names_the_other && said.contains("sso-connect"), "{}", said);
                    prop_assert!(said.contains("go on signing in"), "{}", said);
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }
        Ok(())
    }

    /// A window shuts nobody out by accident.
    fn nobody_is_outside_who_was_not_named(&self) -> Result<(), TestCaseError> {
        let policy = self.policy();
        for standing in self.domain.chain.members() {
            if let Role::Node { program } = standing.role() {
                let id = standing.member().id();
                let named = self.left_behind.contains(&id);
                prop_assert!(policy.admits(program) || named, "{} of {}", id, program);
            }
        }
        Ok(())
    }

    fn policy(&self) -> Policy {
        self.domain.chain.policy().clone()
    }

    fn membership(&self, server: u8, version: u64) -> Membership {
        let mut settings = NodeSettings::new(format!("server-{server}"), program(version));
        settings.schema = version;
        Membership::of(&self.domain.chain, keys(server).id(), &settings)
    }
}

/// A program of version n knows the schemas up to n.
fn program(version: u64) -> String {
    format!("{version}.0.0")
}

fn schema_of(program: &str) -> u64 {
    let number = program.split('.').next();
    number.and_then(|it| it.parse().ok()).unwrap_or_default()
}

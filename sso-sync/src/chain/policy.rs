//! With which versions servers join and write.

use minicbor::{Decode, Encode};

use super::{Chain, Refusal, members};
use crate::seal::MemberId;

/// The one version of the program with which servers join and write, or the two of an upgrade.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Policy {
    #[n(0)]
    schema: u64,
    #[n(1)]
    from: String,
    #[n(2)]
    to: String,
}

impl Policy {
    /// All servers run `program` and write in `schema`.
    pub fn pinned(schema: u64, program: impl Into<String>) -> Self {
        let program = program.into();
        Self {
            schema,
            from: program.clone(),
            to: program,
        }
    }

    /// Servers run `from` or `to` and write in `schema`, the one of `from`.
    pub fn window(schema: u64, from: impl Into<String>, to: impl Into<String>) -> Self {
        Self {
            schema,
            from: from.into(),
            to: to.into(),
        }
    }

    /// The schema of records and configurations.
    #[must_use]
    pub const fn schema(&self) -> u64 {
        self.schema
    }

    /// The version that servers run, or come from.
    #[must_use]
    pub fn from(&self) -> &str {
        &self.from
    }

    /// The version that servers run, or go to.
    #[must_use]
    pub fn to(&self) -> &str {
        &self.to
    }

    /// Whether a server with this version may join and write.
    #[must_use]
    pub fn admits(&self, program: &str) -> bool {
        self.from == program || self.to == program
    }

    /// Whether it names one version; else an upgrade is under way.
    #[must_use]
    pub fn is_pinned(&self) -> bool {
        self.from == self.to
    }

    pub(super) fn check(&self) -> Result<(), Refusal> {
        members::check_name(&self.from)?;
        members::check_name(&self.to)
    }

    /// Whether a server may join or go on with this program.
    pub(crate) fn check_program(&self, program: &str) -> Result<(), Refusal> {
        members::check_name(program)?;
        if self.admits(program) {
            return Ok(());
        }
        Err(Refusal::OutsidePolicy {
            program: program.into(),
            from: self.from.clone(),
            to: self.to.clone(),
        })
    }
}

impl Chain {
    /// Nobody is left behind but those who are named, and they are named for a reason.
    pub(super) fn set_policy_without(
        &mut self,
        position: u64,
        policy: Policy,
        without: &[MemberId],
    ) -> Result<(), Refusal> {
        let is_in_order = without.is_sorted_by(|one, next| one < next);
        if without.is_empty() || !is_in_order {
            return Err(Refusal::Malformed);
        }
        let is_outside = |id: &MemberId| {
            let mut outside = self.nodes().filter(|(_, program)| !policy.admits(program));
            outside.any(|(node, _)| node.member().id() == *id)
        };
        if let Some(other) = without.iter().find(|id| !is_outside(id)) {
            return Err(Refusal::UnknownMember(*other));
        }
        self.set_policy(position, policy, without)
    }

    pub(super) fn set_policy(
        &mut self,
        position: u64,
        policy: Policy,
        without: &[MemberId],
    ) -> Result<(), Refusal> {
        policy.check()?;
        let current = self.policy().schema;
        let found = policy.schema;
        if found < current || (found > current && !policy.is_pinned()) {
            return Err(Refusal::WrongSchema { current, found });
        }
        let left_out = self
            .nodes()
            .filter(|(_, program)| self.policy().admits(program) && !policy.admits(program))
            .map(|(node, _)| node.member().id())
            .find(|id| !without.contains(id));
        if let Some(node) = left_out {
            return Err(Refusal::NodeOutsidePolicy(node));
        }
        self.policies.push((position, policy));
        Ok(())
    }
}

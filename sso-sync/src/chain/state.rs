//! What is true after the statements of a chain.

use std::collections::BTreeMap;

use super::{Deletion, Ending, Policy, Retirement, Revised, Revision, Role, Standing};
use crate::Digest;
use crate::seal::{EpochStart, Member, MemberId};
use crate::store::DomainId;

/// The authority chain of a domain, checked from its first statement on, and what is true after
/// its last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    pub(super) domain: DomainId,
    pub(super) name: String,
    pub(super) hashes: Vec<Digest>,
    pub(super) members: BTreeMap<MemberId, Standing>,
    /// Each with the position that it began at; at least one.
    pub(super) epochs: Vec<(u64, EpochStart)>,
    /// Each with the position that it was set at; at least one.
    pub(super) policies: Vec<(u64, Policy)>,
    pub(super) first_policy: Policy,
    pub(super) revisions: Vec<Revised>,
    pub(super) configuration: Option<Revision>,
    pub(super) deletion: Deletion,
    pub(super) ending: Option<Ending>,
    pub(super) judged: BTreeMap<Digest, Judgement>,
    /// By the epoch that each ended.
    pub(super) retired: BTreeMap<u64, Retirement>,
}

/// What an administrator said about a batch that stated a wrong set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Judgement {
    /// What the set hash after it truly is.
    pub commitment: Digest,
    /// How many records are live after it.
    pub live: u64,
}

impl Chain {
    /// How many administrators and servers a domain may have, so that a statement has room for a
    /// wrap for each.
    pub const MAX_MEMBERS: usize = 500;

    /// Which domain it is.
    #[must_use]
    pub const fn domain(&self) -> DomainId {
        self.domain
    }

    /// The name of the domain, as people type it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many statements there are: the position of the next.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.hashes.len() as u64
    }

    /// No: a chain has its first statement.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Position and hash of the last statement.
    #[must_use]
    pub fn head(&self) -> (u64, Digest) {
        let last = self.hashes.last().copied();
        (self.len().saturating_sub(1), last.unwrap_or(Digest::ZERO))
    }

    /// The hash of the statement at `position`; `None` beyond the end.
    #[must_use]
    pub fn hash_at(&self, position: u64) -> Option<Digest> {
        self.hashes.get(usize::try_from(position).ok()?).copied()
    }

    /// What became of a member; `None` if there never was one of that name.
    #[must_use]
    pub fn standing(&self, id: MemberId) -> Option<&Standing> {
        self.members.get(&id)
    }

    /// Everybody who was not revoked.
    pub fn members(&self) -> impl Iterator<Item = &Standing> {
        self.members.values().filter(|it| it.revoked().is_none())
    }

    /// The servers that were not revoked, each with the version of its program.
    pub fn nodes(&self) -> impl Iterator<Item = (&Standing, &str)> {
        self.members().filter_map(|standing| match standing.role() {
            Role::Node { program } => Some((standing, program.as_str())),
            Role::Administrator { .. } | Role::Token { .. } => None,
        })
    }

    /// Who gets the domain key of an epoch that begins now, `without` one who is being revoked.
    pub fn recipients(&self, without: Option<MemberId>) -> impl Iterator<Item = &Member> {
        self.members()
            .filter(|standing| !matches!(standing.role(), Role::Token { .. }))
            .map(Standing::member)
            .filter(move |member| Some(member.id()) != without)
    }

    /// The current epoch.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epochs.last().map_or(0, |(_, start)| start.number())
    }

    /// All epochs from the first on, to [unlock](crate::seal::KeyRing::unlock) a key ring.
    pub fn epochs(&self) -> impl Iterator<Item = &EpochStart> {
        self.epochs.iter().map(|(_, start)| start)
    }

    /// The epoch that was current when the statement at `position` was the last.
    #[must_use]
    pub fn epoch_at(&self, position: u64) -> u64 {
        let begun = self.epochs.iter().rev();
        let mut begun = begun.filter(|(at, _)| *at <= position);
        begun.next().map_or(0, |(_, start)| start.number())
    }

    /// With which programs servers join and write.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        self.policies
            .last()
            .map_or(&self.first_policy, |(_, it)| it)
    }

    /// The schema in which servers wrote when the statement at `position` was the last.
    #[must_use]
    pub fn schema_at(&self, position: u64) -> u64 {
        let set = self.policies.iter().rev();
        let mut set = set.filter(|(at, _)| *at <= position);
        let policy = set.next().map_or(&self.first_policy, |(_, it)| it);
        policy.schema()
    }

    /// The newest configuration; `None` before the first.
    #[must_use]
    pub const fn configuration(&self) -> Option<&Revision> {
        self.configuration.as_ref()
    }

    /// Every revision of the configuration, the oldest first.
    #[must_use]
    pub fn revisions(&self) -> &[Revised] {
        &self.revisions
    }

    /// How far a deletion of the domain has come.
    #[must_use]
    pub const fn deletion(&self) -> Deletion {
        self.deletion
    }

    /// What an administrator said about the batch with this hash; `None` if nothing.
    #[must_use]
    pub fn judgement(&self, batch: &Digest) -> Option<Judgement> {
        self.judged.get(batch).copied()
    }
}

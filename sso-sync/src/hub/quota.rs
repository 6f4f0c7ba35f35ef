//! How much one domain may take up.

use crate::chain::{Action, Chain};
use crate::feed::Envelope;
use crate::store::Head;
use crate::wire::{Code, Problem};

/// How much each domain of a hub may take up.
///
/// What makes a domain grow is refused with [`Code::QuotaExceeded`] beyond that; sign-ins of users
/// that the servers know, changes of records that do not grow, and whatever takes rights away go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quotas {
    /// Users, removed ones included: their records stay. Default: 10,000,000.
    pub users: u64,
    /// Bytes of the records that count. Default: 16 GiB.
    pub user_bytes: u64,
    /// Statements of the chain, each of at most 60 KiB, configurations of at most 512 KiB. What revokes, withdraws, begins an epoch
    /// or has to do with deletion may come to twice as many. Default: 100,000.
    pub statements: u64,
    /// Servers that were not revoked. Default: 500, more than that no domain can have.
    pub servers: u64,
}

/// What a domain takes up, or the most that any domain does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// Users, removed ones included; if nobody has written through this process yet, the signposts
    /// that lead to some of them are counted too.
    pub users: u64,
    /// Bytes of their records; 0 if nobody has written through this process yet.
    pub user_bytes: u64,
    /// Statements of the chain.
    pub statements: u64,
    /// Servers that were not revoked; 0 if this process was not asked for the domain lately.
    pub servers: u64,
}

impl Usage {
    /// What the end of both logs tells.
    pub(super) fn of_head(head: &Head) -> Self {
        let envelope = Envelope::parse(&head.envelope);
        Self {
            users: envelope.map_or(0, |it| it.set().1),
            statements: head.statements,
            ..Self::default()
        }
    }

    /// The greater of both, number by number.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            users: self.users.max(other.users),
            user_bytes: self.user_bytes.max(other.user_bytes),
            statements: self.statements.max(other.statements),
            servers: self.servers.max(other.servers),
        }
    }
}

impl Quotas {
    /// Whether a statement may come next.
    ///
    /// # Errors
    ///
    /// [`Code::QuotaExceeded`].
    pub(super) fn check_statement(&self, chain: &Chain, action: &Action) -> Result<(), Problem> {
        let allowed = match action {
            _ if takes_away(action) => self.statements.saturating_mul(2),
            _ => self.statements,
        };
        check(chain.len().saturating_add(1), allowed, "statements")?;
        if matches!(action, Action::NodeAdded { .. }) {
            let servers = chain.nodes().count() as u64;
            check(servers.saturating_add(1), self.servers, "servers")?;
        }
        Ok(())
    }

    /// Whether the users may become so many: what does not grow may always be written.
    ///
    /// # Errors
    ///
    /// [`Code::QuotaExceeded`].
    pub(super) fn check_users(&self, before: Usage, after: Usage) -> Result<(), Problem> {
        if after.users > before.users {
            check(after.users, self.users, "users")?;
        }
        if after.user_bytes > before.user_bytes {
            check(after.user_bytes, self.user_bytes, "bytes of user records")?;
        }
        Ok(())
    }
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            users: 10_000_000,
            user_bytes: 16 * 1024 * 1024 * 1024,
            statements: 100_000,
            servers: 500,
        }
    }
}

/// Whether a statement takes rights away, or answers one that does: it must not be refused for
/// want of room.
const fn takes_away(action: &Action) -> bool {
    match action {
        Action::AdministratorRevoked { .. }
        | Action::NodeRetired { .. }
        | Action::NodeRevoked { .. }
        | Action::EpochStarted { .. }
        | Action::TokenWithdrawn { .. }
        | Action::DeletionAnnounced { .. }
        | Action::DeletionCancelled
        | Action::DeletionConfirmed { .. }
        | Action::BatchJudged { .. } => true,
        Action::Genesis { .. }
        | Action::AdministratorAdded { .. }
        | Action::NodeAdded { .. }
        | Action::ConfigurationRevised { .. }
        | Action::PolicySet { .. }
        | Action::PolicySetWithout { .. }
        | Action::NodeUpdated { .. }
        | Action::TokenMinted { .. } => false,
    }
}

fn check(wanted: u64, allowed: u64, of: &str) -> Result<(), Problem> {
    if wanted <= allowed {
        return Ok(());
    }
    Err(Problem::new(Code::QuotaExceeded).because(format!(
        "this hub lets a domain have {allowed} {of}, and this would be {wanted}: ask the operator \
         of the hub to raise it in [quotas] of hub.toml"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_to_the_quota_it_is_taken_and_beyond_it_only_what_does_not_grow() {
        let quotas = Quotas {
            users: 10,
            user_bytes: 1_000,
            ..Quotas::default()
        };
        let of = |users, user_bytes| Usage {
            users,
            user_bytes,
            ..Usage::default()
        };
        let check = |before, after| quotas.check_users(before, after).map_err(|it| it.code);
        let refused = Err(Code::QuotaExceeded);
        assert_eq!(check(of(9, 900), of(10, 1_000)), Ok(()));
        assert_eq!(check(of(10, 900), of(11, 1_000)), refused);
        assert_eq!(check(of(10, 900), of(10, 1_001)), refused);
        assert_eq!(check(of(20, 2_000), of(20, 2_000)), Ok(()));
        assert_eq!(check(of(20, 2_000), of(20, 1_900)), Ok(()));
    }

    #[test]
    fn the_problem_names_the_number_and_the_remedy() {
        let problem = check(11, 10, "users").unwrap_err();
        assert!(problem.detail.contains("10 users"), "{}", problem.detail);
        assert!(problem.detail.contains("hub.toml"), "{}", problem.detail);
    }
}

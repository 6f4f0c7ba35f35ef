//! What an operator decides.

use super::limit::Limit;
use super::quota::Quotas;
use crate::wire::{Commit, Message as _};

/// What an operator decides about a hub.
#[derive(Clone, Debug)]
pub struct HubSettings {
    authorities: Vec<String>,
    program: String,
    source: Limit,
    member: Limit,
    quotas: Quotas,
}

impl HubSettings {
    /// Longest body of a request, in bytes: what is longer is refused, and need not be read.
    pub const MAX_BODY: usize = Commit::MAX_BYTES;

    /// A hub that servers reach as `authority`: host and port as they dial them.
    ///
    /// A request that was signed for any other is refused, so a hub cannot pass on what it was
    /// sent.
    pub fn new(authority: impl Into<String>, program: impl Into<String>) -> Self {
        Self {
            authorities: vec![authority.into()],
            program: program.into(),
            source: Limit {
                per_second: 1000.0,
                at_once: 4000.0,
            },
            member: Limit {
                per_second: 500.0,
                at_once: 2000.0,
            },
            quotas: Quotas::default(),
        }
    }

    /// A further host and port under which servers reach the hub. Default: none.
    #[must_use]
    pub fn also_reached_as(mut self, authority: impl Into<String>) -> Self {
        self.authorities.push(authority.into());
        self
    }

    /// How many requests of one address are answered: in a second in the long run, and at once.
    /// Default: 1,000 and 4,000: all servers of a company may come
    /// from one address.
    #[must_use]
    pub const fn source_limit_of(mut self, per_second: u32, at_once: u32) -> Self {
        self.source = Limit {
            per_second: per_second as f64,
            at_once: at_once as f64,
        };
        self
    }

    /// How many requests of one member are answered: in a second in the long run, and at once.
    /// Default: 500 and 2,000: whoever is new takes about five.
    #[must_use]
    pub const fn member_limit_of(mut self, per_second: u32, at_once: u32) -> Self {
        self.member = Limit {
            per_second: per_second as f64,
            at_once: at_once as f64,
        };
        self
    }

    /// How much each domain may take up. Default: as [`Quotas`] has it.
    #[must_use]
    pub const fn quotas_of(mut self, quotas: Quotas) -> Self {
        self.quotas = quotas;
        self
    }

    pub(super) const fn quotas(&self) -> &Quotas {
        &self.quotas
    }

    pub(super) fn is_reached_as(&self, authority: &str) -> bool {
        self.authorities.iter().any(|it| it == authority)
    }

    pub(super) fn program(&self) -> &str {
        &self.program
    }

    pub(super) const fn source_limit(&self) -> Limit {
        self.source
    }

    pub(super) const fn member_limit(&self) -> Limit {
        self.member
    }
}

/// Refused sign-ins of one address that are taken down: in a second in the long run, and at once.
pub(super) const STRANGERS: Limit = Limit {
    per_second: 0.1,
    at_once: 20.0,
};

/// For how many addresses requests are counted: about 10 MB.
pub(super) const MAX_SOURCES: usize = 100_000;

/// For how many members requests are counted: about 10 MB.
pub(super) const MAX_MEMBERS: usize = 100_000;

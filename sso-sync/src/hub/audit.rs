//! What an operator wants to know about afterwards.

use std::fmt;

use crate::seal::MemberId;
use crate::store::{DomainId, Seq};

/// Takes down what happened. Called while a request is answered: it does not wait for anything.
pub trait Audit: fmt::Debug + Send + Sync + 'static {
    /// Takes down one event.
    fn record(&self, event: &AuditEvent);
}

/// Takes nothing down.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a unit struct is its own constructor"
)]
pub struct NoAudit;

impl Audit for NoAudit {
    fn record(&self, _: &AuditEvent) {}
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuditEvent {
    /// A member knows more than this hub: it takes no writes until it knows as much.
    Behind {
        /// Of which domain.
        domain: DomainId,
        /// Who says so.
        member: MemberId,
        /// How many statements the member knows.
        statements: u64,
        /// The place of the last record that the member knows.
        seq: Seq,
    },
    /// A domain began.
    DomainCreated {
        /// Which.
        domain: DomainId,
        /// Its name.
        name: String,
    },
    /// An invitation to make a domain was given out.
    DomainInvited {
        /// For which name.
        name: String,
    },
    /// A request was refused to somebody who had signed it.
    MemberRefused {
        /// Of which domain.
        domain: DomainId,
        /// Who.
        member: MemberId,
        /// Why: the code of the answer.
        code: &'static str,
    },
    /// The hub knows again what its members know.
    Reseeded {
        /// Of which domain.
        domain: DomainId,
    },
    /// A statement was taken.
    StatementTaken {
        /// Of which domain.
        domain: DomainId,
        /// Who stated it.
        signer: MemberId,
        /// What: the [name](crate::chain::Action::name) of the action.
        action: &'static str,
        /// Where it stands.
        position: u64,
    },
}

impl AuditEvent {
    /// The word for it; it never changes.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Behind { .. } => "behind",
            Self::DomainCreated { .. } => "domain-created",
            Self::DomainInvited { .. } => "domain-invited",
            Self::MemberRefused { .. } => "member-refused",
            Self::Reseeded { .. } => "reseeded",
            Self::StatementTaken { .. } => "statement-taken",
        }
    }
}

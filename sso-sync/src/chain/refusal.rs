//! Why a statement does not count.

use crate::seal::MemberId;

/// Why a statement was refused. Nothing has changed then.
///
/// The list is closed: [`code`](Self::code) is what goes over the wire and into logs.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A name for people or a version is empty, too long, or has control characters.
    #[error("a name or version is empty, longer than 255 bytes, or has control characters")]
    BadName,
    /// Announcing what is announced, or cancelling or confirming what is not.
    #[error("the deletion of the domain is not at the step that this statement is about")]
    DeletionState,
    /// A deletion waits at least seven days, and until the moment that was announced.
    #[error("a deletion waits for the announced moment, and for at least seven days")]
    DeletionTooEarly,
    /// After a confirmed deletion nothing but its cancellation counts.
    #[error("the domain was deleted: only cancelling the deletion is possible")]
    DomainDeleted,
    /// The signature does not hold.
    #[error("the signature is not that of the signer")]
    ForgedSignature,
    /// An id is used once, even if its member was revoked.
    #[error("member {0} is or was known here already: make new keys")]
    KnownMember(MemberId),
    /// Nobody would be left who can change anything.
    #[error("this is the last administrator with all permissions: add another one first")]
    LastAdministrator,
    /// Not what any program writes.
    #[error("its form makes no sense")]
    Malformed,
    /// Somebody would be left without the domain key.
    #[error("member {0} would be left without the domain key")]
    MissingWrap(MemberId),
    /// A newer program wrote it.
    #[error("a newer program wrote it: update this server")]
    NewerFormat,
    /// A newer program wrote it.
    #[error(
        "a newer program wrote it, about something that this one does not know: update this server"
    )]
    NewerKind,
    /// The server did not say goodbye itself, or before the current epoch began.
    #[error("server {0} did not say goodbye in this key epoch: revoke it instead")]
    NoFarewell(MemberId),
    /// A server would be shut out.
    #[error("server {0} runs neither of the versions: update or revoke it first")]
    NodeOutsidePolicy(MemberId),
    /// The signer may not do this.
    #[error("signer {0} lacks the permission for it")]
    NotPermitted(MemberId),
    /// It was signed for another domain.
    #[error("it belongs to another SSO domain")]
    OtherDomain,
    /// All servers of a domain run the version that the policy names.
    #[error("version {program} is not one that the domain works with ({from} to {to})")]
    OutsidePolicy {
        /// The version in the statement.
        program: String,
        /// What the policy names.
        from: String,
        /// What the policy names as well.
        to: String,
    },
    /// The signer does not belong to the domain any more.
    #[error("signer {0} was revoked")]
    RevokedSigner(MemberId),
    /// Another revision came first.
    #[error("revision {found} does not follow revision {current}: merge, then save again")]
    StaleRevision {
        /// The newest so far; 0 if there is none.
        current: u64,
        /// What the statement calls itself, or restores.
        found: u64,
    },
    /// Somebody who does not belong to the domain would get the domain key.
    #[error("{0} would get the domain key and is not a member")]
    SurplusWrap(MemberId),
    /// A token is of no use after the epoch in which it was minted.
    #[error("the enrolment token ended with its key epoch: mint another one")]
    TokenOfAnOlderEpoch,
    /// A token adds one server.
    #[error("the enrolment token was used already: mint another one")]
    TokenSpent,
    /// No store takes it.
    #[error("it is larger than a statement may be")]
    TooLarge,
    /// The next epoch would not fit into a statement.
    #[error("a domain has at most {limit} administrators and servers: revoke one first")]
    TooManyMembers {
        /// How many there may be.
        limit: usize,
    },
    /// Nobody of that name is there to be revoked.
    #[error("{0} is not there, or not what the statement says")]
    UnknownMember(MemberId),
    /// The signer never belonged to the domain.
    #[error("signer {0} is not a member of the domain")]
    UnknownSigner(MemberId),
    /// Epochs count up by one, and what is sealed is sealed in the current one.
    #[error("epoch {found} does not fit: epoch {current} is current")]
    WrongEpoch {
        /// The current epoch.
        current: u64,
        /// The epoch in the statement.
        found: u64,
    },
    /// This is not how that domain begins.
    #[error("this is not the first statement of that domain")]
    WrongGenesis,
    /// Statements come one after the other.
    #[error("it stands at position {found}, the next is {expected}")]
    WrongPosition {
        /// The next position.
        expected: u64,
        /// The position in the statement.
        found: u64,
    },
    /// It continues another history.
    #[error("it does not continue this chain but another one: the hub shows two histories")]
    WrongPrevious,
    /// Schemas never fall, and rise only when all servers run one version.
    #[error("schema {found} does not fit: schema {current} is current")]
    WrongSchema {
        /// The current schema.
        current: u64,
        /// The schema in the statement.
        found: u64,
    },
}

impl Refusal {
    /// The word for it, on the wire and in logs; it never changes.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadName => "bad-name",
            Self::DeletionState => "deletion-state",
            Self::DeletionTooEarly => "deletion-too-early",
            Self::DomainDeleted => "domain-deleted",
            Self::ForgedSignature => "forged-signature",
            Self::KnownMember(_) => "known-member",
            Self::LastAdministrator => "last-administrator",
            Self::Malformed => "malformed",
            Self::MissingWrap(_) => "missing-wrap",
            Self::NewerFormat => "newer-format",
            Self::NewerKind => "newer-kind",
            Self::NoFarewell(_) => "no-farewell",
            Self::NodeOutsidePolicy(_) => "node-outside-policy",
            Self::NotPermitted(_) => "not-permitted",
            Self::OtherDomain => "other-domain",
            Self::OutsidePolicy { .. } => "outside-policy",
            Self::RevokedSigner(_) => "revoked-signer",
            Self::StaleRevision { .. } => "stale-revision",
            Self::SurplusWrap(_) => "surplus-wrap",
            Self::TokenOfAnOlderEpoch => "token-of-an-older-epoch",
            Self::TokenSpent => "token-spent",
            Self::TooLarge => "too-large",
            Self::TooManyMembers { .. } => "too-many-members",
            Self::UnknownMember(_) => "unknown-member",
            Self::UnknownSigner(_) => "unknown-signer",
            Self::WrongEpoch { .. } => "wrong-epoch",
            Self::WrongGenesis => "wrong-genesis",
            Self::WrongPosition { .. } => "wrong-position",
            Self::WrongPrevious => "wrong-previous",
            Self::WrongSchema { .. } => "wrong-schema",
        }
    }

    /// Whether a newer program may understand what this one does not: the reader keeps what it
    /// has and changes nothing more.
    #[must_use]
    pub const fn is_newer(&self) -> bool {
        matches!(self, Self::NewerFormat | Self::NewerKind)
    }
}

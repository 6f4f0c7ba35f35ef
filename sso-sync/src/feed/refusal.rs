//! Why a batch, or what a hub says about its head, does not count.

use crate::seal::MemberId;
use crate::store::{RecordId, Seq};

/// Why something was refused. The follower stays where it is, and nothing is written any more;
/// users go on signing in.
///
/// The list is closed: [`code`](Self::code) is what goes into logs and over the wire.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A record that no program of this version writes.
    #[error("server {writer} wrote a record that makes no sense: {id}")]
    BadRecord {
        /// Who wrote it.
        writer: MemberId,
        /// Which.
        id: RecordId,
    },
    /// The writer knew less of the chain than the writer before.
    #[error(
        "server {writer} wrote with an older state of the authority chain than the batch before"
    )]
    ChainBackwards {
        /// Who wrote it.
        writer: MemberId,
    },
    /// The hub has another authority chain.
    #[error("the hub shows another authority chain: two histories exist, compare the servers")]
    ChainFork,
    /// The signature does not hold.
    #[error("the signature is not that of the writer: the hub or the network changed the batch")]
    ForgedSignature,
    /// Two batches claim the same place.
    #[error("two batches claim place {at}: two histories exist, compare the servers")]
    Fork {
        /// Which place.
        at: Seq,
    },
    /// A batch is missing before this one.
    #[error("a batch is missing: place {expected} comes next, the hub sent {found}")]
    Gap {
        /// The place after the head.
        expected: Seq,
        /// The place of the batch.
        found: Seq,
    },
    /// Not what any program writes.
    #[error("its form makes no sense: the hub or the network damaged it")]
    Malformed,
    /// A newer program wrote it.
    #[error("a newer program wrote it: update this server")]
    NewerFormat,
    /// It was signed for another domain.
    #[error("it belongs to another SSO domain")]
    OtherDomain,
    /// A batch has each id once.
    #[error("server {writer} wrote {id} twice in one batch")]
    RepeatedId {
        /// Who wrote it.
        writer: MemberId,
        /// Which.
        id: RecordId,
    },
    /// The writer had been revoked.
    #[error("server {writer} had been revoked when it wrote this, and the hub took it")]
    RevokedWriter {
        /// Who wrote it.
        writer: MemberId,
    },
    /// No store takes it.
    #[error("it is larger than a batch may be")]
    TooLarge,
    /// The writer was no server of the domain.
    #[error("{writer} was no server of the domain when it wrote this, and the hub took it")]
    UnknownWriter {
        /// Who wrote it.
        writer: MemberId,
    },
    /// Another server holds more than the hub tells.
    #[error(
        "another server holds place {seen}, and the hub says that {told} is the last: it withholds"
    )]
    Withheld {
        /// What the other holds.
        seen: Seq,
        /// What the hub says.
        told: Seq,
    },
    /// What is sealed is sealed in the current epoch.
    #[error("server {writer} wrote in epoch {found}, epoch {current} was current")]
    WrongEpoch {
        /// Who wrote it.
        writer: MemberId,
        /// The epoch of the chain that the writer knew.
        current: u64,
        /// The epoch of the batch or of a record.
        found: u64,
    },
    /// The records are not those that were signed.
    #[error("the records are not those that were signed: left out, added, moved or changed")]
    WrongRecords,
    /// Servers write in the schema of the policy.
    #[error("server {writer} wrote in schema {found}, schema {current} was current")]
    WrongSchema {
        /// Who wrote it.
        writer: MemberId,
        /// The schema of the chain that the writer knew.
        current: u64,
        /// The schema of the batch or of a record.
        found: u64,
    },
    /// The set after the batch is not the one that its writer states.
    #[error("server {writer} states a wrong set after its batch: revoke it, then judge the batch")]
    WrongSet {
        /// Who wrote it.
        writer: MemberId,
    },
    /// The states of an id count up by one.
    #[error("server {writer} wrote state {found} of {id}, {expected} comes next")]
    WrongVersion {
        /// Who wrote it.
        writer: MemberId,
        /// Which.
        id: RecordId,
        /// What would follow.
        expected: u64,
        /// What was written.
        found: u64,
    },
}

/// Who is to blame for what was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "nobody else takes part")]
pub enum Blame {
    /// The hub, or the network before it.
    Hub,
    /// Nobody: this program is old.
    Nobody,
    /// The server that signed it.
    Writer(MemberId),
}

impl Refusal {
    /// The word for it, on the wire and in logs; it never changes.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadRecord { .. } => "bad-record",
            Self::ChainBackwards { .. } => "chain-backwards",
            Self::ChainFork => "chain-fork",
            Self::ForgedSignature => "forged-signature",
            Self::Fork { .. } => "fork",
            Self::Gap { .. } => "gap",
            Self::Malformed => "malformed",
            Self::NewerFormat => "newer-format",
            Self::OtherDomain => "other-domain",
            Self::RepeatedId { .. } => "repeated-id",
            Self::RevokedWriter { .. } => "revoked-writer",
            Self::TooLarge => "too-large",
            Self::UnknownWriter { .. } => "unknown-writer",
            Self::Withheld { .. } => "withheld",
            Self::WrongEpoch { .. } => "wrong-epoch",
            Self::WrongRecords => "wrong-records",
            Self::WrongSchema { .. } => "wrong-schema",
            Self::WrongSet { .. } => "wrong-set",
            Self::WrongVersion { .. } => "wrong-version",
        }
    }

    /// Who is to blame.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        match *self {
            Self::BadRecord { writer, .. }
            | Self::ChainBackwards { writer }
            | Self::RepeatedId { writer, .. }
            | Self::WrongEpoch { writer, .. }
            | Self::WrongSchema { writer, .. }
            | Self::WrongSet { writer }
            | Self::WrongVersion { writer, .. } => Blame::Writer(writer),
            Self::ChainFork
            | Self::ForgedSignature
            | Self::Fork { .. }
            | Self::Gap { .. }
            | Self::Malformed
            | Self::OtherDomain
            | Self::RevokedWriter { .. }
            | Self::TooLarge
            | Self::UnknownWriter { .. }
            | Self::Withheld { .. }
            | Self::WrongRecords => Blame::Hub,
            Self::NewerFormat => Blame::Nobody,
        }
    }

    /// Whether two histories exist: a person decides which goes on.
    #[must_use]
    pub const fn is_fork(&self) -> bool {
        matches!(self, Self::ChainFork | Self::Fork { .. })
    }
}

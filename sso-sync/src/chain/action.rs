//! What a statement says.

use minicbor::{Decode, Encode};

use super::{Farewell, Permissions, Policy, Revision};
use crate::Digest;
use crate::seal::{EpochStart, Member, MemberId, Wrap};
use crate::store::Seq;

/// What a statement says.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum Action {
    /// The domain begins.
    #[n(0)]
    Genesis {
        /// Name of the domain, as people type it.
        #[n(0)]
        name: String,
        /// Makes every domain another one.
        #[n(1)]
        salt: Digest,
        /// The first administrator, with every permission.
        #[n(2)]
        administrator: Member,
        /// With which programs servers join.
        #[n(3)]
        policy: Policy,
        /// Epoch 1.
        #[n(4)]
        epoch: EpochStart,
    },
    /// Somebody becomes an administrator.
    #[n(1)]
    AdministratorAdded {
        /// Who.
        #[n(0)]
        member: Member,
        /// What the administrator may do.
        #[n(1)]
        permissions: Permissions,
        /// The domain key of the current epoch.
        #[n(2)]
        wrap: Wrap,
    },
    /// Somebody is no administrator any more, and a new epoch begins.
    #[n(2)]
    AdministratorRevoked {
        /// Who.
        #[n(0)]
        member: MemberId,
        /// The next epoch, without that administrator.
        #[n(1)]
        epoch: EpochStart,
    },
    /// A server joins.
    #[n(3)]
    NodeAdded {
        /// Which.
        #[n(0)]
        member: Member,
        /// The version of its program.
        #[n(1)]
        program: String,
        /// The domain key of the current epoch.
        #[n(2)]
        wrap: Wrap,
    },
    /// A server does not belong to the domain any more, and a new epoch begins.
    #[n(4)]
    NodeRevoked {
        /// Which.
        #[n(0)]
        member: MemberId,
        /// The next epoch, without that server.
        #[n(1)]
        epoch: EpochStart,
    },
    /// A new epoch begins.
    #[n(5)]
    EpochStarted {
        /// The next epoch.
        #[n(0)]
        epoch: EpochStart,
    },
    /// The configuration changes.
    #[n(6)]
    ConfigurationRevised {
        /// The new configuration.
        #[n(0)]
        revision: Revision,
    },
    /// Servers join and write with other programs.
    #[n(7)]
    PolicySet {
        /// With which.
        #[n(0)]
        policy: Policy,
    },
    /// A server runs another program.
    #[n(8)]
    NodeUpdated {
        /// The version of its program.
        #[n(0)]
        program: String,
    },
    /// Whoever knows the token may add one server.
    #[n(9)]
    TokenMinted {
        /// The token.
        #[n(0)]
        member: Member,
        /// Until when, in seconds since 1970.
        #[n(1)]
        expires: u64,
        /// The domain key of the current epoch.
        #[n(2)]
        wrap: Wrap,
    },
    /// A token is worth nothing any more.
    #[n(10)]
    TokenWithdrawn {
        /// Which.
        #[n(0)]
        member: MemberId,
    },
    /// The domain is going to be deleted.
    #[n(11)]
    DeletionAnnounced {
        /// Not before this moment, in seconds since 1970.
        #[n(0)]
        not_before: u64,
        /// Why, for people.
        #[n(1)]
        reason: String,
    },
    /// The domain is not going to be deleted.
    #[n(12)]
    DeletionCancelled,
    /// The domain is deleted.
    #[n(13)]
    DeletionConfirmed {
        /// Position of the announcement.
        #[n(0)]
        announced: u64,
    },
    /// A batch that stated a wrong set counts, with the right one.
    #[n(14)]
    BatchJudged {
        /// Place of its last record.
        #[n(0)]
        last: Seq,
        /// Its hash.
        #[n(1)]
        hash: Digest,
        /// What the set hash after it truly is.
        #[n(2)]
        commitment: Digest,
        /// How many records are live after it.
        #[n(3)]
        live: u64,
    },
    /// Servers join and write with other programs, and some servers that do not run one of them
    /// are left behind: those that cannot be updated now.
    #[n(15)]
    PolicySetWithout {
        /// With which.
        #[n(0)]
        policy: Policy,
        /// Exactly those who run another program, ascending.
        #[n(1)]
        without: Vec<MemberId>,
    },
    /// A server has left as planned, said goodbye itself, and destroys its keys; a new epoch begins.
    /// Unlike after a revocation, sessions of the epoch before go on until they end.
    #[n(16)]
    NodeRetired {
        /// Which.
        #[n(0)]
        member: MemberId,
        /// The next epoch, without that server.
        #[n(1)]
        epoch: EpochStart,
        /// Its last word, which it signed itself.
        #[n(2)]
        farewell: Farewell,
    },
}

impl Action {
    /// Whether it revises the configuration: such a statement may be large.
    pub(super) const fn revises(&self) -> bool {
        matches!(self, Self::ConfigurationRevised { .. })
    }

    /// The word for it, for logs and histories.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Genesis { .. } => "genesis",
            Self::AdministratorAdded { .. } => "administrator-added",
            Self::AdministratorRevoked { .. } => "administrator-revoked",
            Self::NodeAdded { .. } => "node-added",
            Self::NodeRevoked { .. } => "node-revoked",
            Self::EpochStarted { .. } => "epoch-started",
            Self::ConfigurationRevised { .. } => "configuration-revised",
            Self::PolicySet { .. } => "policy-set",
            Self::NodeUpdated { .. } => "node-updated",
            Self::TokenMinted { .. } => "token-minted",
            Self::TokenWithdrawn { .. } => "token-withdrawn",
            Self::DeletionAnnounced { .. } => "deletion-announced",
            Self::DeletionCancelled => "deletion-cancelled",
            Self::DeletionConfirmed { .. } => "deletion-confirmed",
            Self::BatchJudged { .. } => "batch-judged",
            Self::PolicySetWithout { .. } => "policy-set-without",
            Self::NodeRetired { .. } => "node-retired",
        }
    }
}

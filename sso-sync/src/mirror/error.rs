//! Why a mirror does not do what was asked.

use crate::store::{Seq, StoreError};
use crate::{chain, feed};

/// Why something was not done. Whatever it says, what is in force is what is on the disk.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// A statement does not count; those before it do.
    #[error("a statement of the authority chain is refused: {0}")]
    Chain(#[from] chain::Refusal),
    /// The folder holds nothing of this domain.
    #[error("nothing is kept here of this SSO domain: enrol this server")]
    Empty,
    /// What a hub says about its head does not count.
    #[error("what the hub says is refused: {0}")]
    Feed(#[from] feed::Refusal),
    /// What a hub says about buckets is not believed.
    #[error("what the hub lists is refused: {0}")]
    Listing(#[from] feed::ListingError),
    /// The feed has gone on meanwhile: do it again.
    #[error("the feed has gone on meanwhile, to place {at}")]
    Moved {
        /// The head.
        at: Seq,
    },
    /// No filling is under way: it ended, or failed, or was never begun.
    #[error("no filling is under way: begin one")]
    NotFilling,
    /// The users on the disk are still being read after the start.
    #[error("the users on the disk are still being read after the start: wait, then try again")]
    NotReady,
    /// A configuration is older than one that was served.
    #[error("revision {offered} is older than revision {served}, which this server has served")]
    OlderConfiguration {
        /// The one that was to be served.
        offered: u64,
        /// The newest that was.
        served: u64,
    },
    /// The place belongs to another SSO domain.
    #[error("this folder belongs to another SSO domain: use an empty one")]
    OtherDomain,
    /// Too many updates wait for the hub.
    #[error("{limit} updates wait for the hub already: no more are kept")]
    OutboxFull {
        /// How many may wait.
        limit: usize,
    },
    /// The disk does not do what it should.
    #[error("this server's own storage: {0}")]
    Store(#[from] StoreError),
    /// What is asked for needs everything to be held.
    #[error("not everything is held here yet")]
    Unfilled,
    /// What only the history before had is still being taken over.
    #[error(
        "the users of the history that was forsaken last are still being taken over: wait until \
         that is done"
    )]
    TakingOver,
    /// Nothing can be written.
    #[error(transparent)]
    Write(#[from] feed::WriteError),
}

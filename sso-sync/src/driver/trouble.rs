//! Why something is not done now.

use std::sync::Arc;
use std::time::Duration;

use sso_core::StoreError;

use crate::link::CallError;
use crate::mirror::MirrorError;
use crate::node::Alarm;
use crate::seal::SealError;
use crate::wire::Code;

/// Why something is not done now. Known users sign in all the same.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// Something does not count.
    #[error("nothing is written until this is settled: {0}")]
    Alarm(Alarm),
    /// This server's own disk.
    #[error("{0}")]
    Disk(Arc<MirrorError>),
    /// The hub cannot be reached, or says no.
    #[error("{0}")]
    Hub(Arc<CallError>),
    /// A key is missing, or does not open.
    #[error("the domain keys: {0}")]
    Keys(#[from] SealError),
    /// Others write all the time.
    #[error("others write all the time: try again")]
    Restless,
    /// This server does not belong to the domain any more.
    #[error(
        "this server was revoked: it asks for nothing any more; enrol it anew, or let users sign \
         in at another one"
    )]
    Revoked,
    /// This server is being stopped.
    #[error("this server is being stopped")]
    Stopping,
}

impl Trouble {
    /// Whether what was begun is worth going on with later: the way to the hub, a full disk, or the
    /// end of this process stands in between.
    pub(super) fn is_interruption(&self) -> bool {
        let is_full =
            |error: &MirrorError| matches!(error, MirrorError::Store(StoreError::Full(_)));
        match self {
            Self::Disk(error) => is_full(error),
            Self::Hub(_) => self.code() != Some(Code::Conflict),
            Self::Revoked | Self::Stopping => true,
            Self::Alarm(_) | Self::Keys(_) | Self::Restless => false,
        }
    }

    /// When the hub wants to be asked again.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Hub(error) => error.retry_after(),
            _ => None,
        }
    }

    /// The code of what the hub says is wrong.
    pub(super) fn code(&self) -> Option<Code> {
        match self {
            Self::Hub(error) => error.code(),
            _ => None,
        }
    }

    /// For callers who know storage only: nothing was changed.
    pub(super) fn unavailable(&self) -> StoreError {
        StoreError::unavailable(self.to_string())
    }
}

impl From<CallError> for Trouble {
    fn from(error: CallError) -> Self {
        Self::Hub(Arc::new(error))
    }
}

impl From<MirrorError> for Trouble {
    fn from(error: MirrorError) -> Self {
        match error {
            MirrorError::Chain(refusal) => Self::Alarm(Alarm::Chain(refusal)),
            MirrorError::Feed(refusal) => Self::Alarm(Alarm::Feed(refusal)),
            error => Self::Disk(Arc::new(error)),
        }
    }
}

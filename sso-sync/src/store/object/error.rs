//! Why a bucket cannot be used.

use sso_core::StoreError;

/// Why [`BucketStore::s3`](super::BucketStore::s3) or
/// [`BucketStore::probe`](super::BucketStore::probe) gave up.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    /// The settings make no sense together.
    #[error("the settings of the bucket cannot be used")]
    Settings(#[source] sso_core::BoxError),
    /// The bucket cannot be reached, or not be written to.
    #[error("the bucket cannot be used")]
    Store(#[source] StoreError),
    /// The store would lose writes.
    #[error(
        "this object storage {}, so two servers could overwrite each other: use one that honours \
         If-None-Match and If-Match of PUT, update it if it is old, or keep the data in \
         PostgreSQL or SQLite",
        ignored.what()
    )]
    Unfit {
        /// What it does not keep.
        ignored: Ignored,
    },
}

/// What a store does not keep, though this backend relies on it.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// An object was replaced though `If-Match` named another one.
    IfMatch,
    /// An object was replaced though `If-None-Match: *` was asked for.
    IfNoneMatch,
    /// Names do not come sorted by their bytes.
    Order,
    /// Several requests at the same time were told that their condition is met.
    Race,
    /// What was written is not what is read.
    Reading,
    /// There is no entity tag, or the same one for different content, or it is not recognised.
    Tags,
}

impl Ignored {
    const fn what(self) -> &'static str {
        match self {
            Self::IfMatch => "ignores the condition If-Match",
            Self::IfNoneMatch => "ignores the condition If-None-Match",
            Self::Order => "does not list names in order",
            Self::Race => "lets several writers at the same time meet one condition",
            Self::Reading => "does not give back what was written last",
            Self::Tags => "gives no entity tags that its conditions understand",
        }
    }
}

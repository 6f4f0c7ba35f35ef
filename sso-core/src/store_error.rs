//! Why a storage trait of a host could not answer.

/// An error of any kind, kept for the log.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// A failed storage operation, sorted by what the caller does about it.
///
/// | Variant | What was stored | What the caller does |
/// |---|---|---|
/// | [`Conflict`](Self::Conflict) | nothing | reads again, then decides |
/// | [`Corrupt`](Self::Corrupt) | nothing | stops; an operator looks |
/// | [`Full`](Self::Full) | nothing | stops writing; an operator makes room |
/// | [`TooLarge`](Self::TooLarge) | nothing | sends less at once |
/// | [`Unavailable`](Self::Unavailable) | nothing | tries again later, as often as it likes |
/// | [`Unknown`](Self::Unknown) | all of it or nothing | reads back and compares; never blindly tries again |
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another writer came first: read again, then decide.
    #[error("another writer came first")]
    Conflict,
    /// The stored bytes make no sense: an operator must look.
    #[error("stored data is corrupt")]
    Corrupt(#[source] BoxError),
    /// The backend refuses to take more: an operator must make room.
    #[error("storage is full")]
    Full(#[source] BoxError),
    /// The backend will never take this much at once.
    #[error("{size} bytes are too large, this storage takes {limit}")]
    TooLarge {
        /// What was to be stored, in bytes.
        size: usize,
        /// What the backend takes, in bytes.
        limit: usize,
    },
    /// The backend is out of reach, and nothing was changed: trying again later may help.
    #[error("storage is unavailable")]
    Unavailable(#[source] BoxError),
    /// The answer was lost, so the change may have happened: read back and compare.
    #[error("the answer of the storage was lost")]
    Unknown(#[source] BoxError),
}

impl StoreError {
    /// [`StoreError::Corrupt`] because of `source`.
    pub fn corrupt(source: impl Into<BoxError>) -> Self {
        Self::Corrupt(source.into())
    }

    /// [`StoreError::Full`] because of `source`.
    pub fn full(source: impl Into<BoxError>) -> Self {
        Self::Full(source.into())
    }

    /// [`StoreError::Unavailable`] because of `source`.
    pub fn unavailable(source: impl Into<BoxError>) -> Self {
        Self::Unavailable(source.into())
    }

    /// [`StoreError::Unknown`] because of `source`.
    pub fn unknown(source: impl Into<BoxError>) -> Self {
        Self::Unknown(source.into())
    }
}

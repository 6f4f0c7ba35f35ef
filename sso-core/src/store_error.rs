//! Why a storage trait of a host could not answer.

/// An error of any kind, kept for the log.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// A failed storage operation, sorted by what the caller does about it.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The stored bytes make no sense: an operator must look.
    #[error("stored data is corrupt")]
    Corrupt(#[source] BoxError),
    /// The backend refuses to take more: an operator must make room.
    #[error("storage is full")]
    Full(#[source] BoxError),
    /// The backend is out of reach: trying again later may help.
    #[error("storage is unavailable")]
    Unavailable(#[source] BoxError),
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
}

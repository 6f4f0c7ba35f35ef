//! Why something does not open.

use crate::cbor::Oddity;

/// Why something could not be sealed or opened.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It was changed, belongs elsewhere, or was sealed with another key.
    #[error("it does not open: it was changed, belongs elsewhere, or was sealed with another key")]
    Closed,
    /// What was sealed, or its envelope, makes no sense.
    #[error("its form makes no sense: it was not written by SSO Connect, or is damaged")]
    Malformed,
    /// A newer program sealed it.
    #[error("a newer program sealed it: update this server")]
    Newer,
    /// The key of its epoch is not there.
    #[error("the domain key of epoch {epoch} is not there: fetch the authority chain")]
    NoKey {
        /// The epoch it was sealed in.
        epoch: u64,
    },
    /// The cryptographic library refused: a key that is none, or no randomness.
    #[error("the cryptographic library refused a key, or has no randomness")]
    Refused,
}

impl From<aws_lc_rs::error::Unspecified> for SealError {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self::Refused
    }
}

impl From<Oddity> for SealError {
    fn from(oddity: Oddity) -> Self {
        match oddity {
            Oddity::Malformed => Self::Malformed,
            Oddity::Unknown => Self::Newer,
        }
    }
}

//! Why something encrypted was not opened.

use crate::excerpt::excerpt;
use crate::xml::XmlError;

/// Why something encrypted was not opened.
///
/// What goes wrong once a key is in use is all one, [`Failed`](Self::Failed), in the log too:
/// telling the failures apart is what attacks on encryption live on. `Display` is for the log.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncryptionError {
    /// The algorithm is unknown or too weak.
    #[error(
        "the {role} algorithm {found:?} is not accepted; have the provider use AES-GCM and RSA-OAEP"
    )]
    Algorithm {
        /// What the algorithm is for.
        role: &'static str,
        /// The beginning of its identifier.
        found: String,
    },

    /// The cipher does not notice changes, and no exception was made, or none applies here.
    #[error(
        "the cipher {found:?} is refused: it does not notice changes; have the provider use \
         AES-GCM, or sign the response and allow CBC for this provider"
    )]
    CbcRefused {
        /// The identifier of the cipher.
        found: &'static str,
    },

    /// No key of ours opens it, or it was changed on the way.
    #[error("cannot be decrypted with any of our keys")]
    Failed,

    /// It lacks a part, or has one that does not belong there.
    #[error("the encrypted element is malformed: {what}")]
    Malformed {
        /// What is wrong.
        what: &'static str,
    },

    /// We have no key.
    #[error("something is encrypted, and no decryption key is configured")]
    NoKey,

    /// It refers to something outside of it, which we never follow.
    #[error("the encrypted element refers to {found:?}, which is not followed")]
    Reference {
        /// The beginning of the reference.
        found: String,
    },

    /// More encrypted keys than are tried.
    #[error("{found} encrypted keys, at most {max} are tried")]
    TooManyKeys {
        /// How many there are.
        found: usize,
        /// How many are tried.
        max: usize,
    },

    /// An element stands there twice, or has elements where text is expected.
    #[error("the encrypted element is malformed: {0}")]
    Xml(#[from] XmlError),
}

impl EncryptionError {
    /// The kind of error, stable and without any word of the message.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Algorithm { .. } => "enc.alg",
            Self::CbcRefused { .. } => "enc.cbc_refused",
            Self::Failed => "enc.failed",
            Self::Malformed { .. } | Self::TooManyKeys { .. } | Self::Xml(_) => "enc.malformed",
            Self::NoKey => "enc.no_key",
            Self::Reference { .. } => "enc.reference",
        }
    }

    pub(super) fn algorithm(role: &'static str, found: &str) -> Self {
        Self::Algorithm {
            role,
            found: excerpt(found),
        }
    }

    pub(super) fn reference(found: &str) -> Self {
        Self::Reference {
            found: excerpt(found),
        }
    }
}

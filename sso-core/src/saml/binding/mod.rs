//! How messages travel through the browser (SAML Bindings 3.4 and 3.5).
//!
//! Decoding happens before anything is believed, so every size is capped, and nothing is read in
//! two ways: what is used is what was signed.

pub mod post;
pub mod redirect;

/// Bytes of a message at most, before base64 and after inflating.
pub const MAX_MESSAGE: usize = 256 * 1024;

/// Whether a message asks or answers; it decides the name of its parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "SAML has no third kind")]
pub enum MessageKind {
    /// `SAMLRequest`.
    Request,
    /// `SAMLResponse`.
    Response,
}

impl MessageKind {
    /// The name of the parameter that carries such a message.
    #[must_use]
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::Request => "SAMLRequest",
            Self::Response => "SAMLResponse",
        }
    }
}

/// Why a message could not be taken out of its envelope.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindingError {
    /// Not base64 of the standard alphabet with padding; white space is ignored.
    #[error("{parameter} is not base64")]
    Base64 {
        /// The parameter.
        parameter: &'static str,
    },
    /// Not exactly one raw deflate stream.
    #[error("{parameter} is not a deflated message")]
    Deflate {
        /// The parameter.
        parameter: &'static str,
    },
    /// A parameter is there twice, or both kinds of message are.
    #[error("the query has {parameter} more than once")]
    Duplicate {
        /// The parameter.
        parameter: &'static str,
    },
    /// The query says that the message is not deflated.
    #[error("SAMLEncoding is {found:?}, only DEFLATE is known")]
    Encoding {
        /// The encoding.
        found: String,
    },
    /// There is no message.
    #[error("there is neither SAMLRequest nor SAMLResponse")]
    Missing,
    /// The percent-encoding is broken, or what it encodes is not UTF-8.
    #[error("{parameter} is not percent-encoded UTF-8")]
    PercentEncoding {
        /// The parameter.
        parameter: &'static str,
    },
    /// `Signature` and `SigAlg` come together or not at all, and are not empty.
    #[error("Signature and SigAlg must both be there, and not be empty")]
    Signature,
    /// The message is larger than any that means well.
    #[error("the message is larger than {MAX_MESSAGE} bytes")]
    TooLarge,
}

impl BindingError {
    /// The kind of error, stable and without any word of the message.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Base64 { .. } => "binding.base64",
            Self::Deflate { .. } => "binding.deflate",
            Self::Duplicate { .. } => "binding.duplicate",
            Self::Encoding { .. } => "binding.encoding",
            Self::Missing => "binding.missing",
            Self::PercentEncoding { .. } => "binding.percent_encoding",
            Self::Signature => "sig.alg",
            Self::TooLarge => "binding.too_large",
        }
    }
}

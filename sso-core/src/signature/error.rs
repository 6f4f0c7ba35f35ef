//! Why a signature was refused.

use crate::xml::XmlError;

/// Why a signature was refused.
///
/// `Display` is for the log: it quotes what was expected and what was found, with bounded length
/// and control characters escaped. Others get the [`code`](Self::code).
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The algorithm is not accepted; it is unknown, too weak, or has parameters.
    #[error("the {role} algorithm {found:?} is not accepted")]
    Algorithm {
        /// What the algorithm is for.
        role: &'static str,
        /// Its identifier.
        found: String,
    },

    /// The algorithm is for another kind of key than those configured.
    #[error(
        "the signature algorithm {found:?} does not go with the configured keys ({configured})"
    )]
    AlgorithmKeyMismatch {
        /// The identifier of the algorithm.
        found: String,
        /// The kinds of the configured keys.
        configured: String,
    },

    /// The element could not be brought into canonical form.
    #[error("canonicalization failed")]
    Canonicalization(#[source] XmlError),

    /// A canonicalization other than exclusive XML canonicalization 1.0.
    #[error(
        "the canonicalization {found:?} is not accepted, only exclusive XML canonicalization 1.0 is"
    )]
    CanonicalizationMethod {
        /// Its identifier.
        found: String,
    },

    /// More than one signature is a child of the element.
    #[error("{found} signatures in one element, expected 1")]
    Count {
        /// How many there are.
        found: usize,
    },

    /// The element was changed after it was signed.
    #[error("the digest of the signed element is {found}, the signature says {expected}")]
    DigestMismatch {
        /// The digest in the signature, in base64.
        expected: String,
        /// The digest of the element, in base64.
        found: String,
    },

    /// The signature lacks a part, or has one that does not belong there.
    #[error("the signature is malformed: {what}")]
    Malformed {
        /// What is wrong.
        what: &'static str,
    },

    /// The octets were not signed with a configured key, or were changed afterwards.
    #[error("the signature does not hold for any configured key; tried {tried}")]
    Mismatch {
        /// SHA-256 fingerprints of the keys that were tried.
        tried: String,
    },

    /// The element is not signed.
    #[error("there is no signature")]
    Missing,

    /// The signature brings along content of its own.
    #[error("the signature contains the element {found:?}, which is not accepted")]
    Object {
        /// Local name of the element.
        found: String,
    },

    /// The signature is not where the schema has it.
    #[error("the signature is neither the first child of its element nor right behind the Issuer")]
    Position,

    /// The signature does not cover exactly one thing.
    #[error("the SignedInfo of the signature has {found} references, expected 1")]
    ReferenceCount {
        /// How many there are.
        found: usize,
    },

    /// The signature covers something else than the element that carries it.
    #[error("the signature covers {found:?}, but is in the element {expected:?}")]
    ReferenceNotParent {
        /// The identifier of the element; empty if it has none.
        expected: String,
        /// The reference.
        found: String,
    },

    /// The signature has not exactly one list of what is signed.
    #[error("the signature has {found} SignedInfo elements, expected 1")]
    SignedInfoCount {
        /// How many there are.
        found: usize,
    },

    /// A list of transforms other than "enveloped signature, exclusive canonicalization".
    #[error("the transforms {found:?} are not accepted")]
    Transform {
        /// Their identifiers.
        found: Vec<String>,
    },

    /// The signature names a key that is not configured.
    #[error("signed with the key {found}, configured are {configured}")]
    UntrustedKey {
        /// SHA-256 fingerprint of the key in the certificate that the signature brings along.
        found: String,
        /// SHA-256 fingerprints of the configured keys.
        configured: String,
    },

    /// A reference that is not to an identifier of the same document.
    #[error("the reference {found:?} is not accepted")]
    Uri {
        /// The reference; `None` if the attribute is missing.
        found: Option<String>,
    },
}

impl SignatureError {
    /// The kind of error, stable and without any word of the document.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Algorithm { .. } => "sig.alg",
            Self::AlgorithmKeyMismatch { .. } => "sig.alg_key_mismatch",
            Self::Canonicalization(_) => "c14n.error",
            Self::CanonicalizationMethod { .. } => "sig.c14n",
            Self::Count { .. } => "sig.count",
            Self::DigestMismatch { .. } => "sig.digest_mismatch",
            Self::Malformed { .. } => "sig.malformed",
            Self::Mismatch { .. } => "sig.mismatch",
            Self::Missing => "sig.missing",
            Self::Object { .. } => "sig.object",
            Self::Position => "sig.position",
            Self::ReferenceCount { .. } => "sig.reference_count",
            Self::ReferenceNotParent { .. } => "sig.reference_not_parent",
            Self::SignedInfoCount { .. } => "sig.signedinfo_count",
            Self::Transform { .. } => "sig.transform",
            Self::UntrustedKey { .. } => "sig.untrusted_key",
            Self::Uri { .. } => "sig.uri",
        }
    }
}

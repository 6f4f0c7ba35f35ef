//! Metadata whose own signature counts.

use super::idp::LIMITS;
use super::{IdpMetadata, MetadataError};
use crate::signature::{Algorithms, SignedBytes, VerifyingKey, verify_enveloped};
use crate::xml::Document;

impl IdpMetadata {
    /// Verifies the signature of metadata: that of its root, by one of `keys`.
    ///
    /// Read the metadata from what is returned, with [`parse`](Self::parse) or
    /// [`parse_entity`](Self::parse_entity), and forget `xml`: a signature on one of many entities
    /// says nothing of the others, so only one on the whole document counts.
    ///
    /// # Errors
    ///
    /// [`MetadataError::Xml`] or [`MetadataError::Signature`].
    pub fn verify(
        xml: &[u8],
        keys: &[VerifyingKey],
        algorithms: &Algorithms,
    ) -> Result<SignedBytes, MetadataError> {
        let document = Document::parse(xml, &LIMITS)?;
        Ok(verify_enveloped(document.root(), keys, algorithms)?)
    }
}

//! The algorithms that we know, by their identifiers.

use super::{EncryptionError, XENC, XENC11};
use crate::signature::DS;
use crate::xml::Element;

/// How a content is encrypted (XML Encryption 1.1, 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cipher {
    /// AES with 128 bits in CBC mode, which does not notice changes.
    Aes128Cbc,
    /// AES with 128 bits in Galois/Counter Mode.
    Aes128Gcm,
    /// AES with 256 bits in CBC mode, which does not notice changes.
    Aes256Cbc,
    /// AES with 256 bits in Galois/Counter Mode.
    Aes256Gcm,
}

impl Cipher {
    /// The identifier in messages.
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Aes128Cbc => "http://www.w3.org/2001/04/xmlenc#aes128-cbc",
            Self::Aes128Gcm => "http://www.w3.org/2009/xmlenc11#aes128-gcm",
            Self::Aes256Cbc => "http://www.w3.org/2001/04/xmlenc#aes256-cbc",
            Self::Aes256Gcm => "http://www.w3.org/2009/xmlenc11#aes256-gcm",
        }
    }

    /// Whether a changed ciphertext is noticed.
    #[must_use]
    pub const fn is_authenticated(self) -> bool {
        matches!(self, Self::Aes128Gcm | Self::Aes256Gcm)
    }

    /// The length of the key, in bytes.
    pub(super) const fn key_length(self) -> usize {
        match self {
            Self::Aes128Cbc | Self::Aes128Gcm => 16,
            Self::Aes256Cbc | Self::Aes256Gcm => 32,
        }
    }

    /// Reads the `EncryptionMethod` of a content.
    pub(super) fn read(method: Element<'_>) -> Result<Self, EncryptionError> {
        let uri = method.attribute("Algorithm").unwrap_or_default();
        ALL.into_iter()
            .find(|cipher| cipher.uri() == uri)
            .ok_or_else(|| EncryptionError::algorithm("content encryption", uri))
    }
}

/// How a key is encrypted: RSAES-OAEP (XML Encryption 1.1, 5.5.2) and its two hash functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "RFC 8017 has a third parameter, the label, which XML never uses"
)]
pub struct Oaep {
    /// The hash function of the padding.
    pub digest: Hash,
    /// The hash function of the mask generation function MGF1.
    pub mask: Hash,
}

impl Oaep {
    /// The identifier that fixes the mask to SHA-1, which is the most widely understood.
    pub(crate) const MGF1P: &str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
    /// The identifier of XML Encryption 1.1, where the mask has a parameter.
    pub(crate) const ANY_MASK: &str = "http://www.w3.org/2009/xmlenc11#rsa-oaep";

    /// Reads the `EncryptionMethod` of a key.
    pub(super) fn read(method: Element<'_>) -> Result<Self, EncryptionError> {
        let uri = method.attribute("Algorithm").unwrap_or_default();
        let mask = method.only_child(XENC11, "MGF")?;
        let mask = match (uri, mask) {
            (Self::MGF1P | Self::ANY_MASK, None) => Hash::Sha1,
            (Self::ANY_MASK, Some(mask)) => Hash::of_mask(mask)?,
            (Self::MGF1P, Some(_)) => {
                return Err(EncryptionError::Malformed {
                    what: "rsa-oaep-mgf1p takes no MGF",
                });
            }
            _ => return Err(EncryptionError::algorithm("key transport", uri)),
        };
        check_label(method)?;
        let digest = match method.only_child(DS, "DigestMethod")? {
            Some(digest) => Hash::of_digest(digest)?,
            None => Hash::Sha1,
        };
        Ok(Self { digest, mask })
    }
}

/// A hash function inside of [`Oaep`], where SHA-1 has no known weakness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hash {
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl Hash {
    /// The identifier in a `DigestMethod`.
    pub(super) const fn digest_uri(self) -> &'static str {
        match self {
            Self::Sha1 => "http://www.w3.org/2000/09/xmldsig#sha1",
            Self::Sha256 => "http://www.w3.org/2001/04/xmlenc#sha256",
        }
    }

    /// The identifier in an `MGF`.
    pub(super) const fn mask_uri(self) -> &'static str {
        match self {
            Self::Sha1 => "http://www.w3.org/2009/xmlenc11#mgf1sha1",
            Self::Sha256 => "http://www.w3.org/2009/xmlenc11#mgf1sha256",
        }
    }

    fn of_digest(element: Element<'_>) -> Result<Self, EncryptionError> {
        Self::of(element, "OAEP digest", Self::digest_uri)
    }

    fn of_mask(element: Element<'_>) -> Result<Self, EncryptionError> {
        Self::of(element, "OAEP mask", Self::mask_uri)
    }

    fn of(
        element: Element<'_>,
        role: &'static str,
        uri_of: impl Fn(Self) -> &'static str,
    ) -> Result<Self, EncryptionError> {
        let uri = element.attribute("Algorithm").unwrap_or_default();
        [Self::Sha1, Self::Sha256]
            .into_iter()
            .find(|hash| uri_of(*hash) == uri)
            .ok_or_else(|| EncryptionError::algorithm(role, uri))
    }
}

fn check_label(method: Element<'_>) -> Result<(), EncryptionError> {
    let label = method.only_child(XENC, "OAEPparams")?;
    match label.map(|label| label.text()).transpose()? {
        Some(label) if !label.trim().is_empty() => Err(EncryptionError::Malformed {
            what: "OAEPparams is not empty",
        }),
        _ => Ok(()),
    }
}

const ALL: [Cipher; 4] = [
    Cipher::Aes128Cbc,
    Cipher::Aes128Gcm,
    Cipher::Aes256Cbc,
    Cipher::Aes256Gcm,
];

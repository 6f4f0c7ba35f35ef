//! The elements around a ciphertext, as XML Encryption 1.1, 3 and SAML Core 2.2.4 have them.

use super::{Cipher, EncryptionError, Oaep, XENC};
use crate::signature::{DS, base64};
use crate::xml::Element;

/// What there is to decrypt.
#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) cipher: Cipher,
    /// Initialization vector, ciphertext and, for GCM, the tag.
    pub(super) octets: Vec<u8>,
    /// The key of the content, for one recipient each. At least one.
    pub(super) keys: Vec<WrappedKey>,
}

/// A key that is encrypted to somebody's RSA key.
#[derive(Debug)]
pub(super) struct WrappedKey {
    pub(super) oaep: Oaep,
    pub(super) octets: Vec<u8>,
}

impl Envelope {
    /// Reads an element of the type `EncryptedElementType`.
    pub(super) fn read(encrypted: Element<'_>) -> Result<Self, EncryptionError> {
        check_children(encrypted)?;
        let data = only(encrypted, "EncryptedData")?;
        check_type(data)?;
        let cipher = Cipher::read(only(data, "EncryptionMethod")?)?;
        let key_info = data.only_child(DS, "KeyInfo")?;
        if let Some(key_info) = key_info {
            check_retrieval(key_info, encrypted)?;
        }
        Ok(Self {
            cipher,
            octets: content(data, cipher)?,
            keys: wrapped_keys(&[key_info, Some(encrypted)])?,
        })
    }
}

fn check_children(encrypted: Element<'_>) -> Result<(), EncryptionError> {
    let belongs =
        |child: Element<'_>| child.is(XENC, "EncryptedData") || child.is(XENC, "EncryptedKey");
    match encrypted.children().all(belongs) {
        true => Ok(()),
        false => Err(EncryptionError::Malformed {
            what: "something else than EncryptedData and EncryptedKey is in it",
        }),
    }
}

/// SAML encrypts elements, never only their content (SAML Core 2.3.4).
fn check_type(data: Element<'_>) -> Result<(), EncryptionError> {
    match data.attribute("Type") {
        None | Some(ELEMENT) => Ok(()),
        Some(_) => Err(EncryptionError::Malformed {
            what: "the type of the EncryptedData is not an element",
        }),
    }
}

/// A reference to a key may only lead to one that stands beside the content, where all keys are
/// tried anyway.
fn check_retrieval(key_info: Element<'_>, encrypted: Element<'_>) -> Result<(), EncryptionError> {
    for method in key_info.children_named(DS, "RetrievalMethod") {
        let uri = method.attribute("URI").unwrap_or_default();
        let is_beside = |id: &str| {
            let mut beside = encrypted.children_named(XENC, "EncryptedKey");
            beside.any(|key| key.attribute("Id") == Some(id))
        };
        let leads_there = uri.strip_prefix('#').is_some_and(is_beside);
        if !leads_there || method.children().next().is_some() {
            return Err(EncryptionError::reference(uri));
        }
    }
    Ok(())
}

fn content(data: Element<'_>, cipher: Cipher) -> Result<Vec<u8>, EncryptionError> {
    let octets = cipher_value(data)?;
    let fits = match cipher.is_authenticated() {
        true => octets.len() > GCM_NONCE + GCM_TAG,
        false => octets.len() >= 2 * BLOCK && octets.len().is_multiple_of(BLOCK),
    };
    match fits {
        true => Ok(octets),
        false => Err(EncryptionError::Malformed {
            what: "the length of the ciphertext does not go with the cipher",
        }),
    }
}

/// The keys inside of `places`.
///
/// A key with an algorithm that is not accepted is somebody else's, unless all are like that.
fn wrapped_keys(places: &[Option<Element<'_>>]) -> Result<Vec<WrappedKey>, EncryptionError> {
    let places = places.iter().flatten();
    let elements: Vec<_> = places
        .flat_map(|place| place.children_named(XENC, "EncryptedKey"))
        .collect();
    if elements.len() > MAX_ENCRYPTED_KEYS {
        return Err(EncryptionError::TooManyKeys {
            found: elements.len(),
            max: MAX_ENCRYPTED_KEYS,
        });
    }
    let mut keys = Vec::new();
    let mut refused = EncryptionError::Malformed {
        what: "there is no EncryptedKey",
    };
    for element in elements {
        match wrapped_key(element) {
            Ok(key) => keys.push(key),
            Err(error @ EncryptionError::Algorithm { .. }) => refused = error,
            Err(error) => return Err(error),
        }
    }
    match keys.is_empty() {
        true => Err(refused),
        false => Ok(keys),
    }
}

fn wrapped_key(element: Element<'_>) -> Result<WrappedKey, EncryptionError> {
    let oaep = Oaep::read(only(element, "EncryptionMethod")?)?;
    let octets = cipher_value(element)?;
    match octets.len() {
        1..=MAX_RSA_BYTES => Ok(WrappedKey { oaep, octets }),
        _ => Err(EncryptionError::Malformed {
            what: "the length of an EncryptedKey is that of no RSA key",
        }),
    }
}

/// The octets of the `CipherValue` in `element`.
fn cipher_value(element: Element<'_>) -> Result<Vec<u8>, EncryptionError> {
    let data = only(element, "CipherData")?;
    if let Some(reference) = data.children_named(XENC, "CipherReference").next() {
        let uri = reference.attribute("URI").unwrap_or_default();
        return Err(EncryptionError::reference(uri));
    }
    let value = only(data, "CipherValue")?.text()?;
    base64::decode(value).ok_or(EncryptionError::Malformed {
        what: "a CipherValue is not base64",
    })
}

/// The one child `name` of `parent`.
fn only<'d>(parent: Element<'d>, name: &'static str) -> Result<Element<'d>, EncryptionError> {
    let what = match name {
        "EncryptedData" => "there is no EncryptedData",
        "EncryptionMethod" => "there is no EncryptionMethod",
        "CipherData" => "there is no CipherData",
        _ => "there is no CipherValue",
    };
    let child = parent.only_child(XENC, name)?;
    child.ok_or(EncryptionError::Malformed { what })
}

/// What `Type` says of an encrypted element.
pub(super) const ELEMENT: &str = "http://www.w3.org/2001/04/xmlenc#Element";

pub(super) const BLOCK: usize = 16;
pub(super) const GCM_NONCE: usize = 12;
pub(super) const GCM_TAG: usize = 16;
/// Each is tried with each of our keys before anything is signed or believed, and an RSA operation
/// takes one to ten milliseconds. Providers send one, or two while we change our certificate.
const MAX_ENCRYPTED_KEYS: usize = 4;
const MAX_RSA_BYTES: usize = 1024;

//! Verification.

use super::algorithm::{Algorithms, Method, is_for_other_keys};
use super::gate::Shape;
use super::{DS, SignatureError, VerifyingKey, base64};
use crate::excerpt::excerpt;
use crate::xml::Element;
use crate::xml::canonical::exclusive;

/// Whether a signature is a child of `element`. It may still be of any shape, and worthless.
#[must_use]
pub fn has_signature(element: Element<'_>) -> bool {
    element.children_named(DS, "Signature").next().is_some()
}

/// Verifies the signature that `element` carries of itself (an enveloped signature).
///
/// Read what is signed from the [`SignedBytes`] only: parse them anew, and forget `element`.
///
/// The certificate in the signature supplies no key. If no key of `keys` fits, its fingerprint
/// makes the error more helpful, and that is all it does. Of `keys` the first [`MAX_KEYS`] are
/// tried.
///
/// # Errors
///
/// The [`SignatureError`] of the first check that fails: first the shape of the signature, then
/// the algorithms, the digest of the element, and the signature itself.
pub fn verify_enveloped(
    element: Element<'_>,
    keys: &[VerifyingKey],
    algorithms: &Algorithms,
) -> Result<SignedBytes, SignatureError> {
    let shape = Shape::check(element)?;
    let method = find_method(shape.signature_method, keys, algorithms)?;
    let bytes = exclusive(element, Some(shape.signature), &shape.prefixes)
        .map_err(SignatureError::Canonicalization)?;
    check_digest(&shape, &bytes, algorithms)?;
    let signed_info = exclusive(shape.signed_info, None, &shape.signed_info_prefixes)
        .map_err(SignatureError::Canonicalization)?;
    let signature = base64::decode(shape.signature_value).ok_or(SignatureError::Malformed {
        what: "SignatureValue is not base64",
    })?;
    match find_key(keys, method, &signed_info, &signature) {
        Some(key) => Ok(SignedBytes {
            bytes,
            key: key.clone(),
        }),
        None => Err(explain_mismatch(shape.key_info, keys)),
    }
}

/// Verifies a signature beside the `octets` that it covers (SAML Bindings 3.4.4.1).
///
/// Of `keys` the first [`MAX_KEYS`] are tried.
///
/// # Errors
///
/// [`SignatureError::Algorithm`] or [`SignatureError::AlgorithmKeyMismatch`] if `algorithm_uri` is
/// not accepted, and [`SignatureError::Mismatch`] if `signature` does not hold for any key.
pub fn verify_octets(
    algorithm_uri: &str,
    octets: &[u8],
    signature: &[u8],
    keys: &[VerifyingKey],
    algorithms: &Algorithms,
) -> Result<(), SignatureError> {
    let method = find_method(algorithm_uri, keys, algorithms)?;
    match find_key(keys, method, octets, signature) {
        Some(_) => Ok(()),
        None => Err(SignatureError::Mismatch {
            tried: fingerprints(keys),
        }),
    }
}

/// How many keys are tried at most: more would let one message cost us much work.
pub const MAX_KEYS: usize = 16;

/// The octets of an element whose digest and signature held.
///
/// They are the element in canonical form, without the signature, and never empty. Only
/// [`verify_enveloped`] makes one, so code that takes it cannot be reached with unsigned input.
#[derive(Clone)]
pub struct SignedBytes {
    bytes: Vec<u8>,
    key: VerifyingKey,
}

impl SignedBytes {
    /// The octets.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The octets.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The key for which the signature held.
    #[must_use]
    pub const fn key(&self) -> &VerifyingKey {
        &self.key
    }
}

impl std::fmt::Debug for SignedBytes {
    /// Without the octets, which are personal data.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("SignedBytes")
            .field("length", &self.bytes.len())
            .field("key", &self.key)
            .finish()
    }
}

/// The method called `uri`, if it is accepted and there is a key that it could be for.
fn find_method(
    uri: &str,
    keys: &[VerifyingKey],
    algorithms: &Algorithms,
) -> Result<Method, SignatureError> {
    let mismatch = || SignatureError::AlgorithmKeyMismatch {
        found: excerpt(uri),
        configured: list(keys.iter().map(ToString::to_string)),
    };
    if is_for_other_keys(uri) {
        return Err(mismatch());
    }
    let refused = || SignatureError::Algorithm {
        role: "signature",
        found: excerpt(uri),
    };
    let method = algorithms.method(uri).ok_or_else(refused)?;
    match usable(keys, method).next() {
        Some(_) => Ok(method),
        None => Err(mismatch()),
    }
}

fn check_digest(
    shape: &Shape<'_>,
    bytes: &[u8],
    algorithms: &Algorithms,
) -> Result<(), SignatureError> {
    let Some(hash) = algorithms.hash(shape.digest_method) else {
        let found = excerpt(shape.digest_method);
        return Err(SignatureError::Algorithm {
            role: "digest",
            found,
        });
    };
    let expected = base64::decode(shape.digest_value).ok_or(SignatureError::Malformed {
        what: "DigestValue is not base64",
    })?;
    let found = hash.digest(bytes);
    if expected == found.as_ref() {
        return Ok(());
    }
    Err(SignatureError::DigestMismatch {
        expected: excerpt(shape.digest_value),
        found: base64::encode(found.as_ref()),
    })
}

fn find_key<'k>(
    keys: &'k [VerifyingKey],
    method: Method,
    octets: &[u8],
    signature: &[u8],
) -> Option<&'k VerifyingKey> {
    usable(keys, method).find(|key| key.verifies(method, octets, signature))
}

fn usable(keys: &[VerifyingKey], method: Method) -> impl Iterator<Item = &VerifyingKey> {
    keys.iter()
        .take(MAX_KEYS)
        .filter(move |key| key.suits(method))
}

/// Tells a foreign key from a broken signature, if the signature brings its certificate along.
fn explain_mismatch(key_info: Option<Element<'_>>, keys: &[VerifyingKey]) -> SignatureError {
    match key_info.and_then(embedded_key) {
        Some(key) if !keys.contains(&key) => SignatureError::UntrustedKey {
            found: key.fingerprint().to_owned(),
            configured: fingerprints(keys),
        },
        _ => SignatureError::Mismatch {
            tried: fingerprints(keys),
        },
    }
}

fn embedded_key(key_info: Element<'_>) -> Option<VerifyingKey> {
    let certificate = key_info
        .descendants()
        .find(|it| it.is(DS, "X509Certificate"))?;
    let der = base64::decode(certificate.text().ok()?)?;
    VerifyingKey::from_certificate_der(&der).ok()
}

fn fingerprints(keys: &[VerifyingKey]) -> String {
    list(keys.iter().map(|key| key.fingerprint().to_owned()))
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<_> = items.take(MAX_KEYS).collect();
    match items.is_empty() {
        true => "none".to_owned(),
        false => items.join(", "),
    }
}

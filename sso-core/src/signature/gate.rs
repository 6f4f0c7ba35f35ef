//! The shape that a signature must have before anything is computed.
//!
//! The order of the checks is that of the attacks they answer: what a signature covers comes
//! before how it does so. See rows XSW and SIG of the chapter on attacks.

use super::{DS, SignatureError};
use crate::excerpt::excerpt;
use crate::xml::canonical::MAX_INCLUSIVE_PREFIXES;
use crate::xml::{Element, XmlError, is_ncname};

/// A signature of the one shape that we accept. It covers the element that carries it.
#[derive(Debug)]
pub(super) struct Shape<'d> {
    /// The `Signature` element.
    pub(super) signature: Element<'d>,
    pub(super) signed_info: Element<'d>,
    /// `PrefixList` of the canonicalization of `signed_info`.
    pub(super) signed_info_prefixes: Vec<&'d str>,
    pub(super) signature_method: &'d str,
    pub(super) digest_method: &'d str,
    /// In base64.
    pub(super) digest_value: &'d str,
    /// `PrefixList` of the canonicalization of the signed element.
    pub(super) prefixes: Vec<&'d str>,
    /// In base64.
    pub(super) signature_value: &'d str,
    pub(super) key_info: Option<Element<'d>>,
}

impl<'d> Shape<'d> {
    /// Checks the signature of `element`.
    pub(super) fn check(element: Element<'d>) -> Result<Self, SignatureError> {
        let signature = only_signature(element)?;
        check_content(signature)?;
        let reference = only_reference(signature)?;
        check_uri(reference, element)?;
        check_position(element, signature)?;
        Self::read(signature, reference)
    }

    /// Takes the parts of `signature`, each of which must be in its place.
    fn read(signature: Element<'d>, reference: Element<'d>) -> Result<Self, SignatureError> {
        let [signed_info, signature_value, rest @ ..] = &*children(signature) else {
            return Err(malformed("SignedInfo or SignatureValue is missing"));
        };
        expect(*signed_info, "SignedInfo")?;
        expect(*signature_value, "SignatureValue")?;
        let key_info = match rest {
            [] => None,
            [key_info] => Some(expect(*key_info, "KeyInfo")?),
            _ => return Err(malformed("something follows KeyInfo")),
        };
        let [method, signature_method, _reference] = &*children(*signed_info) else {
            return Err(malformed("SignedInfo has not exactly three parts"));
        };
        let [transforms, digest_method, digest_value] = &*children(reference) else {
            return Err(malformed("Reference has not exactly three parts"));
        };
        let prefixes = check_transforms(expect(*transforms, "Transforms")?)?;
        Ok(Self {
            signature,
            signed_info: *signed_info,
            signed_info_prefixes: canonicalization(
                expect(*method, "CanonicalizationMethod")?,
                *signed_info,
            )?,
            signature_method: plain_algorithm(
                expect(*signature_method, "SignatureMethod")?,
                "signature",
            )?,
            digest_method: plain_algorithm(expect(*digest_method, "DigestMethod")?, "digest")?,
            digest_value: text(expect(*digest_value, "DigestValue")?)?,
            prefixes,
            signature_value: text(*signature_value)?,
            key_info,
        })
    }
}

fn only_signature(element: Element<'_>) -> Result<Element<'_>, SignatureError> {
    let mut signatures = element.children_named(DS, "Signature");
    let first = signatures.next().ok_or(SignatureError::Missing)?;
    match signatures.count() {
        0 => Ok(first),
        more => Err(SignatureError::Count { found: more + 1 }),
    }
}

/// Looks through the whole signature, by local names only: whatever another implementation could
/// take for a second list of what is signed, or for content, is not accepted.
fn check_content(signature: Element<'_>) -> Result<(), SignatureError> {
    let lists = signature
        .descendants()
        .filter(|it| it.local_name() == "SignedInfo")
        .count();
    if lists != 1 {
        return Err(SignatureError::SignedInfoCount { found: lists });
    }
    match signature
        .descendants()
        .find(|it| CONTENT.contains(&it.local_name()))
    {
        Some(found) => Err(SignatureError::Object {
            found: excerpt(found.local_name()),
        }),
        None => Ok(()),
    }
}

fn only_reference(signature: Element<'_>) -> Result<Element<'_>, SignatureError> {
    let references: Vec<_> = signature
        .descendants()
        .filter(|it| it.local_name() == "Reference")
        .collect();
    match &*references {
        [reference] if is_listed(*reference, signature) => Ok(*reference),
        [_] => Err(SignatureError::ReferenceCount { found: 0 }),
        _ => Err(SignatureError::ReferenceCount {
            found: references.len(),
        }),
    }
}

/// Whether `reference` is where `SignedInfo` has it.
fn is_listed(reference: Element<'_>, signature: Element<'_>) -> bool {
    let list = reference.parent();
    reference.namespace() == DS
        && list.is_some_and(|list| list.is(DS, "SignedInfo") && list.parent() == Some(signature))
}

/// The reference must be to the element that carries the signature, and to nothing else.
fn check_uri(reference: Element<'_>, element: Element<'_>) -> Result<(), SignatureError> {
    let uri = reference.attribute("URI");
    let refused = || SignatureError::Uri {
        found: uri.map(excerpt),
    };
    // Says that the reference is to a manifest or an object, which it never may be.
    if reference.attribute("Type").is_some() {
        return Err(SignatureError::Object {
            found: "Reference with Type".to_owned(),
        });
    }
    match uri {
        // The whole document (XML Signature 4.4.3.2).
        Some("") if element.parent().is_none() => Ok(()),
        Some(uri) => {
            let found = uri
                .strip_prefix('#')
                .filter(|id| is_ncname(id))
                .ok_or_else(refused)?;
            match element.attribute("ID") {
                Some(id) if id == found => Ok(()),
                id => Err(SignatureError::ReferenceNotParent {
                    expected: excerpt(id.unwrap_or_default()),
                    found: excerpt(found),
                }),
            }
        }
        None => Err(refused()),
    }
}

/// SAML has the signature right behind the `Issuer`, or first in elements without one.
fn check_position(element: Element<'_>, signature: Element<'_>) -> Result<(), SignatureError> {
    let mut children = element.children();
    match (children.next(), children.next()) {
        (Some(first), _) if first == signature => Ok(()),
        (Some(first), Some(second)) if first.local_name() == "Issuer" && second == signature => {
            Ok(())
        }
        _ => Err(SignatureError::Position),
    }
}

/// Enveloped signature, then exclusive canonicalization. Returns the `PrefixList` of the latter.
///
/// Without the second the result would go through inclusive canonicalization, which depends on
/// what stands around the element.
fn check_transforms(transforms: Element<'_>) -> Result<Vec<&str>, SignatureError> {
    let list = children(transforms);
    let refused = || SignatureError::Transform {
        found: list
            .iter()
            .take(3)
            .map(|it| excerpt(it.attribute("Algorithm").unwrap_or_default()))
            .collect(),
    };
    let [enveloped, canonical] = &*list else {
        return Err(refused());
    };
    let are_transforms = list.iter().all(|it| it.is(DS, "Transform"));
    let is_enveloped = enveloped.attribute("Algorithm") == Some(ENVELOPED)
        && enveloped.children().next().is_none();
    if !are_transforms || !is_enveloped || !is_exclusive(*canonical) {
        return Err(refused());
    }
    inclusive_prefixes(*canonical)
}

/// The `PrefixList` of the `CanonicalizationMethod` of `signed_info`, which must be the exclusive one.
fn canonicalization<'d>(
    method: Element<'d>,
    signed_info: Element<'d>,
) -> Result<Vec<&'d str>, SignatureError> {
    let lacks_comments = method.attribute("Algorithm") == Some(EXCLUSIVE_WITH_COMMENTS)
        && signed_info.has_comments();
    if !is_exclusive(method) || lacks_comments {
        return Err(SignatureError::CanonicalizationMethod {
            found: excerpt(method.attribute("Algorithm").unwrap_or_default()),
        });
    }
    inclusive_prefixes(method)
}

/// With comments or without: messages have none, and a reference to an element is one without
/// comments (XML Signature 4.4.3.3).
fn is_exclusive(method: Element<'_>) -> bool {
    matches!(
        method.attribute("Algorithm"),
        Some(EXCLUSIVE | EXCLUSIVE_WITH_COMMENTS)
    )
}

/// Exclusive XML Canonicalization 1.0, 4.
fn inclusive_prefixes(method: Element<'_>) -> Result<Vec<&str>, SignatureError> {
    let list = match &*children(method) {
        [] => return Ok(Vec::new()),
        [list] if list.is(EXCLUSIVE, "InclusiveNamespaces") && list.children().next().is_none() => {
            *list
        }
        _ => return Err(malformed("the canonicalization has unknown parameters")),
    };
    let prefixes: Vec<_> = list
        .attribute("PrefixList")
        .unwrap_or_default()
        .split_ascii_whitespace()
        .take(MAX_INCLUSIVE_PREFIXES + 1)
        .collect();
    if prefixes.len() > MAX_INCLUSIVE_PREFIXES {
        let error = XmlError::InclusivePrefixes {
            found: prefixes.len(),
            max: MAX_INCLUSIVE_PREFIXES,
        };
        return Err(SignatureError::Canonicalization(error));
    }
    Ok(prefixes)
}

/// The identifier of an algorithm without parameters: `HMACOutputLength` and its like.
fn plain_algorithm<'d>(method: Element<'d>, role: &'static str) -> Result<&'d str, SignatureError> {
    let found = method.attribute("Algorithm").unwrap_or_default();
    match method.children().next() {
        None => Ok(found),
        Some(parameter) => {
            let found = format!(
                "{} with {}",
                excerpt(found),
                excerpt(parameter.local_name())
            );
            Err(SignatureError::Algorithm { role, found })
        }
    }
}

fn expect<'d>(element: Element<'d>, local: &str) -> Result<Element<'d>, SignatureError> {
    match element.is(DS, local) {
        true => Ok(element),
        false => Err(malformed("an element is missing, unknown, or out of order")),
    }
}

fn text(element: Element<'_>) -> Result<&str, SignatureError> {
    element
        .text()
        .map_err(|_| malformed("an element inside a value"))
}

fn children(element: Element<'_>) -> Vec<Element<'_>> {
    // One more than any list that we accept has.
    element.children().take(4).collect()
}

fn malformed(what: &'static str) -> SignatureError {
    SignatureError::Malformed { what }
}

pub(super) const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
pub(super) const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const EXCLUSIVE_WITH_COMMENTS: &str = "http://www.w3.org/2001/10/xml-exc-c14n#WithComments";
/// What can hold content of its own, or stands for content elsewhere.
const CONTENT: [&str; 5] = [
    "Manifest",
    "Object",
    "Signature",
    "SignatureProperties",
    "SignatureProperty",
];

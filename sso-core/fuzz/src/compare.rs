//! Whatever we accept, the others accept, with the same canonical bytes.

use std::collections::HashMap;

use sso_core::signature::{Algorithms, DS, SignedBytes, VerifyingKey, verify_enveloped};
use sso_core::xml::{Document, Element, Limits};

use crate::others::bergshamra::{Reading, in_its_words};
use crate::others::{Carrier, Xmlsec1};
use crate::path::Path;

/// A signature that we accept, and the octets that it covers for us.
#[derive(Clone, Debug)]
pub struct Claim {
    text: String,
    apex: Path,
    carrier: Carrier,
    key: VerifyingKey,
    prefixes: Vec<String>,
    bytes: Vec<u8>,
}

impl Claim {
    /// The signatures of a document that we accept, if `keys` are those of the signer.
    #[must_use]
    pub fn all(data: &[u8], keys: &[VerifyingKey]) -> Vec<Self> {
        let Ok(document) = Document::parse(data, &Limits::message()) else {
            return Vec::new();
        };
        let text = std::str::from_utf8(data).expect("the parser has decoded it");
        let root = document.root();
        let elements = std::iter::once(root).chain(root.descendants());
        let accept = |element| {
            let signed = verify_enveloped(element, keys, &Algorithms::new()).ok()?;
            Some(Self::new(text, element, &signed))
        };
        elements.filter_map(accept).collect()
    }

    fn new(text: &str, element: Element<'_>, signed: &SignedBytes) -> Self {
        let signature = element.children_named(DS, "Signature").next();
        let signature = signature.expect("it has been verified");
        Self {
            text: text.to_owned(),
            apex: Path::of(element),
            carrier: Carrier {
                signature: Path::of(signature),
                namespace: element.namespace().to_owned(),
                local_name: element.local_name().to_owned(),
            },
            key: signed.key().clone(),
            prefixes: prefixes(signature),
            bytes: signed.bytes().to_vec(),
        }
    }

    /// Asks the crate `bergshamra`.
    ///
    /// # Panics
    ///
    /// If it refuses the signature, or computes other octets; the message has both.
    pub fn check_with_bergshamra(&self) {
        let words = in_its_words(&self.text);
        let reading = Reading::parse(&words).unwrap_or_else(|why| self.differs("uppsala", &why));
        if let Err(why) = reading.verify(&self.carrier.signature, &self.key) {
            self.differs("bergshamra", &why);
        }
        let prefixes: Vec<_> = self.prefixes.iter().map(String::as_str).collect();
        let theirs = reading.canonical(&self.apex, Some(&self.carrier.signature), &prefixes);
        let theirs = theirs.unwrap_or_else(|why| self.differs("bergshamra", &why));
        self.same_bytes("bergshamra", &theirs);
    }

    fn same_bytes(&self, other: &str, theirs: &[u8]) {
        if self.bytes != theirs {
            self.differs(other, &difference(&self.bytes, theirs))
        }
    }

    fn differs(&self, other: &str, why: &str) -> ! {
        let (path, text) = (self.apex.to_xpath(), &self.text);
        panic!("we accept the signature of {path}, {other} differs: {why}\ndocument:\n{text}")
    }
}

/// Asks the program `xmlsec1`, for many documents at once: a process costs more than they do.
///
/// # Panics
///
/// If it refuses a signature, or computes other octets; the message has both.
pub fn check_with_xmlsec1(claims: &[Claim], xmlsec1: &Xmlsec1) {
    let mut alike: HashMap<_, Vec<_>> = HashMap::new();
    for claim in claims {
        let group = (&claim.carrier, claim.key.fingerprint());
        alike.entry(group).or_default().push(claim);
    }
    for claims in alike.values().flat_map(|it| it.chunks(AT_ONCE)) {
        check_alike(claims, xmlsec1);
    }
}

/// Claims with one key, in one place.
fn check_alike(claims: &[&Claim], xmlsec1: &Xmlsec1) {
    let Some(first) = claims.first() else {
        return;
    };
    let texts: Vec<_> = claims.iter().map(|it| it.text.as_str()).collect();
    match xmlsec1.verify(&texts, &first.carrier, &first.key) {
        Ok(theirs) => {
            assert_eq!(theirs.len(), claims.len());
            let pairs = claims.iter().zip(theirs);
            pairs.for_each(|(claim, theirs)| claim.same_bytes("xmlsec1", &theirs));
        }
        Err(why) if claims.len() == 1 => first.differs("xmlsec1", &why),
        // Which one it is.
        Err(_) => claims.iter().for_each(|it| check_alike(&[it], xmlsec1)),
    }
}

/// The prefixes that the second transform keeps.
fn prefixes(signature: Element<'_>) -> Vec<String> {
    let is_of_a_transform = |it: &Element<'_>| {
        it.local_name() == "InclusiveNamespaces"
            && it.parent().is_some_and(|parent| parent.is(DS, "Transform"))
    };
    let list = signature.descendants().find(is_of_a_transform);
    let list = list.and_then(|it| it.attribute("PrefixList"));
    let prefixes = list.unwrap_or_default().split_ascii_whitespace();
    prefixes.map(str::to_owned).collect()
}

/// Where two canonical forms begin to differ.
pub(crate) fn difference(ours: &[u8], theirs: &[u8]) -> String {
    let pairs = ours.iter().zip(theirs);
    let same = pairs.take_while(|(ours, theirs)| ours == theirs).count();
    let around = |octets: &[u8]| {
        let shown = same.saturating_sub(CONTEXT)..octets.len().min(same + CONTEXT);
        String::from_utf8_lossy(octets.get(shown).unwrap_or_default()).into_owned()
    };
    let (ours, theirs) = (around(ours), around(theirs));
    format!("from byte {same}\nours:   {ours:?}\ntheirs: {theirs:?}")
}

const CONTEXT: usize = 120;
const AT_ONCE: usize = 50;

//! Whatever we accept, the others accept, with the same canonical bytes.

use sso_core::signature::{Algorithms, DS, SignedBytes, VerifyingKey, verify_enveloped};
use sso_core::xml::{Document, Element, Limits};

use crate::others::Xmlsec1;
use crate::others::bergshamra::{Reading, in_its_words};
use crate::path::Path;

/// Looks for signatures by `keys` in a document, and returns how many of them we accept.
///
/// # Panics
///
/// If we accept one that another implementation refuses, or one that covers other octets there;
/// the message has both.
#[must_use]
pub fn count_accepted(data: &[u8], keys: &[VerifyingKey], xmlsec1: Option<&Xmlsec1>) -> usize {
    let Ok(document) = Document::parse(data, &Limits::message()) else {
        return 0;
    };
    let root = document.root();
    let mut accepted = 0;
    for element in std::iter::once(root).chain(root.descendants()) {
        if let Ok(signed) = verify_enveloped(element, keys, &Algorithms::new()) {
            let text = std::str::from_utf8(data).expect("the parser has decoded it");
            Claim::new(text, element, &signed).check(xmlsec1);
            accepted += 1;
        }
    }
    accepted
}

/// A signature that we accept.
struct Claim<'a> {
    text: &'a str,
    element: Element<'a>,
    apex: Path,
    signature: Path,
    signed: &'a SignedBytes,
}

impl<'a> Claim<'a> {
    fn new(text: &'a str, element: Element<'a>, signed: &'a SignedBytes) -> Self {
        let signature = element.children_named(DS, "Signature").next();
        Self {
            text,
            element,
            apex: Path::of(element),
            signature: Path::of(signature.expect("it has been verified")),
            signed,
        }
    }

    fn check(&self, xmlsec1: Option<&Xmlsec1>) {
        self.check_with_bergshamra();
        if let Some(xmlsec1) = xmlsec1 {
            self.check_with_xmlsec1(xmlsec1);
        }
    }

    fn check_with_bergshamra(&self) {
        let words = in_its_words(self.text);
        let reading = Reading::parse(&words).unwrap_or_else(|why| self.differs("uppsala", &why));
        if let Err(why) = reading.verify(&self.signature, self.signed.key()) {
            self.differs("bergshamra", &why);
        }
        let prefixes = self.prefixes();
        let theirs = reading.canonical(&self.apex, Some(&self.signature), &prefixes);
        self.same_bytes(
            "bergshamra",
            &theirs.unwrap_or_else(|why| self.differs("bergshamra", &why)),
        );
    }

    fn check_with_xmlsec1(&self, xmlsec1: &Xmlsec1) {
        let name = (self.element.namespace(), self.element.local_name());
        let theirs = xmlsec1.verify(self.text, &self.signature, name, self.signed.key());
        self.same_bytes(
            "xmlsec1",
            &theirs.unwrap_or_else(|why| self.differs("xmlsec1", &why)),
        );
    }

    /// The prefixes that the second transform keeps.
    fn prefixes(&self) -> Vec<&'a str> {
        let lists = self.element.children_named(DS, "Signature");
        let mut lists = lists
            .flat_map(|it| it.descendants())
            .filter(|it| it.local_name() == "InclusiveNamespaces")
            .filter(|it| it.parent().is_some_and(|parent| parent.is(DS, "Transform")));
        let list = lists.next().and_then(|it| it.attribute("PrefixList"));
        list.unwrap_or_default().split_ascii_whitespace().collect()
    }

    fn same_bytes(&self, other: &str, theirs: &[u8]) {
        if self.signed.bytes() != theirs {
            let (ours, theirs) = (lossy(self.signed.bytes()), lossy(theirs));
            self.differs(other, &format!("ours:\n{ours}\ntheirs:\n{theirs}"))
        }
    }

    fn differs(&self, other: &str, why: &str) -> ! {
        let (path, text) = (self.apex.to_xpath(), self.text);
        panic!("we accept the signature of {path}, {other} differs: {why}\ndocument:\n{text}")
    }
}

fn lossy(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

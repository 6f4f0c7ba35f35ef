//! Signatures of any shape, and surgery on signed messages.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_executor::block_on;
use rsa::pkcs8::DecodePrivateKey as _;
use sso_core::testkit::FakeIdp;
use sso_core::xml::canonical::exclusive;
use sso_core::xml::{Document, Element, Limits};

pub(crate) const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
pub(crate) const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
pub(crate) const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
pub(crate) const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
pub(crate) const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

/// A signature that is made as told, however wrong, with the true key of a provider.
///
/// `{transforms}`, the canonicalization and everything else are plain text, so that a test can
/// write what no signer writes.
#[derive(Clone)]
pub(crate) struct Forge {
    pub(crate) canonicalization: String,
    pub(crate) signature_method: String,
    pub(crate) transforms: String,
    pub(crate) digest_method: String,
    /// Attributes of the `Reference`; `None` for `URI="#id"`.
    pub(crate) reference: Option<String>,
    /// What stands behind `SignatureValue`.
    pub(crate) tail: String,
    /// The `PrefixList` of both canonicalizations, as they are computed.
    pub(crate) prefixes: Vec<&'static str>,
    pub(crate) hash: &'static digest::Algorithm,
    /// Breaks the lines of the digest.
    pub(crate) is_spaced: bool,
}

impl Default for Forge {
    fn default() -> Self {
        Self {
            canonicalization: algorithm("CanonicalizationMethod", EXCLUSIVE),
            signature_method: algorithm("SignatureMethod", RSA_SHA256),
            transforms: [ENVELOPED, EXCLUSIVE]
                .map(|it| algorithm("Transform", it))
                .concat(),
            digest_method: algorithm("DigestMethod", SHA256),
            reference: None,
            tail: String::new(),
            prefixes: Vec::new(),
            hash: &digest::SHA256,
            is_spaced: false,
        }
    }
}

impl Forge {
    /// A signature by SHA-1 throughout, for [`sign_sha1`].
    pub(crate) fn sha1() -> Self {
        Self::default().with(|it| {
            it.signature_method = algorithm(
                "SignatureMethod",
                "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
            );
            it.digest_method = algorithm("DigestMethod", "http://www.w3.org/2000/09/xmldsig#sha1");
            it.hash = &digest::SHA1_FOR_LEGACY_USE_ONLY;
        })
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// `xml` with a signature of the element `id`, by the key of `idp`.
    pub(crate) fn sign(&self, idp: &FakeIdp, xml: &str, id: &str) -> String {
        self.sign_by(xml, id, |octets| {
            block_on(idp.signer().sign(octets)).unwrap()
        })
    }

    /// `xml` with a signature of the element `id`, by whatever `sign` does.
    pub(crate) fn sign_by(&self, xml: &str, id: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
        let digest = with_element(xml, id, |element| {
            let octets = exclusive(element, None, &self.prefixes).unwrap();
            digest::digest(self.hash, &octets)
        });
        self.sign_digest(xml, id, digest.as_ref(), sign)
    }

    /// As [`sign_by`](Self::sign_by), with a digest that need not be that of the element.
    pub(crate) fn sign_digest(
        &self,
        xml: &str,
        id: &str,
        digest: &[u8],
        sign: impl Fn(&[u8]) -> Vec<u8>,
    ) -> String {
        let reference = self
            .reference
            .clone()
            .unwrap_or_else(|| format!(r##"URI="#{id}""##));
        let digest = match self.is_spaced {
            true => format!("\n {}\r\n", STANDARD.encode(digest)),
            false => STANDARD.encode(digest),
        };
        let signed_info = format!(
            r#"<ds:SignedInfo>{}{}<ds:Reference {reference}><ds:Transforms>{}</ds:Transforms>{}<ds:DigestValue>{}</ds:DigestValue></ds:Reference></ds:SignedInfo>"#,
            self.canonicalization,
            self.signature_method,
            self.transforms,
            self.digest_method,
            digest,
        );
        let write = |value: &str| {
            let value = format!("<ds:SignatureValue>{value}</ds:SignatureValue>");
            let tail = &self.tail;
            format!(r#"<ds:Signature xmlns:ds="{DS}">{signed_info}{value}{tail}</ds:Signature>"#)
        };
        let unsigned = insert_signature(xml, id, &write(""));
        let octets = with_element(&unsigned, id, |element| {
            let signature = element.only_child(DS, "Signature").unwrap().unwrap();
            let signed_info = signature.children().next().unwrap();
            exclusive(signed_info, None, &self.prefixes).unwrap()
        });
        insert_signature(xml, id, &write(&STANDARD.encode(sign(&octets))))
    }
}

/// RSA with SHA-1, which no signer of ours makes.
pub(crate) fn sign_sha1(idp: &FakeIdp, octets: &[u8]) -> Vec<u8> {
    let key = rsa::PrivateKey::from_pkcs8_der(idp.private_key_der()).unwrap();
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, octets);
    // `DigestInfo` of SHA-1 (RFC 8017, 9.2).
    let prefix = [
        0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14,
    ];
    let info = [&prefix[..], digest.as_ref()].concat();
    key.sign(rsa::Pkcs1v15Sign::new_unprefixed(), &info)
        .unwrap()
}

/// An element of a signature with nothing but its `Algorithm`.
pub(crate) fn algorithm(name: &str, uri: &str) -> String {
    format!(r#"<ds:{name} Algorithm="{uri}"></ds:{name}>"#)
}

/// `xml` with `signature` behind the issuer of the element `id`, or first in it if it has none.
pub(crate) fn insert_signature(xml: &str, id: &str, signature: &str) -> String {
    let element = xml
        .find(&format!(r#" ID="{id}""#))
        .expect("no such element");
    let marker = match xml.contains("</saml:Issuer>") {
        true => "</saml:Issuer>",
        false => ">",
    };
    let place = element + xml[element..].find(marker).expect("no issuer") + marker.len();
    [&xml[..place], signature, &xml[place..]].concat()
}

/// What `read` makes of the element `id`.
pub(crate) fn with_element<T>(xml: &str, id: &str, read: impl FnOnce(Element<'_>) -> T) -> T {
    let limits = Limits::metadata(usize::MAX);
    let document = Document::parse(xml.as_bytes(), &limits).expect("not XML");
    let root = document.root();
    let mut all = std::iter::once(root).chain(root.descendants());
    read(
        all.find(|it| it.attribute("ID") == Some(id))
            .expect("no such element"),
    )
}

/// The text from the first `<name` to the last `</name>`.
pub(crate) fn cut<'x>(xml: &'x str, name: &str) -> &'x str {
    let start = xml.find(&format!("<{name}")).expect("no such element");
    let end_tag = format!("</{name}>");
    let end = xml.rfind(&end_tag).expect("no end tag") + end_tag.len();
    &xml[start..end]
}

/// `xml` without the element that [`cut`] finds.
pub(crate) fn without(xml: &str, name: &str) -> String {
    xml.replacen(cut(xml, name), "", 1)
}

/// `xml` with the victim instead of the user who signed in.
pub(crate) fn as_admin(xml: &str) -> String {
    let evil = xml.replace(">alice<", ">admin<");
    assert_ne!(evil, xml, "alice is not in it");
    evil
}

/// `xml` with another identifier on the element `id`, and everywhere else too unless `references`
/// are kept.
pub(crate) fn renamed(xml: &str, id: &str, to: &str) -> String {
    xml.replacen(&format!(r#" ID="{id}""#), &format!(r#" ID="{to}""#), 1)
}

/// `xml` with `inserted` right before the first `marker`.
pub(crate) fn before(xml: &str, marker: &str, inserted: &str) -> String {
    let place = xml.find(marker).expect("no such marker");
    [&xml[..place], inserted, &xml[place..]].concat()
}

/// `xml` with `inserted` right behind the first `marker`.
pub(crate) fn behind(xml: &str, marker: &str, inserted: &str) -> String {
    let place = xml.find(marker).expect("no such marker") + marker.len();
    [&xml[..place], inserted, &xml[place..]].concat()
}

/// `xml` with `inserted` as the last child of the outermost element `name`.
pub(crate) fn at_end(xml: &str, name: &str, inserted: &str) -> String {
    let place = xml.rfind(&format!("</{name}>")).expect("no end tag");
    [&xml[..place], inserted, &xml[place..]].concat()
}

/// `xml` with the text `from` replaced once; it must be there.
pub(crate) fn swap(xml: &str, from: &str, to: &str) -> String {
    assert!(xml.contains(from), "{from} is not in {xml}");
    xml.replacen(from, to, 1)
}

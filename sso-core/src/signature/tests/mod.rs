//! Signing and verifying together, and the signatures that nobody should believe.
//!
//! A forged signature here is valid in all but one point: what refuses it is the check that the
//! test names, not a digest that happens to be wrong.

mod keys;
mod references;
mod shape;
mod signing;
#[cfg(feature = "system-tests")]
mod xmlsec1;

use futures_executor::block_on;

use super::test_keys::{OTHER_RSA, P256, P384, RSA, TestKey};
use super::*;
use crate::xml::canonical::exclusive;
use crate::xml::{Document, Limits};

const RESPONSE: &str = concat!(
    r#"<samlp:Response xmlns:samlp="urn:p" xmlns:saml="urn:a" ID="_r"><saml:Issuer>idp</saml:Issuer>"#,
    r#"<saml:Assertion ID="_a"><saml:Issuer>idp</saml:Issuer><saml:Subject>alice</saml:Subject>"#,
    r#"</saml:Assertion></samlp:Response>"#,
);

fn sign(xml: &str, id: &str, key: &TestKey) -> String {
    block_on(sign_enveloped(xml, id, &key.signer())).unwrap()
}

fn parse(xml: &str) -> Document<'_> {
    Document::parse(xml.as_bytes(), &Limits::message()).unwrap()
}

fn verify(xml: &str, keys: &[&TestKey]) -> Result<SignedBytes, SignatureError> {
    verify_with(xml, keys, &Algorithms::new())
}

fn verify_with(
    xml: &str,
    keys: &[&TestKey],
    algorithms: &Algorithms,
) -> Result<SignedBytes, SignatureError> {
    let keys: Vec<_> = keys.iter().map(|key| key.verifying_key()).collect();
    verify_enveloped(parse(xml).root(), &keys, algorithms)
}

/// The code of the error, or `ok`.
fn code(xml: &str) -> &'static str {
    verify(xml, &[&RSA]).map_or_else(|error| error.code(), |_| "ok")
}

/// A signature with [`RSA`] of a document with one place for it.
struct Forgery {
    /// With `{signature}` where the signature goes.
    document: String,
    /// With `{digest}` and `{value}`.
    signature: String,
    prefixes: Vec<&'static str>,
    hash: algorithm::Hash,
}

impl Forgery {
    fn new() -> Self {
        let issuer = "<saml:Issuer>idp</saml:Issuer>";
        Self {
            document: RESPONSE.replacen(issuer, &format!("{issuer}{{signature}}"), 1),
            signature: SIGNATURE.to_owned(),
            prefixes: Vec::new(),
            hash: algorithm::Hash::Sha256,
        }
    }

    /// The same with other text in the signature.
    fn with(mut self, old: &str, new: &str) -> Self {
        assert!(self.signature.contains(old), "{old}");
        self.signature = self.signature.replace(old, new);
        self
    }

    fn make(&self) -> String {
        self.make_with(|octets| block_on(RSA.signer().sign(octets)).unwrap())
    }

    fn make_with(&self, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
        let unsigned = self.document.replace("{signature}", "");
        let octets = exclusive(parse(&unsigned).root(), None, &self.prefixes).unwrap();
        let digest = base64::encode(self.hash.digest(&octets).as_ref());
        let signature = self.signature.replace("{digest}", &digest);
        let complete = self.document.replace("{signature}", &signature);
        let document = parse(&complete);
        let signed_info = document
            .root()
            .descendants()
            .find(|it| it.is(DS, "SignedInfo"));
        let value = signed_info.map(|it| sign(&exclusive(it, None, &[]).unwrap()));
        complete.replace("{value}", &base64::encode(&value.unwrap_or_default()))
    }

    fn code(&self) -> &'static str {
        code(&self.make())
    }
}

const SIGNATURE: &str = concat!(
    r#"<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>"#,
    r#"<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:CanonicalizationMethod>"#,
    r#"<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></ds:SignatureMethod>"#,
    r##"<ds:Reference URI="#_r"><ds:Transforms>"##,
    r#"<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></ds:Transform>"#,
    r#"<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:Transform></ds:Transforms>"#,
    r#"<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod>"#,
    r#"<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"#,
    r#"<ds:SignatureValue>{value}</ds:SignatureValue></ds:Signature>"#,
);
const ENVELOPED: &str = r#"<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></ds:Transform>"#;
const EXCLUSIVE: &str =
    r#"<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:Transform>"#;

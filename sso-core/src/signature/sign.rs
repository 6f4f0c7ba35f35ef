//! Signing an element of a document.

use super::algorithm::Hash;
use super::gate::{ENVELOPED, EXCLUSIVE};
use super::{DS, SignError, Signer, base64, has_signature};
use crate::xml::canonical::exclusive;
use crate::xml::{Document, Element, Limits, Writer, XmlError};

/// Signs the element whose `ID` is `id`, and returns the document with the signature in it.
///
/// The signature stands right behind the child `Issuer` if the element begins with one, else it is
/// the first child, as the schemas of SAML have it. The element may be anywhere in the document:
/// to sign an assertion and the response around it, sign the assertion first.
///
/// # Errors
///
/// [`SignError::NotFound`], [`SignError::AlreadySigned`] or [`SignError::Empty`] if `xml` is not
/// as described, [`SignError::Xml`] if we would not accept it ourselves, and what `signer` says.
pub async fn sign_enveloped(xml: &str, id: &str, signer: &dyn Signer) -> Result<String, SignError> {
    let unsigned = prepare(xml, id, signer.algorithm().hash())?;
    let template = Template::new(signer, id, unsigned.digest);
    let octets = template.canonical_signed_info()?;
    let signature = template.signature(&signer.sign(&octets).await?);
    let (before, after) = xml.split_at_checked(unsigned.place).unwrap_or((xml, ""));
    Ok([before, &signature, after].concat())
}

/// What there is to know of an element before it is signed.
struct Unsigned {
    /// In base64.
    digest: String,
    /// Where the signature goes, as offset in the text.
    place: usize,
}

fn prepare(xml: &str, id: &str, hash: Hash) -> Result<Unsigned, SignError> {
    let document = Document::parse(xml.as_bytes(), &LIMITS)?;
    let root = document.root();
    let element = std::iter::once(root)
        .chain(root.descendants())
        .find(|element| element.attribute("ID") == Some(id))
        .ok_or_else(|| SignError::NotFound { id: id.to_owned() })?;
    if has_signature(element) {
        return Err(SignError::AlreadySigned { id: id.to_owned() });
    }
    let octets = exclusive(element, None, &[])?;
    Ok(Unsigned {
        digest: base64::encode(hash.digest(&octets).as_ref()),
        place: place_in(element).ok_or_else(|| SignError::Empty { id: id.to_owned() })?,
    })
}

/// Where the signature of `element` goes; `None` if it has no content.
fn place_in(element: Element<'_>) -> Option<usize> {
    let first = element.children().next();
    let issuer = first.filter(|child| child.local_name() == "Issuer");
    let place = element.place();
    match issuer {
        Some(issuer) => Some(issuer.place().end as usize),
        None if place.content < place.end => Some(place.content as usize),
        None => None,
    }
}

/// A signature whose value is still to come.
struct Template {
    /// In base64.
    certificate: String,
    /// In base64.
    digest: String,
    digest_method: &'static str,
    reference: String,
    signature_method: &'static str,
}

impl Template {
    fn new(signer: &dyn Signer, id: &str, digest: String) -> Self {
        Self {
            certificate: base64::encode(signer.certificate()),
            digest,
            digest_method: signer.algorithm().hash().uri(),
            reference: format!("#{id}"),
            signature_method: signer.algorithm().uri(),
        }
    }

    /// The octets that the signature covers.
    ///
    /// Canonicalization moves the declaration to `SignedInfo`, wherever the document has it.
    fn canonical_signed_info(&self) -> Result<Vec<u8>, XmlError> {
        let mut writer = Writer::new();
        writer.start("ds:SignedInfo").namespace("ds", DS);
        self.write_signed_info(&mut writer);
        let signed_info = writer.finish();
        let document = Document::parse(signed_info.as_bytes(), &Limits::message())?;
        exclusive(document.root(), None, &[])
    }

    /// The signature with its value.
    fn signature(&self, value: &[u8]) -> String {
        let mut writer = Writer::new();
        writer
            .start("ds:Signature")
            .namespace("ds", DS)
            .start("ds:SignedInfo");
        self.write_signed_info(&mut writer);
        writer
            .end()
            .element("ds:SignatureValue", &base64::encode(value))
            .start("ds:KeyInfo")
            .start("ds:X509Data")
            .element("ds:X509Certificate", &self.certificate);
        writer.finish()
    }

    /// What is inside `SignedInfo`.
    fn write_signed_info(&self, writer: &mut Writer) {
        writer
            .start("ds:CanonicalizationMethod")
            .attr("Algorithm", EXCLUSIVE)
            .end();
        writer
            .start("ds:SignatureMethod")
            .attr("Algorithm", self.signature_method)
            .end();
        writer
            .start("ds:Reference")
            .attr("URI", &self.reference)
            .start("ds:Transforms");
        writer
            .start("ds:Transform")
            .attr("Algorithm", ENVELOPED)
            .end();
        writer
            .start("ds:Transform")
            .attr("Algorithm", EXCLUSIVE)
            .end();
        writer.end();
        writer
            .start("ds:DigestMethod")
            .attr("Algorithm", self.digest_method)
            .end();
        writer.element("ds:DigestValue", &self.digest).end();
    }
}

/// Of what we sign ourselves, metadata is the largest.
const LIMITS: Limits = Limits::metadata(16 * 1024 * 1024);

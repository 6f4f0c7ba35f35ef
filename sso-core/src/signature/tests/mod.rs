//! Signing and verifying together, and the signatures that nobody should believe.
//!
//! A forged signature here is valid in all but one point: what refuses it is the check that the
//! test names, not a digest that happens to be wrong.

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

#[test]
fn what_is_signed_with_any_kind_of_key_verifies_and_loses_its_signature() {
    for key in [&*RSA, &*P256, &*P384] {
        let signed = sign(RESPONSE, "_r", key);
        let verified = verify(&signed, &[&OTHER_RSA, key]).unwrap();
        assert_eq!(*verified.key(), key.verifying_key());
        let text = String::from_utf8(verified.into_bytes()).unwrap();
        assert!(
            text.contains("alice") && !text.contains("Signature"),
            "{text}"
        );
    }
}

#[test]
fn an_assertion_and_the_response_around_it_are_both_signed() {
    let signed = sign(&sign(RESPONSE, "_a", &RSA), "_r", &P256);
    let response = verify(&signed, &[&P256]).unwrap();
    let document = Document::parse(response.bytes(), &Limits::message()).unwrap();
    let assertion = document
        .root()
        .only_child("urn:a", "Assertion")
        .unwrap()
        .unwrap();
    let verified = verify_enveloped(assertion, &[RSA.verifying_key()], &Algorithms::new()).unwrap();
    assert!(
        verified
            .bytes()
            .starts_with(b"<saml:Assertion xmlns:saml=\"urn:a\" ID=\"_a\">")
    );
}

#[test]
fn a_signature_stands_behind_the_issuer_or_first() {
    let signed = sign("<a ID='_1'>\n<Issuer>x</Issuer><b/></a>", "_1", &RSA);
    assert!(
        signed.starts_with("<a ID='_1'>\n<Issuer>x</Issuer><ds:Signature "),
        "{signed}"
    );
    let signed = sign("<a ID='_1'>\n<b/><Issuer>x</Issuer></a>", "_1", &RSA);
    assert!(signed.starts_with("<a ID='_1'><ds:Signature "), "{signed}");
}

#[test]
fn only_what_can_be_signed_once_is_signed() {
    let refused = |xml: &str| block_on(sign_enveloped(xml, "_1", &RSA.signer())).unwrap_err();
    assert!(matches!(
        refused("<a ID='_2'><b/></a>"),
        SignError::NotFound { .. }
    ));
    assert!(matches!(refused("<a ID='_1'/>"), SignError::Empty { .. }));
    assert!(matches!(refused("<a ID='_1'>"), SignError::Xml(_)));
    let signed = sign("<a ID='_1'>b</a>", "_1", &RSA);
    assert!(matches!(refused(&signed), SignError::AlreadySigned { .. }));
}

#[test]
fn the_forgery_of_these_tests_is_valid_as_long_as_nothing_is_changed() {
    assert_eq!(Forgery::new().code(), "ok");
}

#[test]
fn usual_variations_are_accepted() {
    let with_comments = "http://www.w3.org/2001/10/xml-exc-c14n#WithComments";
    assert_eq!(
        Forgery::new()
            .with("http://www.w3.org/2001/10/xml-exc-c14n#", with_comments)
            .code(),
        "ok"
    );

    let spaced = Forgery::new()
        .with("{digest}", "\n {digest}\n")
        .with("{value}", "\r\n{value}&#13;\n");
    assert_eq!(spaced.code(), "ok");

    let pretty = Forgery::new().with("><ds:", ">\n  <ds:");
    assert_eq!(pretty.code(), "ok");

    let default_prefix = Forgery::new().with("ds:", "").with("xmlns:ds", "xmlns");
    assert_eq!(default_prefix.code(), "ok");

    let mut whole = Forgery::new().with("#_r", "");
    assert_eq!(whole.code(), "ok");
    whole.document = whole.document.replace(" ID=\"_r\"", "");
    assert_eq!(whole.code(), "ok");
}

#[test]
fn inclusive_namespaces_are_part_of_what_is_signed() {
    let list = r#"<ec:InclusiveNamespaces xmlns:ec="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="xs #default"/>"#;
    let mut forgery = Forgery::new();
    forgery.document = forgery
        .document
        .replace("ID=\"_r\"", "ID=\"_r\" xmlns:xs=\"urn:xs\" xmlns=\"urn:d\"");
    forgery.prefixes = vec!["xs", "#default"];
    assert_eq!(forgery.code(), "sig.digest_mismatch");
    let (head, _) = EXCLUSIVE.split_once("</").unwrap();
    let forgery = forgery.with(EXCLUSIVE, &format!("{head}{list}</ds:Transform>"));
    assert_eq!(forgery.code(), "ok");
}

#[test]
fn an_endless_list_of_inclusive_prefixes_is_refused() {
    let list = |count| {
        format!(
            "{}<ec:InclusiveNamespaces xmlns:ec='http://www.w3.org/2001/10/xml-exc-c14n#' PrefixList='{}'/></ds:Transform>",
            EXCLUSIVE.split_once("</").unwrap().0,
            "p ".repeat(count),
        )
    };
    assert_eq!(Forgery::new().with(EXCLUSIVE, &list(32)).code(), "ok");
    assert_eq!(
        Forgery::new().with(EXCLUSIVE, &list(33)).code(),
        "c14n.error"
    );
    assert_eq!(
        Forgery::new().with(EXCLUSIVE, &list(10_000)).code(),
        "c14n.error"
    );
}

#[test]
fn a_missing_or_empty_signature_is_refused() {
    assert_eq!(code(RESPONSE), "sig.missing");
    let empty = |signature: &str| {
        let mut forgery = Forgery::new();
        forgery.signature = signature.to_owned();
        forgery.code()
    };
    assert_eq!(
        empty(&format!("<ds:Signature xmlns:ds='{DS}'/>")),
        "sig.signedinfo_count"
    );
    assert_eq!(
        empty(&format!(
            "<ds:Signature xmlns:ds='{DS}'><ds:SignedInfo/></ds:Signature>"
        )),
        "sig.reference_count"
    );
    assert_eq!(empty("<Signature xmlns='urn:other'/>"), "sig.missing");
    assert_eq!(
        Forgery::new().with("{digest}", "").code(),
        "sig.digest_mismatch"
    );
    assert_eq!(Forgery::new().with("{value}", "").code(), "sig.mismatch");
    assert_eq!(
        Forgery::new()
            .with("<ds:SignatureValue>{value}</ds:SignatureValue>", "")
            .code(),
        "sig.malformed"
    );
    assert_eq!(
        Forgery::new()
            .with("<ds:DigestValue>{digest}</ds:DigestValue>", "")
            .code(),
        "sig.malformed"
    );
}

#[test]
fn two_signatures_in_one_element_are_refused() {
    let mut forgery = Forgery::new();
    forgery.signature = format!("{0}{0}", forgery.signature);
    assert_eq!(forgery.code(), "sig.count");
}

#[test]
fn a_signature_out_of_its_place_is_refused() {
    let mut forgery = Forgery::new();
    forgery.document = RESPONSE.replace("</samlp:Response>", "{signature}</samlp:Response>");
    assert_eq!(forgery.code(), "sig.position");
    forgery.document = RESPONSE.replace(
        "<saml:Assertion ",
        "<saml:Advice/>{signature}<saml:Assertion ",
    );
    assert_eq!(forgery.code(), "sig.position");
}

#[test]
fn a_signature_is_not_looked_for_elsewhere() {
    let mut forgery = Forgery::new();
    forgery.document = RESPONSE.replace("<saml:Subject>", "{signature}<saml:Subject>");
    assert_eq!(forgery.code(), "sig.missing");
}

/// Rows XSW-01, XSW-02, XSW-05, XSW-06 and XSW-24: what was signed once hides elsewhere.
#[test]
fn an_evil_element_around_the_signed_one_is_refused() {
    let signed = sign(RESPONSE, "_r", &RSA);
    let (start, end) = (
        signed.find("<ds:Signature").unwrap(),
        signed.find("</ds:Signature>").unwrap() + 15,
    );
    let signature = &signed[start..end];
    let evil = RESPONSE
        .replace("_r", "_evil")
        .replace("_a", "_b")
        .replace("alice", "admin");
    let wrap = |before: &str, inside: &str, after: &str| {
        let signature = signature.replace("</ds:Signature>", &format!("{inside}</ds:Signature>"));
        evil.replacen(
            "</saml:Issuer>",
            &format!("</saml:Issuer>{before}{signature}{after}"),
            1,
        )
    };
    assert_eq!(code(&wrap("", RESPONSE, "")), "sig.reference_not_parent");
    assert_eq!(code(&wrap("", "", RESPONSE)), "sig.reference_not_parent");
    assert_eq!(
        code(&wrap(
            "",
            "",
            &format!("<samlp:Extensions>{signed}</samlp:Extensions>")
        )),
        "sig.reference_not_parent"
    );
    assert_eq!(code(&wrap(RESPONSE, "", "")), "sig.reference_not_parent");
    assert_eq!(
        code(&wrap("", &format!("<ds:Object>{RESPONSE}</ds:Object>"), "")),
        "sig.object"
    );
    assert_eq!(code(&wrap("", &signed, "")), "sig.signedinfo_count");
}

/// Row XSW-23.
#[test]
fn crossed_references_are_refused() {
    assert_eq!(
        Forgery::new().with("#_r", "#_a").code(),
        "sig.reference_not_parent"
    );
}

/// Row XSW-09.
#[test]
fn a_second_list_of_what_is_signed_is_refused_whatever_its_namespace() {
    for second in [
        "<ds:SignedInfo/>",
        "<SignedInfo xmlns='urn:other'/>",
        "<ds:KeyInfo><ds:SignedInfo/></ds:KeyInfo>",
    ] {
        assert_eq!(
            Forgery::new()
                .with("</ds:Signature>", &format!("{second}</ds:Signature>"))
                .code(),
            "sig.signedinfo_count"
        );
        assert_eq!(
            Forgery::new()
                .with(
                    "<ds:SignatureValue>",
                    &format!("{second}<ds:SignatureValue>")
                )
                .code(),
            "sig.signedinfo_count"
        );
    }
}

/// Rows XSW-08, XSW-14 and SIG-16.
#[test]
fn content_inside_the_signature_is_refused() {
    for content in [
        "<ds:Object/>",
        "<ds:Object><ds:Manifest/></ds:Object>",
        "<ds:Object><ds:SignatureProperties/></ds:Object>",
        "<ds:KeyInfo><x:Object xmlns:x='urn:x'/></ds:KeyInfo>",
        "<ds:KeyInfo><ds:Signature/></ds:KeyInfo>",
    ] {
        assert_eq!(
            Forgery::new()
                .with("</ds:Signature>", &format!("{content}</ds:Signature>"))
                .code(),
            "sig.object",
            "{content}"
        );
    }
    let manifest = "Type=\"http://www.w3.org/2000/09/xmldsig#Manifest\" URI=";
    assert_eq!(Forgery::new().with("URI=", manifest).code(), "sig.object");
}

#[test]
fn unknown_parts_of_a_signature_are_refused() {
    for (old, new) in [
        (
            "</ds:Signature>",
            "<ds:KeyInfo/><ds:KeyInfo/></ds:Signature>",
        ),
        ("</ds:Signature>", "<x/></ds:Signature>"),
        (
            "</ds:Signature>",
            "<ds:KeyInfo/><saml:Assertion ID='_x'/></ds:Signature>",
        ),
        ("</ds:SignedInfo>", "<x/></ds:SignedInfo>"),
        ("<ds:SignedInfo>", "<ds:SignedInfo><x/>"),
        ("</ds:Reference>", "<x/></ds:Reference>"),
        ("<ds:DigestMethod", "<x/><ds:DigestMethod"),
        ("</ds:DigestValue>", "<x/></ds:DigestValue>"),
        ("</ds:SignatureValue>", "<x/></ds:SignatureValue>"),
        ("<ds:SignatureValue>", "<x/><ds:SignatureValue>"),
        ("{digest}", "{digest}="),
        ("{value}", "-{value}"),
    ] {
        assert_eq!(
            Forgery::new().with(old, new).code(),
            "sig.malformed",
            "{new}"
        );
    }
}

/// Row SIG-03.
#[test]
fn exactly_one_reference_is_accepted() {
    let reference = {
        let (start, end) = (
            SIGNATURE.find("<ds:Reference").unwrap(),
            SIGNATURE.find("</ds:SignedInfo>").unwrap(),
        );
        &SIGNATURE[start..end]
    };
    assert_eq!(
        Forgery::new().with(reference, "").code(),
        "sig.reference_count"
    );
    assert_eq!(
        Forgery::new().with(reference, &reference.repeat(2)).code(),
        "sig.reference_count"
    );
    let other = reference.replace("#_r", "#_a");
    assert_eq!(
        Forgery::new()
            .with(reference, &format!("{other}{reference}"))
            .code(),
        "sig.reference_count"
    );
    let moved = Forgery::new()
        .with(reference, "")
        .with("</ds:Signature>", &format!("{reference}</ds:Signature>"));
    assert_eq!(moved.code(), "sig.reference_count");
    assert_eq!(
        Forgery::new().with("ds:Reference", "Reference").code(),
        "sig.reference_count"
    );
}

/// Rows SIG-04 to SIG-07.
#[test]
fn references_are_to_an_identifier_of_the_parent_only() {
    for uri in [
        "#",
        "# _r",
        "#%5fr",
        "_r",
        "#xpointer(/)",
        "#xpointer(id('_r'))",
        "http://127.0.0.1:1/x",
        "file:///etc/passwd",
        "cid:_r",
        " ",
        "#1",
        "#_r#",
    ] {
        assert_eq!(
            Forgery::new()
                .with("URI=\"#_r\"", &format!("URI=\"{uri}\""))
                .code(),
            "sig.uri",
            "{uri}"
        );
    }
    assert_eq!(Forgery::new().with(" URI=\"#_r\"", "").code(), "sig.uri");
    for uri in ["#_R", "#_r2", "#_"] {
        assert_eq!(
            Forgery::new().with("#_r", uri).code(),
            "sig.reference_not_parent",
            "{uri}"
        );
    }
    // Only the attribute that SAML declares counts.
    let mut forgery = Forgery::new();
    forgery.document = forgery.document.replace(" ID=\"_r\"", " Id=\"_r\"");
    assert_eq!(forgery.code(), "sig.reference_not_parent");
}

#[test]
fn a_reference_to_the_whole_document_counts_for_the_root_only() {
    let forged = Forgery::new().with("#_r", "").make();
    let keys = [RSA.verifying_key()];
    let inside = format!("<x>{forged}</x>");
    let document = parse(&inside);
    let response = document.root().children().next().unwrap();
    let refused = verify_enveloped(response, &keys, &Algorithms::new()).unwrap_err();
    assert_eq!(refused.code(), "sig.uri");
}

/// Rows SIG-14, DOS-03 and DOS-04.
#[test]
fn other_transforms_are_refused_before_they_run() {
    let transforms = |list: &str| {
        let both = format!("{ENVELOPED}{EXCLUSIVE}");
        Forgery::new().with(&both, list).code()
    };
    let other = |algorithm: &str| format!("<ds:Transform Algorithm=\"{algorithm}\"/>");
    assert_eq!(transforms(""), "sig.transform");
    assert_eq!(transforms(ENVELOPED), "sig.transform");
    assert_eq!(transforms(EXCLUSIVE), "sig.transform");
    assert_eq!(
        transforms(&format!("{EXCLUSIVE}{ENVELOPED}")),
        "sig.transform"
    );
    assert_eq!(
        transforms(&format!("{ENVELOPED}{ENVELOPED}")),
        "sig.transform"
    );
    assert_eq!(
        transforms(&format!("{ENVELOPED}{EXCLUSIVE}{EXCLUSIVE}")),
        "sig.transform"
    );
    let foreign = ENVELOPED
        .replace("ds:", "x:")
        .replace("<x:Transform", "<x:Transform xmlns:x='urn:x'");
    assert_eq!(
        transforms(&format!("{foreign}{EXCLUSIVE}")),
        "sig.transform"
    );
    for algorithm in [
        "http://www.w3.org/TR/1999/REC-xslt-19991116",
        "http://www.w3.org/TR/1999/REC-xpath-19991116",
        "http://www.w3.org/2002/06/xmldsig-filter2",
        "http://www.w3.org/2000/09/xmldsig#base64",
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        "http://www.w3.org/2006/12/xml-c14n11",
        "",
    ] {
        assert_eq!(
            transforms(&format!("{ENVELOPED}{}", other(algorithm))),
            "sig.transform",
            "{algorithm}"
        );
        assert_eq!(
            transforms(&format!("{}{EXCLUSIVE}", other(algorithm))),
            "sig.transform",
            "{algorithm}"
        );
    }
    let list = format!("<ds:Transforms>{ENVELOPED}{EXCLUSIVE}</ds:Transforms>");
    assert_eq!(Forgery::new().with(&list, "").code(), "sig.malformed");
}

/// Row SIG-15.
#[test]
fn other_canonicalizations_are_refused() {
    let method =
        "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">";
    for algorithm in [
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
        "http://www.w3.org/2006/12/xml-c14n11",
        "http://www.w3.org/2001/10/XML-exc-c14n#",
        "http://www.w3.org/2001/10/xml-exc-c14n",
        "http://www.w3.org/2000/09/xmldsig#base64",
        "",
    ] {
        let other = format!("<ds:CanonicalizationMethod Algorithm=\"{algorithm}\">");
        assert_eq!(
            Forgery::new().with(method, &other).code(),
            "sig.c14n",
            "{algorithm}"
        );
    }
    assert_eq!(
        Forgery::new().with(method, &format!("{method}<x/>")).code(),
        "sig.malformed"
    );
}

/// Row C14N-10: a digest of nothing, and a signature of nothing.
#[test]
fn a_digest_of_nothing_is_refused() {
    let nothing = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    assert_eq!(
        Forgery::new().with("{digest}", nothing).code(),
        "sig.digest_mismatch"
    );
    let signed_nothing = Forgery::new().make_with(|_| block_on(RSA.signer().sign(b"")).unwrap());
    assert_eq!(code(&signed_nothing), "sig.mismatch");
}

#[test]
fn what_was_changed_after_signing_is_refused() {
    let signed = sign(RESPONSE, "_r", &RSA);
    assert_eq!(
        code(&signed.replace("alice", "admin")),
        "sig.digest_mismatch"
    );
    assert_eq!(
        code(&signed.replace("alice", "alice ")),
        "sig.digest_mismatch"
    );
    // The digest is right again, but no longer signed.
    let evil = RESPONSE.replace("alice", "admin");
    let octets = exclusive(parse(&evil).root(), None, &[]).unwrap();
    let digest = base64::encode(algorithm::Hash::Sha256.digest(&octets).as_ref());
    let (start, end) = (
        signed.find("<ds:DigestValue>").unwrap() + 16,
        signed.find("</ds:DigestValue>").unwrap(),
    );
    let forged = signed
        .replace("alice", "admin")
        .replace(&signed[start..end], &digest);
    assert_eq!(code(&forged), "sig.mismatch");
}

/// Rows KEY-01 and KEY-02.
#[test]
fn a_certificate_in_the_signature_is_no_key() {
    let signed = sign(RESPONSE, "_r", &OTHER_RSA);
    let error = verify(&signed, &[&RSA, &P256]).unwrap_err();
    let SignatureError::UntrustedKey { found, configured } = &error else {
        panic!("{error}");
    };
    assert_eq!(found, OTHER_RSA.verifying_key().fingerprint());
    assert!(
        configured.contains(RSA.verifying_key().fingerprint()),
        "{configured}"
    );
    assert_eq!(error.code(), "sig.untrusted_key");
}

/// Rows KEY-15 to KEY-17.
#[test]
fn other_hints_at_keys_are_neither_followed_nor_harmful() {
    for hint in [
        "<ds:RetrievalMethod URI='http://127.0.0.1:1/key'/>",
        "<ds:KeyName>key</ds:KeyName>",
        "<ds:KeyValue><ds:DSAKeyValue><ds:P>!</ds:P></ds:DSAKeyValue></ds:KeyValue>",
        "<ds:X509Data><ds:X509Certificate>garbage</ds:X509Certificate></ds:X509Data>",
        "<ds:X509Data><ds:X509Certificate>MIIB</ds:X509Certificate></ds:X509Data>",
        "<ds:X509Data><ds:X509Certificate><x/></ds:X509Certificate></ds:X509Data>",
        "<ds:X509Data><ds:X509Certificate/></ds:X509Data><ds:X509Data/>",
    ] {
        let hinted = Forgery::new().with(
            "</ds:Signature>",
            &format!("<ds:KeyInfo>{hint}</ds:KeyInfo></ds:Signature>"),
        );
        assert_eq!(hinted.code(), "ok", "{hint}");
        let broken = hinted.make_with(|_| vec![1; 256]);
        assert_eq!(code(&broken), "sig.mismatch", "{hint}");
    }
}

/// Rows KEY-03 to KEY-07 and KEY-19.
#[test]
fn algorithms_are_accepted_by_exact_name_only() {
    let rsa_sha256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    let refused = |uri: &str| Forgery::new().with(rsa_sha256, uri).code();
    for uri in [
        "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    ] {
        assert_eq!(refused(uri), "sig.alg_key_mismatch", "{uri}");
    }
    for uri in [
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
        "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
        "http://www.w3.org/2007/05/xmldsig-more#rsa-pss",
        "http://www.w3.org/2001/04/xmldsig-more#RSA-SHA256",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256 ",
        "http://www.w3.org/2001/04/xmldsig-more",
        "",
    ] {
        assert_eq!(refused(uri), "sig.alg", "{uri}");
    }
    let truncated = Forgery::new().with(
        "</ds:SignatureMethod>",
        "<ds:HMACOutputLength>8</ds:HMACOutputLength></ds:SignatureMethod>",
    );
    assert_eq!(truncated.code(), "sig.alg");
    for uri in [
        "http://www.w3.org/2000/09/xmldsig#sha1",
        "http://www.w3.org/2001/04/xmldsig-more#md5",
        "",
    ] {
        assert_eq!(
            Forgery::new()
                .with("http://www.w3.org/2001/04/xmlenc#sha256", uri)
                .code(),
            "sig.alg",
            "{uri}"
        );
    }
    let ecdsa = sign(RESPONSE, "_r", &P256);
    assert_eq!(code(&ecdsa), "sig.alg_key_mismatch");
    assert_eq!(
        verify(&ecdsa, &[]).unwrap_err().code(),
        "sig.alg_key_mismatch"
    );
}

/// Row KEY-06; signatures with SHA-1 are among those that `xmlsec1` makes.
#[test]
fn sha_1_needs_an_exception() {
    let sha1 = "http://www.w3.org/2000/09/xmldsig#sha1";
    let mut forgery = Forgery::new().with("http://www.w3.org/2001/04/xmlenc#sha256", sha1);
    forgery.hash = algorithm::Hash::Sha1;
    let signed = forgery.make();
    assert_eq!(code(&signed), "sig.alg");
    let weak = Algorithms::new().dangerous().allow_sha1();
    assert!(verify_with(&signed, &[&RSA], &weak).is_ok());
    assert!(Algorithms::new().are_strong() && !weak.are_strong());
}

#[test]
fn digests_of_each_size_are_accepted() {
    for hash in [
        algorithm::Hash::Sha256,
        algorithm::Hash::Sha384,
        algorithm::Hash::Sha512,
    ] {
        let mut forgery =
            Forgery::new().with("http://www.w3.org/2001/04/xmlenc#sha256", hash.uri());
        forgery.hash = hash;
        assert_eq!(forgery.code(), "ok");
    }
}

/// Row KEY-08.
#[test]
fn ecdsa_signatures_have_one_form_only() {
    let method = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    let forgery = Forgery::new().with(
        method,
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    );
    let outcome = |change: &dyn Fn(Vec<u8>) -> Vec<u8>| {
        let signed =
            forgery.make_with(|octets| change(block_on(P256.signer().sign(octets)).unwrap()));
        verify(&signed, &[&P256]).map_or_else(|error| error.code(), |_| "ok")
    };
    assert_eq!(outcome(&|signature| signature), "ok");
    assert_eq!(outcome(&|_| vec![0; 64]), "sig.mismatch");
    assert_eq!(outcome(&|_| vec![0xFF; 64]), "sig.mismatch");
    assert_eq!(outcome(&|_| Vec::new()), "sig.mismatch");
    assert_eq!(
        outcome(&|signature| signature[..63].to_vec()),
        "sig.mismatch"
    );
    assert_eq!(
        outcome(&|signature| [signature, vec![0]].concat()),
        "sig.mismatch"
    );
    assert_eq!(
        outcome(&|signature| [
            vec![0],
            signature[..32].to_vec(),
            vec![0],
            signature[32..].to_vec()
        ]
        .concat()),
        "sig.mismatch"
    );
    assert_eq!(
        outcome(&|signature| [
            vec![0x30, 68, 2, 32],
            signature[..32].to_vec(),
            vec![2, 32],
            signature[32..].to_vec()
        ]
        .concat()),
        "sig.mismatch"
    );
}

/// Row KEY-09.
#[test]
fn rsa_signatures_are_as_long_as_the_key() {
    let forgery = Forgery::new();
    let outcome = |change: &dyn Fn(Vec<u8>) -> Vec<u8>| {
        code(&forgery.make_with(|octets| change(block_on(RSA.signer().sign(octets)).unwrap())))
    };
    assert_eq!(outcome(&|signature| signature), "ok");
    assert_eq!(
        outcome(&|signature| [vec![0], signature].concat()),
        "sig.mismatch"
    );
    assert_eq!(
        outcome(&|signature| [signature, vec![0]].concat()),
        "sig.mismatch"
    );
    assert_eq!(
        outcome(&|signature| signature[1..].to_vec()),
        "sig.mismatch"
    );
    assert_eq!(outcome(&|_| vec![0; 256]), "sig.mismatch");
}

#[test]
fn octets_beside_their_signature_verify_by_the_same_rules() {
    let octets = b"SAMLRequest=a&SigAlg=b";
    let rsa_sha256 = SignatureAlgorithm::RsaSha256.uri();
    let signature = block_on(RSA.signer().sign(octets)).unwrap();
    let outcome = |algorithm: &str, octets: &[u8], key: &TestKey| {
        verify_octets(
            algorithm,
            octets,
            &signature,
            &[key.verifying_key()],
            &Algorithms::new(),
        )
        .map_or_else(|error| error.code(), |()| "ok")
    };
    assert_eq!(outcome(rsa_sha256, octets, &RSA), "ok");
    assert_eq!(
        outcome(rsa_sha256, b"SAMLRequest=b&SigAlg=b", &RSA),
        "sig.mismatch"
    );
    assert_eq!(outcome(rsa_sha256, octets, &OTHER_RSA), "sig.mismatch");
    assert_eq!(outcome(rsa_sha256, octets, &P256), "sig.alg_key_mismatch");
    assert_eq!(
        outcome(SignatureAlgorithm::RsaSha384.uri(), octets, &RSA),
        "sig.mismatch"
    );
    assert_eq!(
        outcome("http://www.w3.org/2000/09/xmldsig#rsa-sha1", octets, &RSA),
        "sig.alg"
    );
    assert_eq!(outcome("", octets, &RSA), "sig.alg");
}

#[test]
fn at_most_sixteen_keys_are_tried() {
    let signed = sign(RESPONSE, "_r", &RSA);
    let (mut keys, right) = (vec![OTHER_RSA.verifying_key(); 15], RSA.verifying_key());
    keys.push(right.clone());
    assert!(verify_enveloped(parse(&signed).root(), &keys, &Algorithms::new()).is_ok());
    keys.insert(0, OTHER_RSA.verifying_key());
    let refused = verify_enveloped(parse(&signed).root(), &keys, &Algorithms::new()).unwrap_err();
    assert_eq!(refused.code(), "sig.mismatch");
    assert_eq!(keys.last(), Some(&right));
}

#[test]
fn errors_quote_what_was_expected_and_what_was_found() {
    let error = |forgery: Forgery| verify(&forgery.make(), &[&RSA]).unwrap_err().to_string();
    insta::assert_snapshot!(error(Forgery::new().with("#_r", "#_a")), @r#"the signature covers "_a", but is in the element "_r""#);
    insta::assert_snapshot!(error(Forgery::new().with("#_r", "&#10;[31m")), @r#"the reference Some("\n[31m") is not accepted"#);
    insta::assert_snapshot!(
        error(Forgery::new().with("#rsa-sha256", "#hmac-sha256")),
        @r#"the signature algorithm "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256" does not go with the configured keys (RSA 2048)"#
    );
    insta::assert_snapshot!(
        error(Forgery::new().with("#rsa-sha256", "#rsa-md5")),
        @r#"the signature algorithm "http://www.w3.org/2001/04/xmldsig-more#rsa-md5" is not accepted"#
    );
}

#[test]
fn private_keys_stay_out_of_what_is_printed() {
    insta::assert_snapshot!(format!("{:?}", RSA.signer()), @"SoftSigner { algorithm: RsaSha256, .. }");
}

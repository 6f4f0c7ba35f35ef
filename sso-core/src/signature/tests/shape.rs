//! Where a signature stands, and what belongs into it.

use super::*;

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

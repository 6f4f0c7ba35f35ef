//! What a signature refers to, and how that is digested.

use super::*;

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

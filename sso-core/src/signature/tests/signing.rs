//! What is signed verifies, in every usual form.

use super::*;

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

/// Metadata may have comments, which are left out; who signed with comments signed that there are
/// none.
#[test]
fn comments_are_signed_where_the_canonicalization_keeps_them() {
    let method = r#"<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"#;
    let without = Forgery::new().make();
    let with = Forgery::new()
        .with(method, &format!("{method}WithComments"))
        .make();
    let code = |xml: &str| {
        let document = Document::parse(xml.as_bytes(), &Limits::metadata(1 << 20)).unwrap();
        let verified =
            verify_enveloped(document.root(), &[RSA.verifying_key()], &Algorithms::new());
        verified.map_or_else(|error| error.code(), |_| "ok")
    };
    for place in ["<ds:Reference", "<ds:Transforms", "</ds:DigestValue"] {
        let comment = format!("<!--c-->{place}");
        assert_eq!(code(&without.replacen(place, &comment, 1)), "ok", "{place}");
        assert_eq!(
            code(&with.replacen(place, &comment, 1)),
            "sig.c14n",
            "{place}"
        );
    }
    assert_eq!(
        code(&with.replacen("<ds:Signature ", "<!--c--><ds:Signature ", 1)),
        "ok"
    );
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

//! Which keys and algorithms count.

use super::*;

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

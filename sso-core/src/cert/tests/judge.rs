//! What is refused, what is warned of, and what is neither: each from both sides.

use super::*;

#[test]
fn a_good_certificate_meets_no_objection() {
    assert_eq!(said(|_| ()), "");
}

#[test]
fn the_time_is_looked_at_to_the_second() {
    let second = Duration::from_secs(1);
    let until = |until| said(|params| validity(params, NOW.earlier(days(1)), until));
    assert_eq!(until(NOW.later(days(14))), "");
    assert!(until(NOW.later(days(14)).earlier(second)).starts_with("Warning: it expires on 20"));
    assert!(until(NOW).starts_with("Warning: it expires on 20"));
    assert!(until(NOW.earlier(second)).starts_with("Refusal: it has expired on 20"));
    let from = |from, when| {
        let change = |params: &mut CertificateParams| validity(params, from, NOW.later(days(90)));
        said_when(when, change)
    };
    assert_eq!(from(NOW, When::Now), "");
    assert!(from(NOW.later(second), When::Now).starts_with("Refusal: it is valid from 20"));
    assert!(from(NOW.later(second), When::Later).starts_with("Warning: it is valid from 20"));
}

#[test]
fn time_is_only_a_warning_for_saml() {
    let late = NOW.later(days(91));
    let (leaf, _) = server(&root("Root"));
    let chain = Chain::of(leaf, Vec::new()).unwrap();
    let found = judge(&chain, Purpose::SamlSigning, &[], When::Now, late).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].severity, Severity::Warning);
}

#[test]
fn a_purpose_that_is_another_one_is_refused() {
    let extended = |usages: Vec<_>| said(|params| params.extended_key_usages = usages);
    assert_eq!(extended(Vec::new()), "");
    assert_eq!(extended(vec![ExtendedKeyUsagePurpose::Any]), "");
    insta::assert_snapshot!(extended(vec![ExtendedKeyUsagePurpose::ClientAuth]), @"Refusal: its extendedKeyUsage allows other purposes, and not serverAuth");
    let usage = |usages: Vec<_>| said(|params| params.key_usages = usages);
    assert_eq!(usage(Vec::new()), "");
    insta::assert_snapshot!(usage(vec![KeyUsagePurpose::KeyAgreement]), @"Refusal: its keyUsage does not allow digitalSignature");
}

#[test]
fn an_authority_is_no_server() {
    insta::assert_snapshot!(said(|params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0))), @"Refusal: it is the certificate of an authority, not of a server");
}

#[test]
fn a_name_must_be_covered_and_one_of_two_is_enough_for_a_while() {
    let (leaf, _) = server(&root("Root"));
    let chain = chain_with_root(leaf);
    let found =
        |hosts: &[&str], when| text(&judge(&chain, Purpose::Tls, hosts, when, NOW).unwrap());
    assert_eq!(found(&["sso.example.com"], When::Now), "");
    insta::assert_snapshot!(found(&["new.example.com"], When::Now), @"Refusal: it is for sso.example.com, not for new.example.com");
    assert!(found(&["new.example.com"], When::Later).starts_with("Warning: "));
    assert!(found(&["sso.example.com", "new.example.com"], When::Now).starts_with("Warning: "));
}

#[test]
fn a_certificate_that_signed_itself_is_warned_of() {
    let made = SelfSigned::for_tls(&["sso.example.com"], NOW).unwrap();
    let chain = Chain::of(made.certificate().clone(), Vec::new()).unwrap();
    let found = judge(&chain, Purpose::Tls, &["sso.example.com"], When::Now, NOW).unwrap();
    insta::assert_snapshot!(text(&found), @"Warning: it signed itself: browsers warn unless they were told to trust it");
}

#[test]
fn who_is_missing_in_the_chain_is_named() {
    let (leaf, _) = server(&root("Root"));
    let chain = Chain::of(leaf, Vec::new()).unwrap();
    let found = judge(&chain, Purpose::Tls, &["sso.example.com"], When::Now, NOW).unwrap();
    insta::assert_snapshot!(text(&found), @"Warning: the certificate of CN=Root is not with it: add it, unless it is a root that all clients know");
}

#[test]
fn an_authority_in_the_chain_that_has_expired_is_refused() {
    let root = root("Root");
    let with = |until| {
        let mut params = authority("One");
        validity(&mut params, NOW.earlier(days(9)), until);
        let one = CertifiedIssuer::signed_by(params, key(), &root).unwrap();
        let (leaf, _) = server(&one);
        let chain = Chain::of(leaf, vec![der(&one), der(&root)]).unwrap();
        text(&judge(&chain, Purpose::Tls, &["sso.example.com"], When::Now, NOW).unwrap())
    };
    assert_eq!(with(NOW.later(days(14))), "");
    assert!(with(NOW).starts_with("Warning: the certificate of CN=One, in its chain, ends on 20"));
    assert!(with(NOW.earlier(Duration::from_secs(1))).starts_with("Refusal: "));
}

#[test]
fn each_purpose_has_its_kinds_of_keys() {
    let kinds = [
        (&rcgen::PKCS_ECDSA_P256_SHA256, ["", "", "Refusal"]),
        (&rcgen::PKCS_ECDSA_P384_SHA384, ["", "", "Refusal"]),
        (&rcgen::PKCS_ECDSA_P521_SHA512, ["Warning", "", "Refusal"]),
        (&rcgen::PKCS_ED25519, ["Warning", "Refusal", "Refusal"]),
    ];
    for (algorithm, expected) in kinds {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let params = CertificateParams::new(["sso.example.com".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        let chain = Chain::of(certificate, Vec::new()).unwrap();
        let found = [Purpose::Tls, Purpose::SamlSigning, Purpose::SamlDecryption].map(|purpose| {
            let found = judge(&chain, purpose, &["sso.example.com"], When::Now, NOW).unwrap();
            let of_key = found
                .iter()
                .find(|it| matches!(it.objection, Objection::UnusualKey { .. }));
            of_key.map_or_else(String::new, |it| format!("{:?}", it.severity))
        });
        assert_eq!(found, expected, "{algorithm:?}");
    }
}

#[test]
fn our_own_certificates_are_fit_for_what_they_are_made_for() {
    let made = SelfSigned::for_saml("sso.example.com", NOW).unwrap();
    let chain = Chain::of(made.certificate().clone(), Vec::new()).unwrap();
    for purpose in [Purpose::SamlSigning, Purpose::SamlDecryption] {
        assert_eq!(
            text(&judge(&chain, purpose, &[], When::Now, NOW).unwrap()),
            ""
        );
    }
}

fn said(change: impl FnOnce(&mut CertificateParams)) -> String {
    said_when(When::Now, change)
}

fn said_when(when: When, change: impl FnOnce(&mut CertificateParams)) -> String {
    let root = root("Root");
    let (leaf, _) = server_with(&root, change);
    let chain = Chain::of(leaf, vec![der(&root)]).unwrap();
    text(&judge(&chain, Purpose::Tls, &["sso.example.com"], when, NOW).unwrap())
}

/// As if the root had been there.
fn chain_with_root(leaf: CertificateDer<'static>) -> Chain {
    let mut chain = Chain::of(leaf, Vec::new()).unwrap();
    chain.next = None;
    chain
}

fn text(findings: &[Finding]) -> String {
    let lines = findings
        .iter()
        .map(|it| format!("{:?}: {}", it.severity, it.objection));
    lines.collect::<Vec<_>>().join("\n")
}

//! Order among certificates.

use super::*;

#[test]
fn a_chain_is_put_in_order_whatever_order_it_came_in() {
    let root = root("Root");
    let one = below("One", &root);
    let two = below("Two", &one);
    let (leaf, _) = server(&two);
    let ordered = [leaf.clone(), der(&two), der(&one)];
    for others in [
        vec![der(&root), der(&one), der(&two)],
        vec![der(&two), der(&root), der(&one)],
        vec![der(&one), der(&one), leaf.clone(), der(&two), der(&root)],
    ] {
        let chain = Chain::of(leaf.clone(), others).unwrap();
        assert_eq!(chain.certificates, ordered);
        assert_eq!(chain.root, Some(der(&root)));
        assert_eq!((chain.unused, chain.next), (Vec::new(), None));
    }
}

#[test]
fn who_is_missing_is_named_with_the_address_and_nobody_asks_there() {
    let root = root("Root");
    let one = below("One", &root);
    let (leaf, _) = server_with(&one, |params| {
        params
            .custom_extensions
            .push(issuer_at("http://ca.example/one.der"));
    });
    let chain = Chain::of(leaf.clone(), vec![der(&root)]).unwrap();
    assert_eq!(chain.certificates, std::slice::from_ref(&leaf));
    assert_eq!(chain.unused, [der(&root)]);
    let next = chain.next.unwrap();
    assert_eq!(
        (next.name.as_str(), next.urls),
        ("CN=One", vec!["http://ca.example/one.der".into()])
    );
    let chain = Chain::of(leaf, vec![der(&one)]).unwrap();
    assert_eq!(chain.next.unwrap().name, "CN=Root");
}

#[test]
fn a_namesake_is_no_issuer() {
    let [root, namesake] = [(); 2].map(|()| root("Root"));
    let (leaf, _) = server(&root);
    let chain = Chain::of(leaf.clone(), vec![der(&namesake), der(&root)]).unwrap();
    assert_eq!(chain.root, Some(der(&root)));
    assert_eq!(chain.unused, [der(&namesake)]);
    let chain = Chain::of(leaf, vec![der(&namesake)]).unwrap();
    assert!(chain.root.is_none() && chain.next.is_some());
}

#[test]
fn authorities_that_vouch_for_each_other_are_no_endless_chain() {
    let (one, two) = (key(), key());
    let by = |name: &str, own: &KeyPair, issuer: &str, key: &KeyPair| {
        let issuer = rcgen::Issuer::new(authority(issuer), key);
        authority(name)
            .signed_by(own, &issuer)
            .unwrap()
            .der()
            .clone()
    };
    let first = by("One", &one, "Two", &two);
    let second = by("Two", &two, "One", &one);
    let chain = Chain::of(first.clone(), vec![second.clone()]).unwrap();
    assert_eq!(chain.certificates, [first, second]);
    assert_eq!(chain.next.unwrap().name, "CN=One");
}

#[test]
fn a_certificate_that_signed_itself_stays() {
    let alone = SelfSigned::for_tls(&["sso.example.com"], NOW).unwrap();
    let certificate = alone.certificate().clone();
    let chain = Chain::of(certificate.clone(), vec![certificate.clone()]).unwrap();
    assert_eq!(chain.certificates, [certificate]);
    assert_eq!((chain.root, chain.next), (None, None));
}

#[test]
fn noise_among_the_certificates_is_refused() {
    let (leaf, _) = server(&root("Root"));
    assert!(Chain::of(leaf, vec![CertificateDer::from(vec![0x30, 0])]).is_err());
}

/// Authority information access with one address of the issuer.
fn issuer_at(url: &str) -> rcgen::CustomExtension {
    let short =
        |tag: u8, content: &[u8]| [&[tag, u8::try_from(content.len()).unwrap()], content].concat();
    let method = short(6, &[0x2b, 6, 1, 5, 5, 7, 0x30, 2]);
    let description = [method, short(0x86, url.as_bytes())].concat();
    let access = short(0x30, &short(0x30, &description));
    rcgen::CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], access)
}

//! Metadata in the shapes of well-known products, and what must be refused.

use rcgen::{
    CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, PublicKeyData,
    SignatureAlgorithm, SigningKey,
};

use super::*;
use crate::UnixTime;
use crate::config::EntityId;
use crate::signature::test_keys::{OTHER_RSA, P256, RSA, TestKey};
use crate::signature::{DS, KeyError, VerifyingKey, base64};

#[test]
fn reads_entra_with_two_keys_and_passes_over_its_other_roles() {
    insta::assert_snapshot!(summary(include_str!("vendors/entra.xml")), @"
    https://sts.windows.net/7b2f0c1d-3e4a-4f5b-9c6d-8e7f0a1b2c3d/
    keys FIRST SECOND
    signed requests false
    in Redirect https://login.microsoftonline.com/7b2f0c1d-3e4a-4f5b-9c6d-8e7f0a1b2c3d/saml2
    in Post https://login.microsoftonline.com/7b2f0c1d-3e4a-4f5b-9c6d-8e7f0a1b2c3d/saml2
    out Redirect https://login.microsoftonline.com/7b2f0c1d-3e4a-4f5b-9c6d-8e7f0a1b2c3d/saml2
    ");
}

#[test]
fn reads_ad_fs_as_the_provider_that_it_also_is() {
    insta::assert_snapshot!(summary(include_str!("vendors/adfs.xml")), @"
    http://adfs.example.com/adfs/services/trust
    keys FIRST
    signed requests false
    in Redirect https://adfs.example.com/adfs/ls/
    in Post https://adfs.example.com/adfs/ls/
    out Redirect https://adfs.example.com/adfs/ls/
    out Post https://adfs.example.com/adfs/ls/
    urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress
    urn:oasis:names:tc:SAML:2.0:nameid-format:persistent
    urn:oasis:names:tc:SAML:2.0:nameid-format:transient
    ");
}

#[test]
fn reads_keycloak_and_its_wish_for_signed_requests() {
    insta::assert_snapshot!(summary(include_str!("vendors/keycloak.xml")), @"
    https://keycloak.example.com/realms/staff
    keys FIRST
    signed requests true
    in Post https://keycloak.example.com/realms/staff/protocol/saml
    in Redirect https://keycloak.example.com/realms/staff/protocol/saml
    out Post https://keycloak.example.com/realms/staff/protocol/saml
    out Redirect https://keycloak.example.com/realms/staff/protocol/saml
    urn:oasis:names:tc:SAML:2.0:nameid-format:persistent
    urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified
    ");
}

#[test]
fn reads_simplesamlphp_and_where_answers_go() {
    insta::assert_snapshot!(summary(include_str!("vendors/simplesamlphp.xml")), @"
    https://idp.example.org/simplesaml/saml2/idp/metadata.php
    keys FIRST
    signed requests false
    in Redirect https://idp.example.org/simplesaml/saml2/idp/SSOService.php
    out Redirect https://idp.example.org/simplesaml/saml2/idp/SingleLogoutService.php answers https://idp.example.org/simplesaml/saml2/idp/SingleLogoutReturn.php
    urn:oasis:names:tc:SAML:2.0:nameid-format:transient
    ");
}

#[test]
fn reads_shibboleth_with_comments_extensions_and_a_key_of_no_stated_use() {
    insta::assert_snapshot!(summary(include_str!("vendors/shibboleth.xml")), @"
    https://idp.example.edu/idp/shibboleth
    keys FIRST SECOND
    signed requests false
    until 2027-06-01T12:00:00.123Z
    in Post https://idp.example.edu/idp/profile/SAML2/POST/SSO
    in Redirect https://idp.example.edu/idp/profile/SAML2/Redirect/SSO
    out Redirect https://idp.example.edu/idp/profile/SAML2/Redirect/SLO
    ");
}

#[test]
fn key_12_a_key_for_encryption_alone_never_verifies() {
    for usage in [r#"use="encryption""#, r#"use="""#, r#"use="sign""#] {
        let metadata = entity("urn:idp", &provider(&key(usage, &RSA)));
        assert_eq!(refusal(&metadata), MetadataError::NoSigningKey, "{usage}");
    }
}

#[test]
fn key_11_a_key_without_stated_use_verifies() {
    let metadata = read(&entity("urn:idp", &provider(&key("", &RSA)))).unwrap();
    assert_eq!(metadata.signing_keys(), [RSA.verifying_key()]);
}

#[test]
fn key_18_a_certificate_that_has_expired_brings_its_key_along() {
    let expired = expired_key();
    let metadata = read(&entity("urn:idp", &provider(&key("", &expired)))).unwrap();
    assert_eq!(metadata.signing_keys(), [expired.verifying_key()]);
    assert!(metadata.signing_certificates()[0].validity.until < NOON);
}

#[test]
fn a_key_that_stands_there_twice_counts_once() {
    let keys = [key("", &RSA), key(SIGNING, &RSA), key(SIGNING, &P256)].concat();
    let metadata = read(&entity("urn:idp", &provider(&keys))).unwrap();
    assert_eq!(metadata.signing_keys().len(), 2);
    assert_eq!(metadata.signing_certificates().len(), 2);
}

#[test]
fn of_a_chain_of_certificates_only_the_first_is_the_providers() {
    let chain = key(SIGNING, &RSA).replace(
        "</ds:X509Data>",
        &format!("{}</ds:X509Data>", x509(&base64::encode(&P256.certificate))),
    );
    let metadata = read(&entity("urn:idp", &provider(&chain))).unwrap();
    assert_eq!(metadata.signing_keys(), [RSA.verifying_key()]);
}

#[test]
fn a_key_that_cannot_be_used_is_passed_over_if_another_can() {
    let keys = [broken_key(), weak_key(), key(SIGNING, &P256)].concat();
    let metadata = read(&entity("urn:idp", &provider(&keys))).unwrap();
    assert_eq!(metadata.signing_keys(), [P256.verifying_key()]);
    assert_eq!(
        metadata.skipped_keys(),
        [KeyError::Malformed, KeyError::TooShort { bits: 1024 }]
    );
}

#[test]
fn key_09_a_key_that_can_be_broken_is_refused() {
    let metadata = entity("urn:idp", &provider(&weak_key()));
    assert_eq!(refusal(&metadata), MetadataError::WeakKey { bits: 1024 });
    let metadata = entity("urn:idp", &provider(&broken_key()));
    assert_eq!(refusal(&metadata), MetadataError::Key(KeyError::Malformed));
}

#[test]
fn key_10_metadata_without_any_key_is_refused() {
    let metadata = entity("urn:idp", &provider(""));
    assert_eq!(refusal(&metadata), MetadataError::NoSigningKey);
}

#[test]
fn sixteen_keys_are_read_and_seventeen_refused() {
    let keys: Vec<_> = (0..17)
        .map(|_| key(SIGNING, &new_key(&CertificateParams::default())))
        .collect();
    let with = |count: usize| entity("urn:idp", &provider(&keys[..count].concat()));
    assert_eq!(read(&with(16)).unwrap().signing_keys().len(), 16);
    assert_eq!(
        refusal(&with(17)),
        MetadataError::TooManyKeys { found: 17, max: 16 }
    );
}

#[test]
fn md_03_metadata_of_a_service_provider_says_so() {
    let service = r#"<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"/>"#;
    assert_eq!(
        refusal(&entity("urn:sp", service)),
        MetadataError::ServiceProviderMetadata
    );
    assert_eq!(
        refusal(&entity("urn:none", "")),
        MetadataError::NoIdentityProvider
    );
}

#[test]
fn a_provider_that_speaks_only_saml_1_is_none() {
    let old = provider(&key(SIGNING, &RSA)).replace(":2.0:protocol", ":1.1:protocol");
    assert_eq!(
        refusal(&entity("urn:idp", &old)),
        MetadataError::NoIdentityProvider
    );
}

#[test]
fn the_only_provider_among_services_needs_no_name() {
    let document = several(&[&entity("urn:sp", ""), &several(&[&good("urn:idp")])]);
    assert_eq!(read(&document).unwrap().entity_id().as_str(), "urn:idp");
}

#[test]
fn of_several_providers_one_is_chosen_by_name() {
    let document = several(&[&good("urn:one"), &entity("urn:sp", ""), &good("urn:two")]);
    insta::assert_snapshot!(refusal(&document), @"there are several identity providers in it: urn:one, urn:two; choose one by its entity ID");
    let read = |name| IdpMetadata::parse_entity(document.as_bytes(), &id(name), NOON);
    assert_eq!(read("urn:two").unwrap().entity_id().as_str(), "urn:two");
    assert_eq!(
        read("urn:sp").unwrap_err(),
        MetadataError::NoIdentityProvider
    );
    insta::assert_snapshot!(read("urn:three").unwrap_err(), @"there is no entity urn:three in it, but urn:one, urn:sp, urn:two; check the entity ID");
}

#[test]
fn md_03_two_entities_of_one_name_are_refused() {
    let document = several(&[&good("urn:one"), &good("urn:one")]);
    let read = IdpMetadata::parse_entity(document.as_bytes(), &id("urn:one"), NOON);
    assert!(matches!(read, Err(MetadataError::DuplicateEntity { .. })));
}

#[test]
fn a_name_that_is_missing_empty_or_too_long_is_refused() {
    for name in ["", " urn:idp", &"a".repeat(1025)] {
        assert!(matches!(refusal(&good(name)), MetadataError::EntityId(_)));
    }
    assert!(read(&good(&"a".repeat(1024))).is_ok());
}

#[test]
fn md_02_metadata_is_valid_until_its_last_moment_and_not_in_it() {
    let until = |end: &str| {
        good("urn:idp").replacen("entityID", &format!("validUntil=\"{end}\" entityID"), 1)
    };
    let metadata = read(&until("2027-01-15T12:00:01Z")).unwrap();
    assert_eq!(
        metadata.valid_until(),
        Some(UnixTime::from_secs(NOON.as_secs() + 1))
    );
    assert_eq!(
        refusal(&until("2027-01-15T12:00:00Z")),
        MetadataError::Expired { since: NOON }
    );
    assert!(matches!(
        refusal(&until("tomorrow")),
        MetadataError::ValidUntil(_)
    ));
}

#[test]
fn md_02_the_earliest_end_counts_wherever_it_stands() {
    let past = r#" validUntil="2027-01-15T11:00:00Z""#;
    for tag in [
        "<md:EntitiesDescriptor",
        "<md:EntityDescriptor",
        "<md:IDPSSODescriptor",
    ] {
        let document = several(&[&good("urn:idp")]).replace(tag, &format!("{tag}{past}"));
        assert!(
            matches!(refusal(&document), MetadataError::Expired { .. }),
            "{tag}"
        );
    }
}

#[test]
fn http_04_a_location_that_is_not_https_is_refused() {
    for location in [
        "http://idp.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://idp/",
    ] {
        let document = good("urn:idp").replace("https://idp.example/sso", location);
        assert!(
            matches!(refusal(&document), MetadataError::InsecureLocation { .. }),
            "{location}"
        );
    }
    for location in ["", "/sso", "https://"] {
        let document = good("urn:idp").replace("https://idp.example/sso", location);
        assert!(
            matches!(refusal(&document), MetadataError::Location { .. }),
            "{location}"
        );
    }
}

#[test]
fn http_is_enough_for_a_provider_on_this_machine() {
    for host in ["localhost:8080", "127.0.0.1", "[::1]:81"] {
        assert!(Endpoint::new(Binding::Post, &format!("http://{host}/")).is_ok());
    }
    for host in ["localhost.example", "128.0.0.1", "[::2]"] {
        assert!(Endpoint::new(Binding::Post, &format!("http://{host}/")).is_err());
    }
}

#[test]
fn an_endpoint_keeps_the_spelling_that_its_provider_compares_with() {
    let endpoint = Endpoint::new(Binding::Post, "https://idp.example:443/sso").unwrap();
    assert_eq!(endpoint.destination(), "https://idp.example:443/sso");
}

#[test]
fn a_provider_without_a_binding_of_ours_is_refused() {
    let document = good("urn:idp").replace("HTTP-POST", "SOAP");
    assert_eq!(refusal(&document), MetadataError::NoEndpoint);
}

#[test]
fn elements_of_other_namespaces_are_not_metadata() {
    let foreign = good("urn:idp").replace(MD, "urn:oasis:names:tc:SAML:1.0:metadata");
    assert!(matches!(
        refusal(&foreign),
        MetadataError::NotMetadata { .. }
    ));
    let foreign_key = good("urn:idp").replace("http://www.w3.org/2000/09/xmldsig#", "urn:other");
    assert_eq!(refusal(&foreign_key), MetadataError::NoSigningKey);
}

#[test]
fn md_06_what_is_not_metadata_is_refused() {
    let documents = ["<html><body/></html>", "<!DOCTYPE html>", "", "{}"];
    let refusals = documents
        .map(|document| refusal(document).to_string())
        .join("\n");
    insta::assert_snapshot!(refusals, @r#"
    this is not SAML metadata: the document is "html"; paste the provider's metadata
    it cannot be read as XML: document type declaration at byte 0
    it cannot be read as XML: not well-formed at byte 0: expected an element
    it cannot be read as XML: not well-formed at byte 0: expected an element
    "#);
}

#[test]
fn every_code_is_of_metadata_and_no_two_are_equal() {
    let text = include_str!("error.rs");
    let mut codes: Vec<_> = text.split('"').filter(|it| it.starts_with("md.")).collect();
    let count = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!((codes.len(), count), (17, 17));
}

fn read(xml: &str) -> Result<IdpMetadata, MetadataError> {
    IdpMetadata::parse(xml.as_bytes(), NOON)
}

fn refusal(xml: &str) -> MetadataError {
    read(xml).unwrap_err()
}

fn id(name: &str) -> EntityId {
    EntityId::new(name).unwrap()
}

#[test]
fn what_is_left_of_metadata_says_the_same_and_is_shorter() {
    for template in [
        include_str!("vendors/adfs.xml"),
        include_str!("vendors/entra.xml"),
        include_str!("vendors/keycloak.xml"),
        include_str!("vendors/shibboleth.xml"),
        include_str!("vendors/simplesamlphp.xml"),
    ] {
        let whole = read(&filled(template)).unwrap();
        let reduced = whole.to_xml();
        let again = read(&reduced).unwrap();
        assert!(again.says_the_same_as(&whole), "{reduced}");
        assert!(reduced.len() < filled(template).len());
        assert_eq!(again.to_xml(), reduced);
    }
}

/// What was understood of `template`, with the test keys under their names.
fn summary(template: &str) -> String {
    let metadata = read(&filled(template)).unwrap();
    let keys: Vec<_> = metadata.signing_keys().iter().map(name_of).collect();
    let mut lines = vec![
        metadata.entity_id().to_string(),
        format!("keys {}", keys.join(" ")),
        format!("signed requests {}", metadata.wants_signed_requests()),
    ];
    lines.extend(metadata.valid_until().map(|end| format!("until {end}")));
    lines.extend(
        metadata
            .sign_in()
            .iter()
            .map(|it| format!("in {}", line(it))),
    );
    lines.extend(
        metadata
            .sign_out()
            .iter()
            .map(|it| format!("out {}", line(it))),
    );
    lines.extend(metadata.name_id_formats().iter().cloned());
    lines.join("\n")
}

fn line(endpoint: &Endpoint) -> String {
    let answers = endpoint.response_location.as_ref();
    let answers = answers.map(|url| format!(" answers {url}"));
    format!(
        "{:?} {}{}",
        endpoint.binding,
        endpoint.location,
        answers.unwrap_or_default()
    )
}

fn name_of(key: &VerifyingKey) -> &'static str {
    let mut keys = named_keys().into_iter();
    keys.find(|(_, named)| named.verifying_key() == *key)
        .unwrap()
        .0
}

fn filled(template: &str) -> String {
    named_keys()
        .into_iter()
        .fold(template.to_owned(), |text, (name, key)| {
            text.replace(name, &lines_of_64(&base64::encode(&key.certificate)))
        })
}

fn named_keys() -> [(&'static str, &'static TestKey); 3] {
    [("FIRST", &RSA), ("SECOND", &OTHER_RSA), ("THIRD", &P256)]
}

fn lines_of_64(text: &str) -> String {
    let lines: Vec<_> = text
        .as_bytes()
        .chunks(64)
        .map(|line| str::from_utf8(line).unwrap())
        .collect();
    lines.join("\r\n")
}

fn several(entities: &[&str]) -> String {
    format!(
        "<md:EntitiesDescriptor xmlns:md=\"{MD}\">{}</md:EntitiesDescriptor>",
        entities.concat()
    )
}

fn good(name: &str) -> String {
    entity(name, &provider(&key(SIGNING, &RSA)))
}

fn entity(name: &str, roles: &str) -> String {
    format!(
        "<md:EntityDescriptor xmlns:md=\"{MD}\" entityID=\"{name}\">{roles}</md:EntityDescriptor>"
    )
}

fn provider(keys: &str) -> String {
    format!(
        "<md:IDPSSODescriptor protocolSupportEnumeration=\"{PROTOCOL}\">{keys}\
         <md:SingleSignOnService Binding=\"{}\" Location=\"https://idp.example/sso\"/>\
         </md:IDPSSODescriptor>",
        Binding::Post.uri()
    )
}

fn key(usage: &str, key: &TestKey) -> String {
    descriptor(usage, &base64::encode(&key.certificate))
}

fn weak_key() -> String {
    let certificate = CertificateParams::default()
        .self_signed(&ShortKey(short_key()))
        .unwrap();
    descriptor(SIGNING, &base64::encode(certificate.der()))
}

fn broken_key() -> String {
    descriptor(SIGNING, "bm90IGEgY2VydGlmaWNhdGU=")
}

fn descriptor(usage: &str, certificate: &str) -> String {
    format!(
        "<md:KeyDescriptor {usage}><ds:KeyInfo xmlns:ds=\"{DS}\"><ds:X509Data>{}\
         </ds:X509Data></ds:KeyInfo></md:KeyDescriptor>",
        x509(certificate)
    )
}

fn x509(certificate: &str) -> String {
    format!("<ds:X509Certificate>{certificate}</ds:X509Certificate>")
}

fn expired_key() -> TestKey {
    let mut params = CertificateParams::default();
    params.not_before = rcgen::date_time_ymd(2010, 1, 1);
    params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    new_key(&params)
}

fn new_key(params: &CertificateParams) -> TestKey {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    TestKey {
        pkcs8: key.serialize_der(),
        certificate: params.self_signed(&key).unwrap().der().clone(),
    }
}

/// An `RSAPublicKey` of 1024 bits, which nobody makes any more.
fn short_key() -> Vec<u8> {
    let modulus = [0xA5; 128];
    [
        &[0x30, 0x81, 0x89, 0x02, 0x81, 0x81, 0][..],
        &modulus,
        &[0x02, 3, 1, 0, 1],
    ]
    .concat()
}

/// "Signs" with a key that exists in public only.
struct ShortKey(Vec<u8>);

impl PublicKeyData for ShortKey {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

impl SigningKey for ShortKey {
    fn sign(&self, _message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(vec![0; 128])
    }
}

const SIGNING: &str = r#"use="signing""#;
/// 2027-01-15T12:00:00Z.
const NOON: UnixTime = UnixTime::from_secs(1_800_014_400);

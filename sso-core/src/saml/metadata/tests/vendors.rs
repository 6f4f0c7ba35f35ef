//! Metadata in the shapes of well-known products.

use super::samples::read;
use crate::saml::metadata::Endpoint;
use crate::signature::test_keys::{OTHER_RSA, P256, RSA, TestKey};
use crate::signature::{VerifyingKey, base64};

#[test]
fn reads_entra_with_two_keys_and_passes_over_its_other_roles() {
    insta::assert_snapshot!(summary(include_str!("../vendors/entra.xml")), @"
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
    insta::assert_snapshot!(summary(include_str!("../vendors/adfs.xml")), @"
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
    insta::assert_snapshot!(summary(include_str!("../vendors/keycloak.xml")), @"
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
    insta::assert_snapshot!(summary(include_str!("../vendors/simplesamlphp.xml")), @"
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
    insta::assert_snapshot!(summary(include_str!("../vendors/shibboleth.xml")), @"
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
fn what_is_left_of_metadata_says_the_same_and_is_shorter() {
    for template in [
        include_str!("../vendors/adfs.xml"),
        include_str!("../vendors/entra.xml"),
        include_str!("../vendors/keycloak.xml"),
        include_str!("../vendors/shibboleth.xml"),
        include_str!("../vendors/simplesamlphp.xml"),
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

//! What is read out of metadata, and what must be refused.

mod keys;
mod samples;
mod vendors;

use samples::{NOON, SIGNING, entity, good, id, key, provider, read, refusal, several};

use super::*;
use crate::UnixTime;
use crate::signature::test_keys::RSA;

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
    let text = include_str!("../error.rs");
    let mut codes: Vec<_> = text.split('"').filter(|it| it.starts_with("md.")).collect();
    let count = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!((codes.len(), count), (17, 17));
}

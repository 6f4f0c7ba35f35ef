//! Metadata that one provider signed, and another one wants to be in.

use sso_core::config::EntityId;
use sso_core::saml::metadata::{IdpMetadata, MetadataError};
use sso_core::signature::{Algorithms, SignedBytes};
use sso_core::testkit::{FakeIdp, NOON};

use crate::forge::{at_end, before, behind, cut, swap, without};

const ENTITY: &str = "md:EntityDescriptor";
const AGGREGATE: &str = "md:EntitiesDescriptor";

/// Of the provider that is believed.
fn genuine() -> String {
    identified(&FakeIdp::new(), "_genuine")
}

/// Of one that has signed nothing, under the name of the other.
fn evil() -> String {
    let named = FakeIdp::impostor();
    let evil = identified(&named, "_evil");
    evil.replace("https://idp.example/sso", "https://evil.example/sso")
}

fn identified(idp: &FakeIdp, id: &str) -> String {
    let start = "<md:EntityDescriptor ";
    swap(&idp.metadata(), start, &format!(r#"{start}ID="{id}" "#))
}

fn aggregate(entities: &[&str]) -> String {
    let entities = entities.concat();
    format!(
        r#"<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="_all">{entities}</md:EntitiesDescriptor>"#
    )
}

fn verify(xml: &str) -> Result<SignedBytes, MetadataError> {
    let keys = [FakeIdp::new().verifying_key()];
    IdpMetadata::verify(xml.as_bytes(), &keys, &Algorithms::new())
}

fn read(xml: &str, entity_id: &str) -> Result<IdpMetadata, MetadataError> {
    let signed = verify(xml)?;
    IdpMetadata::parse_entity(signed.bytes(), &EntityId::new(entity_id).unwrap(), NOON)
}

#[track_caller]
fn refuses(xml: &str, code: &str) {
    match verify(xml) {
        Ok(_) => panic!("it was believed: {xml}"),
        Err(error) => assert_eq!(error.code(), code, "{error}\n{xml}"),
    }
}

const IDP: &str = "https://idp.example/metadata";

#[test]
fn an_aggregate_that_is_signed_is_read() {
    let other = identified(&FakeIdp::another(), "_other");
    let signed = FakeIdp::new().sign(&aggregate(&[&genuine(), &other]), "_all");
    let metadata = read(&signed, IDP).unwrap();
    assert_eq!(metadata.entity_id().as_str(), IDP);
    assert_eq!(metadata.signing_keys(), [FakeIdp::new().verifying_key()]);
}

#[test]
fn md_01_the_signature_of_one_entity_is_not_one_of_its_neighbours() {
    let signed = FakeIdp::new().sign(&genuine(), "_genuine");
    for entities in [[signed.as_str(), &evil()], [&evil(), &signed]] {
        refuses(&aggregate(&entities), "sig.missing");
    }
    let signature = cut(&signed, "ds:Signature");
    let around = aggregate(&[&without(&signed, "ds:Signature"), &evil()]);
    refuses(
        &behind(&around, r#"ID="_all">"#, signature),
        "sig.reference_not_parent",
    );
}

#[test]
fn md_01_nothing_is_added_to_a_signed_aggregate() {
    let signed = FakeIdp::new().sign(&aggregate(&[&genuine()]), "_all");
    refuses(
        &before(&signed, "<md:EntityDescriptor", &evil()),
        "sig.digest_mismatch",
    );
    refuses(&at_end(&signed, AGGREGATE, &evil()), "sig.digest_mismatch");
    refuses(&aggregate(&[&signed, &evil()]), "md.xml");
    let other = aggregate(&[&evil(), &signed]).replacen("_all", "_more", 1);
    refuses(&other, "sig.missing");
}

#[test]
fn md_01_an_entity_inside_of_a_signed_one_is_not_read() {
    let nested = at_end(&genuine(), ENTITY, &evil());
    let signed = FakeIdp::new().sign(&nested, "_genuine");
    let metadata = read(&signed, IDP).unwrap();
    assert_eq!(metadata.signing_keys(), [FakeIdp::new().verifying_key()]);
}

#[test]
fn md_02_signed_metadata_is_valid_no_longer_for_being_signed() {
    let expired = swap(
        &genuine(),
        " entityID=",
        r#" validUntil="2027-01-15T12:00:00Z" entityID="#,
    );
    let signed = FakeIdp::new().sign(&expired, "_genuine");
    assert_eq!(read(&signed, IDP).unwrap_err().code(), "md.expired");
}

#[test]
fn md_03_md_07_metadata_of_another_entity_is_not_what_was_asked_for() {
    let signed = FakeIdp::new().sign(&genuine(), "_genuine");
    let other = read(&signed, "https://other-idp.example/metadata").unwrap_err();
    assert_eq!(other.code(), "md.entity_not_found");
    let nearly = read(&signed, "https://IDP.example/metadata").unwrap_err();
    assert_eq!(nearly.code(), "md.entity_not_found");
}

#[test]
fn md_06_what_a_server_says_instead_is_no_metadata() {
    for page in [
        "<!DOCTYPE html><html><body>Sign in</body></html>",
        "<html><body>Sign in</body></html>",
        "{\"error\": \"moved\"}",
        "",
    ] {
        assert!(verify(page).is_err(), "{page}");
        assert!(IdpMetadata::parse(page.as_bytes(), NOON).is_err(), "{page}");
    }
    let signed = FakeIdp::new().sign(&genuine(), "_genuine");
    for end in (0..signed.len()).step_by(53) {
        assert!(verify(&signed[..end]).is_err(), "{end}");
    }
}

#[test]
fn md_08_extensions_are_passed_over_wherever_they_stand() {
    let unknown =
        r#"<md:Extensions><x:Unknown xmlns:x="urn:x" a="b"><x:More/></x:Unknown></md:Extensions>"#;
    let extended = behind(
        &genuine(),
        r#"entityID="https://idp.example/metadata">"#,
        unknown,
    );
    let extended = before(&extended, "<md:KeyDescriptor", unknown);
    let extended = at_end(&extended, ENTITY, r#"<x:Role xmlns:x="urn:x"/>"#);
    let signed = FakeIdp::new().sign(&extended, "_genuine");
    assert!(read(&signed, IDP).is_ok());
}

//! Metadata to begin with, and how it is read.

use crate::UnixTime;
use crate::config::EntityId;
use crate::saml::metadata::{Binding, IdpMetadata, MD, MetadataError, PROTOCOL};
use crate::signature::test_keys::{RSA, TestKey};
use crate::signature::{DS, base64};

pub(super) fn read(xml: &str) -> Result<IdpMetadata, MetadataError> {
    IdpMetadata::parse(xml.as_bytes(), NOON)
}

pub(super) fn refusal(xml: &str) -> MetadataError {
    read(xml).unwrap_err()
}

pub(super) fn id(name: &str) -> EntityId {
    EntityId::new(name).unwrap()
}

pub(super) fn several(entities: &[&str]) -> String {
    format!(
        "<md:EntitiesDescriptor xmlns:md=\"{MD}\">{}</md:EntitiesDescriptor>",
        entities.concat()
    )
}

pub(super) fn good(name: &str) -> String {
    entity(name, &provider(&key(SIGNING, &RSA)))
}

pub(super) fn entity(name: &str, roles: &str) -> String {
    format!(
        "<md:EntityDescriptor xmlns:md=\"{MD}\" entityID=\"{name}\">{roles}</md:EntityDescriptor>"
    )
}

pub(super) fn provider(keys: &str) -> String {
    format!(
        "<md:IDPSSODescriptor protocolSupportEnumeration=\"{PROTOCOL}\">{keys}\
         <md:SingleSignOnService Binding=\"{}\" Location=\"https://idp.example/sso\"/>\
         </md:IDPSSODescriptor>",
        Binding::Post.uri()
    )
}

pub(super) fn key(usage: &str, key: &TestKey) -> String {
    descriptor(usage, &base64::encode(&key.certificate))
}

pub(super) fn descriptor(usage: &str, certificate: &str) -> String {
    format!(
        "<md:KeyDescriptor {usage}><ds:KeyInfo xmlns:ds=\"{DS}\"><ds:X509Data>{}\
         </ds:X509Data></ds:KeyInfo></md:KeyDescriptor>",
        x509(certificate)
    )
}

pub(super) fn x509(certificate: &str) -> String {
    format!("<ds:X509Certificate>{certificate}</ds:X509Certificate>")
}

pub(super) const SIGNING: &str = r#"use="signing""#;
/// 2027-01-15T12:00:00Z.
pub(super) const NOON: UnixTime = UnixTime::from_secs(1_800_014_400);

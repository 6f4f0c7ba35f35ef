//! Configurations to begin with.

use std::sync::LazyLock;

use crate::UnixTime;
use crate::cert::SelfSigned;
use crate::config::document::{
    AcmeDocument, AttributesDocument, DangerousDocument, IdentityProviderDocument, KeyPairDocument,
    KeysDocument, RequestedContextDocument,
};
use crate::config::{Fields, SharedConfigDocument};

/// A configuration with one provider.
pub(super) fn work() -> Fields {
    let mut fields = Fields::of(&SharedConfigDocument::new("https://sso.example.com")).unwrap();
    fields
        .set("identity_providers.work.metadata", &METADATA_XML)
        .unwrap();
    fields
}

/// A configuration with every setting.
pub(super) fn full() -> SharedConfigDocument {
    let mut document = full_but_keys();
    document.keys = KeysDocument {
        signing: Some(pair()),
        next_signing: Some(pair()),
        next_signing_certificates: vec![pair().certificate],
        decryption: vec![saml_pair(), saml_pair()],
        next_decryption: Some(saml_pair()),
    };
    document.tls = Some(pair());
    document.next_tls = Some(pair());
    document.former_base_urls = vec!["https://old.example.com".into()];
    document.former_entity_id = Some("urn:example:old".into());
    document.former_tls = Some(pair());
    document.acme = Some(AcmeDocument {
        directory: "https://ca.example/directory".into(),
        contact: Some("alice@example.com".into()),
        challenge: Some("http-01".into()),
        ca: Some(pair().certificate),
    });
    let provider = document.identity_providers.first_mut().unwrap();
    provider.clock_skew = Some("60s".into());
    document
}

pub(super) fn full_but_keys() -> SharedConfigDocument {
    let mut document = SharedConfigDocument::new("https://sso.example.com");
    document.entity_id = Some("urn:example:sso".into());
    document.destinations = vec!["https://wiki.example.com".into()];
    document.home = Some("/start".into());
    document.session_lifetime = Some("90m".into());
    document.identity_providers = vec![full_provider()];
    document
}

fn full_provider() -> IdentityProviderDocument {
    let mut provider = IdentityProviderDocument::new("work", METADATA_XML.as_str());
    let text = |text: &str| Some(text.to_owned());
    provider.entity_id = text("https://idp.example");
    provider.enabled = Some(false);
    provider.signed_part = text("both");
    provider.encryption_required = Some(false);
    provider.clock_skew = None;
    provider.max_assertion_age = text("10m");
    provider.audiences = vec!["spn:1".into()];
    provider.request_binding = text("redirect");
    provider.sign_requests = Some(false);
    provider.force_authn = Some(true);
    provider.requested_context = Some(RequestedContextDocument {
        comparison: text("minimum"),
        classes: vec!["urn:a".into(), "urn:b".into()],
    });
    provider.name_id_format = text("urn:format");
    provider.subject = text("attribute:uid");
    let [first, last, email, groups] = ["given", "family", "mail", "teams"].map(text);
    provider.attributes = AttributesDocument {
        first,
        last,
        email,
        groups,
    };
    provider.provisioning = text("known-users-only");
    provider.dangerous = DangerousDocument {
        accept_sha1: true,
        accept_cbc_encryption: true,
        accept_unsolicited_responses: true,
    };
    provider
}

pub(super) fn pair() -> KeyPairDocument {
    let made = SelfSigned::for_tls(&["sso.example.com"], NOON).unwrap();
    KeyPairDocument::new(made.certificate_pem(), made.key_pem())
}

fn saml_pair() -> KeyPairDocument {
    let made = SelfSigned::for_saml("sso.example.com", NOON).unwrap();
    KeyPairDocument::new(made.certificate_pem(), made.key_pem())
}

pub(super) const NOON: UnixTime = UnixTime::from_secs(1_800_014_400);

pub(super) static METADATA_XML: LazyLock<String> = LazyLock::new(|| {
    let made = SelfSigned::for_tls(&["idp.example"], NOON).unwrap();
    let lines = made.certificate_pem().lines();
    let certificate: String = lines.filter(|line| !line.starts_with("-----")).collect();
    format!(
        r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"
            xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="https://idp.example">
          <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
            <md:KeyDescriptor><ds:KeyInfo><ds:X509Data>
              <ds:X509Certificate>{certificate}</ds:X509Certificate>
            </ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
            <md:SingleSignOnService Location="https://idp.example/sso"
              Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"/>
          </md:IDPSSODescriptor>
        </md:EntityDescriptor>"#
    )
});

use std::sync::Arc;

use async_trait::async_trait;
use rustls_pki_types::CertificateDer;

use super::*;
use crate::BoxError;
use crate::cert::SelfSigned;
use crate::config::document::{
    IdentityProviderDocument, KeyPairDocument, RequestedContextDocument,
};
use crate::config::{IdpName, ProviderState, Provisioning, SignedPart, SubjectSource, Unsolicited};
use crate::saml::encryption::DecryptionKey;
use crate::signature::{SignError, SignatureAlgorithm, Signer};

#[test]
fn a_document_with_a_provider_is_enough() {
    let config = document().check(NOON).unwrap();
    assert_eq!(config.service().base_url(), "https://sso.example.com:8443");
    let idp = config
        .identity_provider(&IdpName::new("work").unwrap())
        .unwrap();
    assert_eq!(idp.entity_id().as_str(), "https://idp.example");
    assert_eq!(
        (idp.state(), idp.unsolicited()),
        (ProviderState::Enabled, Unsolicited::Refused)
    );
    assert_eq!(idp.clock_skew(), Duration::from_secs(180));
    assert_eq!(config.sessions().lifetime, Duration::from_hours(8));
}

#[test]
fn a_document_without_a_provider_is_a_beginning() {
    let config = SharedConfigDocument::new("https://sso.example.com")
        .check(NOON)
        .unwrap();
    assert_eq!(config.identity_providers().len(), 0);
}

#[test]
fn every_setting_arrives() {
    let mut document = document();
    document.entity_id = Some("urn:example:sso".into());
    document.destinations = vec!["https://wiki.example.com".into()];
    document.home = Some("https://wiki.example.com/start".into());
    document.session_lifetime = Some("90m".into());
    let provider = &mut document.identity_providers[0];
    provider.enabled = Some(false);
    provider.signed_part = Some("both".into());
    provider.clock_skew = Some("60s".into());
    provider.max_assertion_age = Some("10m".into());
    provider.audiences = vec!["spn:1".into()];
    provider.subject = Some("attribute:uid".into());
    provider.attributes.email = Some("mail".into());
    provider.provisioning = Some("known-users-only".into());
    provider.requested_context = Some(RequestedContextDocument {
        comparison: Some("minimum".into()),
        classes: vec!["urn:a".into(), "urn:b".into()],
    });
    provider.dangerous.accept_unsolicited_responses = true;

    let config = document.check(NOON).unwrap();
    assert_eq!(config.service().entity_id().as_str(), "urn:example:sso");
    assert_eq!(
        config.destinations().home().as_str(),
        "https://wiki.example.com/start"
    );
    assert_eq!(config.sessions().lifetime, Duration::from_mins(90));
    let idp = &config.identity_providers()[0];
    assert_eq!(
        (idp.state(), idp.signed_part()),
        (ProviderState::Disabled, SignedPart::Both)
    );
    assert_eq!(idp.clock_skew(), Duration::from_secs(60));
    assert_eq!(idp.max_assertion_age(), Duration::from_mins(10));
    assert_eq!(idp.audiences(), ["spn:1"]);
    assert_eq!(*idp.subject(), SubjectSource::Attribute("uid".into()));
    assert_eq!(
        (
            idp.attributes().email.as_str(),
            idp.attributes().first.as_str()
        ),
        ("mail", "First")
    );
    assert_eq!(idp.provisioning(), Provisioning::KnownUsersOnly);
    assert_eq!(idp.requested_context().unwrap().asked(), ["urn:a"]);
    assert_eq!(idp.unsolicited(), Unsolicited::Accepted);
}

#[test]
fn every_problem_is_named_at_once_with_the_way_out() {
    let mut document = document();
    document.destinations = vec!["https://*.example.com".into()];
    document.home = Some("//evil.example".into());
    document.session_lifetime = Some("1y".into());
    document.keys.signing = Some(KeyPairDocument::new("x", "y"));
    let provider = &mut document.identity_providers[0];
    provider.clock_skew = Some("6m".into());
    provider.signed_part = Some("all".into());
    provider.request_binding = Some("post".into());
    provider.subject = Some("mail".into());
    document
        .identity_providers
        .push(IdentityProviderDocument::new("Work 2", "<html/>"));

    insta::assert_snapshot!(document.check(NOON).unwrap_err(), @r#"
    10 settings need attention:
    - keys.signing: found an unusable text, expected a private key and its certificate as PEM. Replace it: not an RSA, P-256 or P-384 private key in PKCS #8, or a broken one.
    - session_lifetime: found 1y, expected 5m to 24h. Write a whole number and its unit: 90s, 5m or 8h.
    - identity_providers.work.clock_skew: found 6m, expected 0s to 5m. Write a whole number and its unit: 90s, 5m or 8h.
    - identity_providers.work.signed_part: found all, expected one of either, response, assertion, both. Choose one of these words.
    - identity_providers.work.subject: found mail, expected name_id or attribute:NAME. Name the attribute behind the colon, or remove the setting.
    - identity_providers.work.request_binding: found post, expected a binding that the metadata offer. Correct it: there is no sign-in address for this binding.
    - identity_providers[1].name: found "Work 2", expected 1 to 32 of a-z, 0-9 and -. Rename it.
    - identity_providers[1].metadata: found <html/>, expected the SAML metadata of the identity provider. Correct it: this is not SAML metadata: the document is "html"; paste the provider's metadata.
    - destinations: found https://*.example.com, expected https://HOST or https://HOST:PORT (http for loopback only). Give the origin alone: no path, no user name, no wildcard.
    - home: found //evil.example, expected a path, or a URL of an origin in destinations. Correct it: the destination's origin is not allowed: https://evil.example.
    "#);
}

#[test]
fn a_wrong_base_url_does_not_hide_the_rest() {
    let mut document = document();
    document.base_url = "http://sso.example.com/app".into();
    document.session_lifetime = Some("1s".into());
    let problems = document.check(NOON).unwrap_err();
    let settings: Vec<_> = problems
        .iter()
        .map(|problem| problem.setting.as_str())
        .collect();
    assert_eq!(settings, ["base_url", "session_lifetime"]);
}

#[test]
fn cfg_04_two_providers_are_never_one() {
    let mut twice = document();
    twice
        .identity_providers
        .push(twice.identity_providers[0].clone());
    insta::assert_snapshot!(twice.check(NOON).unwrap_err(), @"identity_providers.work.name: found work twice, expected every name once. Rename one of the two providers.");
    twice.identity_providers[1].name = "other".into();
    insta::assert_snapshot!(twice.check(NOON).unwrap_err(), @"identity_providers: found https://idp.example twice, expected every entity ID once. Remove one of the two providers.");
}

#[test]
fn what_a_provider_needs_of_us_must_be_there() {
    let mut document = document();
    document.identity_providers[0].encryption_required = Some(true);
    insta::assert_snapshot!(document.check(NOON).unwrap_err(), @"identity_providers.work.encryption_required: found true without a decryption key, expected a key in keys.decryption. Add one and give our metadata to the provider.");
    document.identity_providers[0].encryption_required = None;
    document.identity_providers[0].sign_requests = Some(true);
    insta::assert_snapshot!(document.check(NOON).unwrap_err(), @"identity_providers.work.sign_requests: found signed requests without a signing key, expected a key in keys.signing. Add one and give our metadata to the provider.");
    let made = SelfSigned::for_saml("sso", NOON).unwrap();
    document.keys.signing = Some(KeyPairDocument::new(made.certificate_pem(), made.key_pem()));
    assert!(document.check(NOON).is_ok());
}

#[test]
fn what_the_machine_holds_is_used_before_the_document() {
    let made = SelfSigned::for_saml("sso", NOON).unwrap();
    let mut document = document();
    document.keys.signing = Some(KeyPairDocument::new(made.certificate_pem(), made.key_pem()));
    let holds = |held| Holding(held).answers(&document);
    assert!(
        holds(Held::Signer(Arc::new(Elsewhere(
            made.certificate().clone()
        ))))
        .unwrap()
    );
    assert!(!holds(Held::Nothing).unwrap());
    // A module out of reach is no reason to refuse what works without it.
    assert!(!holds(Held::OutOfReach).unwrap());
}

#[test]
fn a_certificate_alone_needs_a_machine_that_holds_its_key() {
    let made = SelfSigned::for_saml("sso", NOON).unwrap();
    let mut document = document();
    let pair = KeyPairDocument::certificate_alone(made.certificate_pem());
    document.keys.signing = Some(pair.clone());
    let holds = |held| Holding(held).answers(&document);
    assert!(
        holds(Held::Signer(Arc::new(Elsewhere(
            made.certificate().clone()
        ))))
        .unwrap()
    );
    insta::assert_snapshot!(holds(Held::Nothing).unwrap_err(), @"keys.signing: found a certificate without its private key, expected the key in the configuration, or on the token of each server. Put it there, or set keys.signing.key: this server holds no key for it.");
    insta::assert_snapshot!(holds(Held::OutOfReach).unwrap_err(), @"keys.signing: found a certificate without its private key, expected the key in the configuration, or on the token of each server. Put it there, or set keys.signing.key: the token is out.");

    document.keys.decryption = vec![pair.clone()];
    document.tls = Some(pair);
    let refused = document.check(NOON).unwrap_err().to_string();
    for setting in ["keys.signing:", "keys.decryption[0]:", "tls:"] {
        assert!(refused.contains(setting), "{refused}");
    }
    document.tls = Some(KeyPairDocument::certificate_alone("x"));
    let refused = document.check(NOON).unwrap_err().to_string();
    assert!(refused.contains("tls: found an unusable text"), "{refused}");
}

#[test]
fn a_tls_certificate_alone_has_no_key() {
    let made = SelfSigned::for_tls(&["sso"], NOON).unwrap();
    let mut document = document();
    document.tls = Some(KeyPairDocument::certificate_alone(made.certificate_pem()));
    let config = document.check_with_keys(NOON, &Holding(Held::Tls)).unwrap();
    let tls = config.tls().unwrap();
    assert!(tls.key().is_none());
    assert_eq!(tls.chain(), [made.certificate().clone()]);
}

/// A machine that holds something.
#[derive(Debug)]
struct Holding(Held);

#[derive(Debug)]
enum Held {
    Nothing,
    OutOfReach,
    Signer(Arc<dyn Signer>),
    Tls,
}

impl Holding {
    /// Whether what the machine holds signs.
    fn answers(self, document: &SharedConfigDocument) -> Result<bool, Problems> {
        let config = document.check_with_keys(NOON, &self)?;
        let signer = Arc::clone(config.keys().signer().unwrap());
        Ok(matches!(self.0, Held::Signer(held) if Arc::ptr_eq(&held, &signer)))
    }
}

impl PrivateKeys for Holding {
    fn decryption(&self, _: &CertificateDer<'static>) -> Result<Option<DecryptionKey>, BoxError> {
        Ok(None)
    }

    fn signer(&self, _: &CertificateDer<'static>) -> Result<Option<Arc<dyn Signer>>, BoxError> {
        match &self.0 {
            Held::OutOfReach => Err("the token is out".into()),
            Held::Signer(signer) => Ok(Some(Arc::clone(signer))),
            Held::Nothing | Held::Tls => Ok(None),
        }
    }

    fn has_tls(&self, _: &CertificateDer<'static>) -> Result<bool, BoxError> {
        Ok(matches!(self.0, Held::Tls))
    }
}

/// A signer of a module.
#[derive(Debug)]
struct Elsewhere(CertificateDer<'static>);

#[async_trait]
impl Signer for Elsewhere {
    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::RsaSha256
    }

    fn certificate(&self) -> &CertificateDer<'static> {
        &self.0
    }

    async fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignError> {
        Err(SignError::Key)
    }
}

#[test]
fn debug_of_a_document_shows_no_key() {
    let mut document = document();
    document.keys.decryption = vec![KeyPairDocument::new("public", "private-part")];
    let shown = format!("{document:?}");
    assert!(shown.contains("public") && !shown.contains("private-part"));
}

fn document() -> SharedConfigDocument {
    let mut document = SharedConfigDocument::new("https://sso.example.com:8443");
    document.identity_providers = vec![IdentityProviderDocument::new("work", metadata())];
    document
}

fn metadata() -> String {
    let made = SelfSigned::for_tls(&["idp.example"], NOON).unwrap();
    let certificate: String = made
        .certificate_pem()
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect();
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
}

const NOON: UnixTime = UnixTime::from_secs(1_800_014_400);

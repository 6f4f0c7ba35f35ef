//! The test kit's provider is one that we would believe.

use std::time::Duration;

use super::*;
use crate::config::Service;
use crate::saml::binding::{MessageKind, post};
use crate::saml::{AuthnRequest, RequestOptions, Verifier};

fn service() -> Service {
    Service::new("https://app.example").unwrap()
}

#[test]
fn every_kind_of_key_signs_every_part_so_that_it_is_believed() {
    let kinds = [KeyKind::P256, KeyKind::P384, KeyKind::Rsa2048];
    for idp in kinds.map(FakeIdp::with_key) {
        for signed in [Signed::Assertion, Signed::Both, Signed::Response] {
            let providers = [accepting_anything(&idp)];
            let service = service();
            let xml = idp
                .response(&FakeRequest::none(&service))
                .sign(signed)
                .to_xml();
            let verifier = Verifier::new(&service, &providers, &[]);
            let assertion = verifier.verify(xml.as_bytes(), None, NOON).unwrap();
            assert_eq!(assertion.name_id.as_ref().unwrap().value, "alice");
        }
    }
}

#[test]
fn a_response_can_be_moved_to_another_time() {
    let (idp, service) = (FakeIdp::new(), service());
    let providers = [accepting_anything(&idp)];
    let verifier = Verifier::new(&service, &providers, &[]);
    for now in [NOON.later(DAY), NOON.earlier(DAY)] {
        let xml = idp.response(&FakeRequest::none(&service)).at(now).to_xml();
        assert!(verifier.verify(xml.as_bytes(), None, now).is_ok());
        assert!(verifier.verify(xml.as_bytes(), None, NOON).is_err());
    }
}

#[test]
fn requests_are_read_from_both_bindings() {
    let (idp, service) = (FakeIdp::new(), service());
    let provider = idp.identity_provider("fake");
    let endpoint = provider.sign_in_endpoint().unwrap();
    let options = RequestOptions::default();
    let request = AuthnRequest::new(&service, &provider, endpoint, options, NOON);
    let read = FakeRequest::read_redirect(
        &idp.redirect(
            MessageKind::Request,
            &request.to_xml(),
            &idp.sign_in_url(),
            Some("r"),
        ),
        Some(&idp.verifying_key()),
    );
    assert_eq!(read.id.as_deref(), Some(request.id()));
    assert_eq!(read.acs_url, service.acs_url());
    assert_eq!(read.relay_state.as_deref(), Some("r"));
    assert!(read.is_signed);

    let form = post::encode(
        MessageKind::Request,
        &request.to_xml(),
        "https://idp.example",
        None,
    );
    let fields = form
        .fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()));
    let read = FakeRequest::read_form(fields, None);
    assert_eq!(read.id.as_deref(), Some(request.id()));
    assert!(!read.is_signed);
}

#[test]
fn providers_differ_in_name_and_key_as_they_say() {
    let (idp, another, impostor) = (FakeIdp::new(), FakeIdp::another(), FakeIdp::impostor());
    assert_eq!(idp.entity_id(), impostor.entity_id());
    assert_ne!(idp.entity_id(), another.entity_id());
    assert_ne!(idp.verifying_key(), impostor.verifying_key());
    assert_ne!(idp.verifying_key(), another.verifying_key());
    assert_eq!(idp.verifying_key(), FakeIdp::new().verifying_key());
}

fn accepting_anything(idp: &FakeIdp) -> IdentityProvider {
    idp.identity_provider("fake")
        .dangerous()
        .accept_unsolicited_responses()
        .done()
}

const DAY: Duration = Duration::from_hours(24);

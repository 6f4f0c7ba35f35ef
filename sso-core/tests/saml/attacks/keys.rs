//! Keys that nobody configured, and algorithms that nobody should use.

use sso_core::config::{IdentityProvider, IdentityProviderError};
use sso_core::testkit::{FakeIdp, Signed};

use crate::desk::{Desk, says};
use crate::forge::{Forge, algorithm};
use crate::stage::with_keys;

fn unsigned(desk: &Desk) -> String {
    desk.response().sign(Signed::Neither).to_xml()
}

#[test]
fn key_01_the_log_names_both_keys() {
    let mut desk = Desk::new();
    desk.idp = FakeIdp::impostor();
    let rejection = desk
        .verify(desk.response().to_xml().as_bytes())
        .unwrap_err();
    let keys =
        [FakeIdp::new(), FakeIdp::impostor()].map(|it| it.verifying_key().fingerprint().to_owned());
    says(&rejection, &keys.each_ref().map(String::as_str));
}

#[test]
fn key_06_md5_is_refused_whatever_is_allowed() {
    let desk = Desk::new().configured(|it| it.dangerous().accept_sha1().done());
    let method = by_method("http://www.w3.org/2001/04/xmldsig-more#rsa-md5");
    desk.refuses_xml(
        &method.sign(&desk.idp, &unsigned(&desk), "_assertion"),
        "sig.alg",
    );
    let digest = Forge::default().with(|it| {
        it.digest_method = algorithm("DigestMethod", "http://www.w3.org/2001/04/xmldsig-more#md5");
    });
    desk.refuses_xml(
        &digest.sign(&desk.idp, &unsigned(&desk), "_assertion"),
        "sig.alg",
    );
}

#[test]
fn key_10_a_provider_without_key_cannot_be_configured() {
    let provider = FakeIdp::new().identity_provider("fake");
    let sign_in = vec![provider.sign_in_endpoint().unwrap().clone()];
    let (name, entity_id) = (provider.name().clone(), provider.entity_id().clone());
    let error = IdentityProvider::new(name, entity_id, Vec::new(), sign_in).unwrap_err();
    assert_eq!(error, IdentityProviderError::NoKey);
}

#[test]
fn key_13_each_of_two_providers_signs_for_itself() {
    let (first, second) = (FakeIdp::new(), FakeIdp::another());
    for signed in [Signed::Assertion, Signed::Response] {
        let mut desk = Desk::of(first.clone());
        desk.providers.push(second.identity_provider("second"));
        desk.accepts(&desk.response().sign(signed));

        desk.idp = second.clone();
        desk.pending = Some(crate::desk::pending("second"));
        desk.accepts(&desk.response().sign(signed));
    }
}

#[test]
fn key_19_rsa_pss_is_refused_by_name() {
    let desk = Desk::new();
    for uri in [
        "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
        "http://www.w3.org/2007/05/xmldsig-more#rsa-pss",
    ] {
        let forged = by_method(uri).sign(&desk.idp, &unsigned(&desk), "_assertion");
        let rejection = desk.verify(forged.as_bytes()).unwrap_err();
        says(&rejection, &[uri]);
    }
}

#[test]
fn dos_14_more_keys_than_are_ever_tried_cannot_be_configured() {
    let provider = FakeIdp::new().identity_provider("fake");
    let keys = |count| vec![FakeIdp::new().verifying_key(); count];
    assert_eq!(with_keys(&provider, keys(16)).keys().len(), 16);
    let sign_in = vec![provider.sign_in_endpoint().unwrap().clone()];
    let (name, entity_id) = (provider.name().clone(), provider.entity_id().clone());
    let error = IdentityProvider::new(name, entity_id, keys(17), sign_in).unwrap_err();
    assert_eq!(error, IdentityProviderError::TooManyKeys { found: 17 });
}

fn by_method(uri: &str) -> Forge {
    Forge::default().with(|it| it.signature_method = algorithm("SignatureMethod", uri))
}

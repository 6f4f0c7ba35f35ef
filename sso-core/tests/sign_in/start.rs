//! What happens before the provider is reached: whom to ask, for what, and what we say of ourselves.

use std::time::Duration;

use futures_executor::block_on;
use sso_core::config::{IdpName, ProviderState, SamlKeys, SharedConfig};
use sso_core::login::{LoginError, LoginStart};
use sso_core::saml::metadata::Binding;
use sso_core::testkit::{FakeIdp, NOON};

use crate::host::{Browser, Host, config, service};

#[test]
fn the_user_chooses_among_several_providers() {
    let host = Host::new();
    let disabled = FakeIdp::new().named("https://third.example");
    host.source.set(config([
        host.idp.identity_provider("work"),
        FakeIdp::another().identity_provider("other"),
        disabled
            .identity_provider("third")
            .with_state(ProviderState::Disabled),
    ]));
    let begun = block_on(host.sso.begin_login(&LoginStart::new(), None));
    let LoginError::Choose { among } = begun.unwrap_err() else {
        panic!("a choice was expected")
    };
    assert_eq!(
        among.iter().map(IdpName::as_str).collect::<Vec<_>>(),
        ["work", "other"]
    );

    let named = |name| LoginStart::new().at(IdpName::new(name).unwrap());
    let begin = |name| block_on(host.sso.begin_login(&named(name), None));
    assert!(begin("other").is_ok());
    assert!(matches!(begin("third"), Err(LoginError::Disabled { .. })));
    assert!(matches!(
        begin("fourth"),
        Err(LoginError::UnknownIdentityProvider { .. })
    ));
}

#[test]
fn without_a_provider_nobody_signs_in() {
    let host = Host::new();
    host.source.set(config([]));
    let begun = block_on(host.sso.begin_login(&LoginStart::new(), None));
    assert!(matches!(begun, Err(LoginError::NotConfigured)));
}

#[test]
fn a_key_that_fits_into_no_cookie_is_refused() {
    let host = Host::new();
    let mut start = LoginStart::new();
    start.dest = Some(format!("/{}", "a".repeat(1535)));
    start.key = Some("k".repeat(800));
    assert!(block_on(host.sso.begin_login(&start, None)).is_ok());
    start.key = Some("k".repeat(801));
    let refused = block_on(host.sso.begin_login(&start, None));
    assert!(matches!(refused, Err(LoginError::TooLong)));
}

#[test]
fn http_02_what_travels_as_relay_state_is_short_and_says_nothing() {
    let request = Host::new().begin(&mut Browser::default(), &LoginStart::new().to("/wiki"));
    assert_eq!(request.relay_state.unwrap().len(), 22);
}

#[test]
fn relogin_asks_for_a_new_authentication_and_insists_on_it() {
    let host = Host::new();
    let mut browser = Browser::default();
    host.clock.advance(Duration::from_hours(1));
    let mut start = LoginStart::new();
    start.relogin = true;
    let request = host.begin(&mut browser, &start);
    assert!(request.force_authn);
    let now = NOON.later(Duration::from_hours(1));
    let stale = host.idp.response(&request).at(now).with(|response| {
        response.assertion.authn.as_mut().unwrap().instant = NOON;
    });
    let refused = host
        .post(&mut browser, &stale.to_base64(), &request)
        .unwrap_err();
    assert_eq!(refused.rejection.code(), "authn.stale");
}

#[test]
fn req_01_a_provider_that_wants_signed_requests_gets_them_by_both_bindings() {
    let host = Host::new();
    let signer = FakeIdp::another();
    for binding in [Binding::Redirect, Binding::Post] {
        let idp = host
            .idp
            .identity_provider("work")
            .with_signed_requests(true);
        let idp = idp.with_request_binding(binding).unwrap();
        let keys = SamlKeys::none().with_signer(signer.signer());
        let config = SharedConfig::builder(service())
            .identity_provider(idp)
            .keys(keys);
        host.source.set(config.build().unwrap());
        let request = host.begin(&mut Browser::default(), &LoginStart::new());
        assert!(request.is_signed, "{binding:?}");
    }
}

#[cfg(feature = "samael")]
#[test]
fn the_metadata_promise_only_signatures_that_are_made() {
    let host = Host::new();
    assert!(
        !host
            .sso
            .metadata()
            .unwrap()
            .contains("AuthnRequestsSigned=\"true\"")
    );
    assert_eq!(block_on(host.sso.signed_metadata()).unwrap(), None);

    let keys = SamlKeys::none().with_signer(FakeIdp::another().signer());
    let idp = host
        .idp
        .identity_provider("work")
        .with_signed_requests(true);
    let config = SharedConfig::builder(service())
        .identity_provider(idp)
        .keys(keys);
    host.source.set(config.build().unwrap());
    assert!(
        host.sso
            .metadata()
            .unwrap()
            .contains("AuthnRequestsSigned=\"true\"")
    );
    assert!(
        block_on(host.sso.signed_metadata())
            .unwrap()
            .unwrap()
            .contains("SignatureValue")
    );
}

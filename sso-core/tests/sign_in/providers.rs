//! Providers that were removed, disabled or restricted, and others than the one that was asked.

use sso_core::config::{IdpName, ProviderState, Provisioning};
use sso_core::login::LoginStart;
use sso_core::testkit::FakeIdp;

use crate::host::{Browser, Host, config};

#[test]
fn cfg_01_a_provider_that_is_disabled_meanwhile_signs_nobody_in() {
    let host = Host::new();
    let mut browser = Browser::default();
    let request = host.begin(&mut browser, &LoginStart::new());
    host.configure(|idp| idp.with_state(ProviderState::Disabled));
    let refused = host.finish(&mut browser, &request).unwrap_err();
    assert_eq!(refused.rejection.code(), "idp.disabled");
}

#[test]
fn cfg_01_the_sessions_of_a_disabled_provider_are_over() {
    let host = Host::new();
    let mut browser = Browser::default();
    host.sign_in(&mut browser, &LoginStart::new()).unwrap();
    host.configure(|idp| idp.with_state(ProviderState::Disabled));
    assert!(host.session(&browser).is_none());
}

#[test]
fn cfg_02_another_provider_cannot_answer() {
    let host = Host::new();
    let other = FakeIdp::another();
    host.source.set(config([
        host.idp.identity_provider("work"),
        other.identity_provider("other"),
    ]));
    let mut browser = Browser::default();
    let work = LoginStart::new().at(IdpName::new("work").unwrap());
    let request = host.begin(&mut browser, &work);
    let refused = host.post(
        &mut browser,
        &other.response(&request).to_base64(),
        &request,
    );
    assert_eq!(refused.unwrap_err().rejection.code(), "idp.mismatch");
}

#[test]
fn cfg_05_a_provider_that_may_not_bring_users_brings_none() {
    let host = Host::new();
    host.configure(|idp| idp.with_provisioning(Provisioning::KnownUsersOnly));
    let mut browser = Browser::default();
    let request = host.begin(&mut browser, &LoginStart::new());
    let response = host.idp.response(&request).to_base64();
    let refused = host
        .post(&mut browser.clone(), &response, &request)
        .unwrap_err();
    assert_eq!(refused.rejection.code(), "user.unknown");

    host.configure(|idp| idp);
    assert!(
        host.post(&mut browser, &response, &request).is_ok(),
        "nothing was used up"
    );
    host.configure(|idp| idp.with_provisioning(Provisioning::KnownUsersOnly));
    assert!(
        host.sign_in(&mut Browser::default(), &LoginStart::new())
            .is_ok()
    );
}

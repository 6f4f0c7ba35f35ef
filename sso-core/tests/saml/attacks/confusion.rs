//! One provider taken for another, and providers that are no longer there.

use sso_core::config::{EntityId, ProviderState};
use sso_core::testkit::{FakeIdp, Signed};

use crate::desk::{Desk, pending};

#[test]
fn cfg_01_a_provider_that_was_disabled_signs_nobody_in() {
    for desk in [Desk::new(), Desk::unsolicited()] {
        let desk = desk.configured(|it| it.with_state(ProviderState::Disabled));
        for signed in [Signed::Assertion, Signed::Response] {
            desk.refuses(&desk.response().sign(signed), "idp.disabled");
        }
    }
}

#[test]
fn cfg_01_a_provider_that_was_removed_signs_nobody_in() {
    for mut desk in [Desk::new(), Desk::unsolicited()] {
        let response = desk.response();
        desk.providers = vec![FakeIdp::another().identity_provider("another")];
        desk.refuses(&response, "idp.unknown");
    }
}

#[test]
fn cfg_02_the_provider_that_was_asked_is_the_one_that_answers() {
    let mut desk = Desk::new();
    let another = FakeIdp::another();
    desk.providers.push(another.identity_provider("another"));
    for signed in [Signed::Assertion, Signed::Response, Signed::Both] {
        let answer = another.response(&desk.request()).sign(signed);
        desk.refuses(&answer, "idp.mismatch");
        desk.refuses(&answer.with(|it| it.issuer = None), "idp.mismatch");
    }
}

#[test]
fn cfg_02_the_key_of_another_provider_does_not_help_either() {
    let mut desk = Desk::new();
    let another = FakeIdp::another();
    desk.providers.push(another.identity_provider("another"));
    let claiming = another.response(&desk.request()).with(|it| {
        it.issuer = Some(FakeIdp::new().entity_id().to_owned());
    });
    desk.refuses(&claiming, "sig.untrusted_key");
}

#[test]
fn cfg_02_an_unsolicited_response_is_believed_what_its_own_provider_says() {
    let mut desk = Desk::unsolicited();
    let another = FakeIdp::another();
    let accepting = another.identity_provider("another").dangerous().accept_unsolicited_responses();
    desk.providers.push(accepting.done());
    desk.accepts(&another.response(&desk.request()));
    let mixed = another.response(&desk.request()).with(|it| {
        it.assertion.issuer = Some(FakeIdp::new().entity_id().to_owned());
    });
    desk.refuses(&mixed, "idp.mismatch");
    let mixed = desk.response().with(|it| it.issuer = Some(another.entity_id().to_owned()));
    desk.refuses(&mixed, "sig.untrusted_key");
}

#[test]
fn cfg_02_a_request_to_a_provider_that_is_unknown_waits_in_vain() {
    let mut desk = Desk::new();
    desk.pending = Some(pending("gone"));
    desk.refuses(&desk.response(), "idp.unknown");
}

#[test]
fn cfg_03_a_provider_has_a_name() {
    for odd in ["", " ", " urn:x", "urn:x\n"] {
        assert!(EntityId::new(odd).is_err(), "{odd:?}");
    }
    assert!(EntityId::new("a".repeat(1024)).is_ok());
    assert!(EntityId::new("a".repeat(1025)).is_err());
}

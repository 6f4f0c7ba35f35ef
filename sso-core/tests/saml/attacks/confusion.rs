//! One provider taken for another, and providers that are no longer there.

use sso_core::config::{
    EntityId, IdentityProvider, ProviderState, SharedConfigDocument, SignedPart,
};
use sso_core::testkit::{FakeIdp, Signed};

use crate::desk::{Desk, pending};
use crate::stage::{SignedInput, Stage};

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
    let accepting = another
        .identity_provider("another")
        .dangerous()
        .accept_unsolicited_responses();
    desk.providers.push(accepting.done());
    desk.accepts(&another.response(&desk.request()));
    let mixed = another.response(&desk.request()).with(|it| {
        it.assertion.issuer = Some(FakeIdp::new().entity_id().to_owned());
    });
    desk.refuses(&mixed, "idp.mismatch");
    let mixed = desk
        .response()
        .with(|it| it.issuer = Some(another.entity_id().to_owned()));
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

#[test]
fn key_14_no_exception_lets_an_unsigned_message_in() {
    for part in [
        SignedPart::Assertion,
        SignedPart::Both,
        SignedPart::Either,
        SignedPart::Response,
    ] {
        let lenient = |it: IdentityProvider| {
            let it = it.with_signed_part(part).dangerous();
            let it = it.accept_sha1().accept_cbc_encryption();
            it.accept_unsolicited_responses().done()
        };
        for input in SignedInput::ENVELOPED {
            let stage = Stage::configured(input, FakeIdp::new(), |it| {
                lenient(it).with_signed_part(SignedPart::Either)
            });
            stage.refuses(&stage.unsigned(), "sig.missing");
        }
        for desk in [Desk::new(), Desk::unsolicited()] {
            let desk = desk.configured(lenient);
            let rejection = desk.verify(desk.response().sign(Signed::Neither).to_xml().as_bytes());
            let codes = ["sig.missing", "sig.required"];
            assert!(codes.contains(&rejection.unwrap_err().code()));
        }
    }
}

#[test]
fn key_14_cfg_12_there_is_no_setting_that_switches_a_check_off() {
    let metadata = FakeIdp::new().metadata();
    let document = |top: &str, provider: &str, dangerous: &str| {
        format!(
            "base_url = 'https://app.example'\n{top}\n[[identity_providers]]\nname = 'work'\nmetadata = '''{metadata}'''\n{provider}\n[identity_providers.dangerous]\n{dangerous}\n"
        )
    };
    let read = |text: &str| toml::from_str::<SharedConfigDocument>(text);
    let exceptions =
        "accept_sha1 = true\naccept_cbc_encryption = true\naccept_unsolicited_responses = true";
    assert!(read(&document("", "", exceptions)).is_ok());
    for setting in [
        "accept_unsigned = true",
        "debug = true",
        "ignore_audience = true",
        "insecure = true",
        "skip_signature = true",
        "strict = false",
        "test_mode = true",
        "validate_certificate = false",
        "verify_signatures = false",
        "want_assertions_signed = false",
    ] {
        assert!(read(&document(setting, "", "")).is_err(), "{setting}");
        assert!(read(&document("", setting, "")).is_err(), "{setting}");
        assert!(read(&document("", "", setting)).is_err(), "{setting}");
    }
}

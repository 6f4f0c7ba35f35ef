//! Requests of the provider, and which sessions they end.

use std::time::Duration;

use sso_core::config::ProviderState;
use sso_core::saml::RejectionClass;
use sso_core::saml::binding::{MessageKind, redirect};
use sso_core::saml::encryption::{DecryptionKey, Encryption};
use sso_core::saml::logout::{LogoutMessage, MAX_SESSION_INDEXES, Received};
use sso_core::session::Revocation;
use sso_core::testkit::{FakeIdp, FakeNameId, NOON};

use super::exit::{Exit, ended, field, session, session_at};

#[test]
fn a_request_ends_the_session_that_it_names() {
    let exit = Exit::new();
    let alice = FakeNameId::persistent("alice");
    let [first, second] = ["_1", "_2"].map(|index| session(&exit.idp, &alice, Some(index)));
    let request = exit
        .request()
        .with(|it| it.session_indexes = vec!["_1".into()]);
    assert_eq!(
        ended(&exit.believes(&request), [&first, &second]),
        [true, false]
    );
}

#[test]
fn slo_04_a_request_without_a_session_index_ends_all_sessions_of_the_name() {
    let exit = Exit::new();
    let alice = FakeNameId::persistent("alice");
    let sessions = [Some("_1"), Some("_2"), None].map(|index| session(&exit.idp, &alice, index));
    let bob = session(&exit.idp, &FakeNameId::persistent("bob"), Some("_1"));
    let request = exit.believes(&exit.request());
    assert_eq!(
        ended(&request, [&sessions[0], &sessions[1], &sessions[2], &bob]),
        [true, true, true, false]
    );
}

#[test]
fn slo_04_a_request_may_name_several_sessions() {
    let exit = Exit::new();
    let alice = FakeNameId::persistent("alice");
    let sessions = ["_1", "_2", "_3"].map(|index| session(&exit.idp, &alice, Some(index)));
    let request = exit
        .request()
        .with(|it| it.session_indexes = vec!["_1".into(), "_3".into()]);
    let request = exit.believes(&request);
    assert_eq!(ended(&request, sessions.each_ref()), [true, false, true]);
}

#[test]
fn slo_10_a_request_for_an_unknown_session_is_answered_like_any_other() {
    let exit = Exit::new();
    let nobody = FakeNameId::persistent("nobody");
    let request = exit.request().with(|it| it.name_id = Some(nobody));
    let answer_to = exit.believes(&request).into_inner().answer_to;
    assert_eq!(answer_to.in_response_to, request.id);
    assert_eq!(answer_to.provider.as_str(), "fake");
}

#[test]
fn slo_02_a_request_of_another_provider_never_ends_our_sessions() {
    let (mut exit, other) = (Exit::new(), FakeIdp::another());
    exit.providers.push(other.identity_provider("other"));
    let alice = FakeNameId::persistent("alice");
    let ours = session(&exit.idp, &alice, Some("_1"));
    let request = other.logout_request(&exit.service.slo_url(), alice);
    assert_eq!(ended(&exit.believes(&request), [&ours]), [false]);
}

#[test]
fn slo_05_only_exactly_the_same_name_is_meant() {
    let exit = Exit::new();
    let alice = FakeNameId::persistent("alice");
    let ours = session(&exit.idp, &alice, None);
    let changes: [fn(&mut FakeNameId); 5] = [
        |it| it.value = "Alice".to_owned(),
        |it| it.value = "alice ".to_owned(),
        |it| it.format = None,
        |it| it.name_qualifier = Some("https://idp.example/metadata".to_owned()),
        |it| it.sp_name_qualifier = Some("https://app.example/sso-connect".to_owned()),
    ];
    for change in changes {
        let mut name = alice.clone();
        change(&mut name);
        let request = exit.request().with(|it| it.name_id = Some(name));
        assert_eq!(
            ended(&exit.believes(&request), [&ours]),
            [false],
            "{request:?}"
        );
    }
}

#[test]
fn the_prefix_of_the_name_does_not_matter() {
    let exit = Exit::new();
    let ours = session(&exit.idp, &FakeNameId::persistent("alice"), None);
    let request = exit.request();
    let xml = request
        .to_xml()
        .replace("xmlns:saml=", "xmlns:saml2=")
        .replace("<saml:", "<saml2:")
        .replace("</saml:", "</saml2:");
    let signed = field(&exit.idp.sign(&xml, &request.id));
    let Ok(Received::Request(request)) = exit.take_post(MessageKind::Request, &signed) else {
        panic!("refused");
    };
    assert_eq!(ended(&request, [&ours]), [true]);
}

#[test]
fn enc_12_an_encrypted_name_is_the_name_inside() {
    let (mut exit, key) = (Exit::new(), FakeIdp::another());
    let ours = session(&exit.idp, &FakeNameId::persistent("alice"), None);
    let decryption =
        DecryptionKey::from_pkcs8_der(key.private_key_der(), key.certificate().clone());
    exit.decryption_keys.push(decryption.unwrap());
    let request = exit.request();
    let name = FakeNameId::persistent("alice").to_xml();
    let encrypted = Encryption::to(key.certificate()).name_id(&name);
    let xml = request.to_xml().replace(&name, &encrypted);
    let signed = field(&exit.idp.sign(&xml, &request.id));
    let Ok(Received::Request(request)) = exit.take_post(MessageKind::Request, &signed) else {
        panic!("refused");
    };
    assert_eq!(ended(&request, [&ours]), [true]);
}

#[test]
fn slo_01_an_unsigned_request_is_refused_and_not_answered() {
    let exit = Exit::new();
    let xml = exit.request().to_xml();
    let slo_url = exit.service.slo_url().parse().unwrap();
    let address = redirect::encode(MessageKind::Request, &xml, &slo_url, None, None);
    let address = futures_executor::block_on(address).unwrap();
    for refused in [
        exit.take_redirect(&address).unwrap_err(),
        exit.take_post(MessageKind::Request, &field(&xml))
            .unwrap_err(),
    ] {
        assert_eq!(refused.rejection.code(), "sig.missing");
        assert_eq!(refused.rejection.class(), RejectionClass::Refused);
        assert_eq!(refused.answer_to, None);
    }
}

#[test]
fn slo_01_in_a_query_a_signature_inside_of_the_message_counts_for_nothing() {
    let exit = Exit::new();
    let request = exit.request();
    let xml = exit.idp.sign(&request.to_xml(), &request.id);
    let slo_url = exit.service.slo_url().parse().unwrap();
    let address = redirect::encode(MessageKind::Request, &xml, &slo_url, None, None);
    let address = futures_executor::block_on(address).unwrap();
    let refused = exit.take_redirect(&address).unwrap_err();
    assert_eq!(refused.rejection.code(), "sig.missing");
}

#[test]
fn slo_01b_a_signature_by_somebody_else_is_refused() {
    let exit = Exit::new();
    let alice = FakeNameId::persistent("alice");
    let request = FakeIdp::impostor().logout_request(&exit.service.slo_url(), alice);
    let by_redirect = exit.take_redirect(&request.to_redirect(None)).unwrap_err();
    assert_eq!(by_redirect.rejection.code(), "sig.mismatch");
    let by_post = exit
        .take_post(MessageKind::Request, &request.to_base64())
        .unwrap_err();
    assert_eq!(by_post.rejection.code(), "sig.untrusted_key");
}

#[test]
fn a_changed_request_is_refused() {
    let exit = Exit::new();
    let request = exit.request();
    let signed = exit.idp.sign(&request.to_xml(), &request.id);
    let changed = signed.replace(">alice<", ">bob<");
    let by_post = exit
        .take_post(MessageKind::Request, &field(&changed))
        .unwrap_err();
    assert_eq!(by_post.rejection.code(), "sig.digest_mismatch");

    let address = request.to_redirect(Some("here"));
    let changed = address.replace("RelayState=here", "RelayState=there");
    let by_redirect = exit.take_redirect(&changed).unwrap_err();
    assert_eq!(by_redirect.rejection.code(), "sig.mismatch");
}

#[test]
fn key_06_a_weak_algorithm_in_the_query_is_refused() {
    let exit = Exit::new();
    let address = exit.request().to_redirect(None);
    let weak = address.replace("xmldsig-more%23rsa-sha256", "xmldsig%23rsa-sha1");
    assert_ne!(weak, address);
    let refused = exit.take_redirect(&weak).unwrap_err();
    assert_eq!(refused.rejection.code(), "sig.alg");
}

#[test]
fn xsw_04_a_request_wrapped_around_a_signed_one_is_refused() {
    let exit = Exit::new();
    let request = exit.request();
    let signed = exit.idp.sign(&request.to_xml(), &request.id);
    let evil = exit
        .request()
        .with(|it| it.name_id = Some(FakeNameId::persistent("bob")))
        .to_xml();
    let wrapped = evil.replace(
        "</samlp:LogoutRequest>",
        &format!("{signed}</samlp:LogoutRequest>"),
    );
    let refused = exit
        .take_post(MessageKind::Request, &field(&wrapped))
        .unwrap_err();
    assert_eq!(refused.rejection.code(), "sig.missing");
}

#[test]
fn a_provider_that_is_unknown_or_disabled_is_not_believed() {
    let exit = Exit::new();
    let stranger = FakeIdp::another();
    let alice = FakeNameId::persistent("alice");
    let request = stranger.logout_request(&exit.service.slo_url(), alice);
    exit.refuses(&request, "idp.unknown");

    let exit = exit.configured(|it| it.with_state(ProviderState::Disabled));
    let refused = exit.refuses(&exit.request(), "idp.disabled");
    assert_eq!(refused.answer_to, None);
}

#[test]
fn slo_01b_nothing_that_is_required_may_be_left_out() {
    let exit = Exit::new();
    let without = |change: fn(&mut _)| exit.request().with(change);
    exit.refuses(&without(|it| it.issuer = None), "issuer.missing");
    exit.refuses(&without(|it| it.destination = None), "destination.mismatch");
    exit.refuses(&without(|it| it.version = None), "version");
    exit.refuses(&without(|it| it.name_id = None), "slo.name_missing");
}

#[test]
fn the_destination_is_compared_character_by_character() {
    let exit = Exit::new();
    for elsewhere in [
        "https://app.example/sso-connect/saml/slo/",
        "https://app.example:443/sso-connect/saml/slo",
        "https://APP.example/sso-connect/saml/slo",
        "https://app.example/sso-connect/saml/sso",
        "https://other.example/sso-connect/saml/slo",
        "",
    ] {
        let request = exit
            .request()
            .with(|it| it.destination = Some(elsewhere.into()));
        let refused = exit.refuses(&request, "destination.mismatch");
        assert_eq!(refused.answer_to, None, "{elsewhere}");
    }
}

#[test]
fn slo_03_a_request_is_accepted_until_its_end_and_the_skew() {
    let end = NOON.later(Duration::from_mins(5));
    let last = end
        .later(Duration::from_secs(180))
        .earlier(Duration::from_nanos(1));
    let exit = Exit::new().at(last);
    exit.believes(&exit.request());

    let exit = Exit::new().at(last.later(Duration::from_nanos(1)));
    let request = exit.request();
    let refused = exit.refuses(&request, "time.expired");
    assert_eq!(refused.answer_to.unwrap().in_response_to, request.id);
}

#[test]
fn slo_03_a_request_without_an_end_is_accepted_for_the_accepted_age_of_messages() {
    let endless = |exit: &Exit| exit.request().with(|it| it.not_on_or_after = None);
    let end = NOON
        .later(Duration::from_hours(1))
        .later(Duration::from_secs(180));
    let exit = Exit::new().at(end.earlier(Duration::from_nanos(1)));
    exit.believes(&endless(&exit));
    let exit = Exit::new().at(end);
    exit.refuses(&endless(&exit), "time.expired");
}

#[test]
fn a_request_from_the_future_is_refused_beyond_the_skew() {
    let skew = Duration::from_secs(180);
    let exit = Exit::new().at(NOON.earlier(skew));
    exit.believes(&exit.request());
    let exit = Exit::new().at(NOON.earlier(skew + Duration::from_nanos(1)));
    exit.refuses(&exit.request(), "time.not_yet");
}

#[test]
fn slo_03_a_request_that_is_sent_again_ends_no_later_session() {
    let exit = Exit::new().at(NOON.later(Duration::from_mins(6)));
    let alice = FakeNameId::persistent("alice");
    let before = session(&exit.idp, &alice, Some("_1"));
    let after = session_at(exit.now, &exit.idp, &alice, Some("_2"));
    let request = exit.believes(&exit.request());
    assert_eq!(ended(&request, [&before, &after]), [true, false]);
}

#[test]
fn a_session_that_began_by_our_clock_after_the_request_ends_within_the_skew() {
    let exit = Exit::new().at(NOON.later(Duration::from_secs(60)));
    let ours = session_at(exit.now, &exit.idp, &FakeNameId::persistent("alice"), None);
    let request = exit.believes(&exit.request());
    assert_eq!(request.ends_sessions_until, exit.now);
    assert_eq!(ended(&request, [&ours]), [true]);
}

#[test]
fn a_request_that_cannot_be_done_is_refused_with_somebody_to_answer_to() {
    let exit = Exit::new();
    let request = exit
        .request()
        .with(|it| it.name_id = Some(FakeNameId::persistent(" ")));
    let refused = exit.refuses(&request, "slo.name_missing");
    assert_eq!(refused.answer_to.unwrap().in_response_to, request.id);
}

#[test]
fn dos_14_the_number_of_sessions_is_bounded() {
    let exit = Exit::new();
    let listing = |count: usize| {
        let indexes = (0..count).map(|index| format!("_{index}")).collect();
        exit.request().with(|it| it.session_indexes = indexes)
    };
    let most = exit.believes(&listing(MAX_SESSION_INDEXES));
    assert_eq!(most.revocations().len(), MAX_SESSION_INDEXES);
    exit.refuses(&listing(MAX_SESSION_INDEXES + 1), "slo.too_many_sessions");
}

#[test]
fn the_relay_state_comes_back() {
    let exit = Exit::new();
    let address = exit.request().to_redirect(Some("a b&c"));
    let Ok(Received::Request(request)) = exit.take_redirect(&address) else {
        panic!("refused");
    };
    assert_eq!(request.answer_to.relay_state.as_deref(), Some("a b&c"));
}

#[test]
fn an_empty_session_index_is_an_index_and_not_all_sessions() {
    let exit = Exit::new();
    let request = exit
        .request()
        .with(|it| it.session_indexes = vec![String::new()]);
    let revocations = exit.believes(&request).revocations();
    assert!(matches!(
        revocations.as_slice(),
        [Revocation::SubjectIndex { session_index, .. }] if session_index.is_empty()
    ));
}

#[test]
fn a_form_holds_one_message_of_the_kind_that_its_field_says() {
    let exit = Exit::new();
    let request = exit.request().to_base64();
    let form = |saml_request, saml_response| {
        let message = LogoutMessage::Post {
            saml_request,
            saml_response,
            relay_state: None,
        };
        exit.take(&message).unwrap_err().rejection.code()
    };
    assert_eq!(form(None, None), "binding.missing");
    assert_eq!(form(Some(&request), Some(&request)), "binding.duplicate");
    assert_eq!(form(None, Some(&request)), "xml.root");
}

#[test]
fn dos_09_hostile_messages_are_refused_without_a_panic() {
    let exit = Exit::new();
    for odd in [
        "",
        "<",
        "<a/>",
        "<!DOCTYPE a><a/>",
        "\0",
        "<samlp:LogoutRequest/>",
    ] {
        exit.take_post(MessageKind::Request, &field(odd))
            .unwrap_err();
        exit.take(&LogoutMessage::Redirect { query: odd })
            .unwrap_err();
    }
    let empty = r#"<LogoutRequest xmlns="urn:oasis:names:tc:SAML:2.0:protocol"/>"#;
    let refused = exit
        .take_post(MessageKind::Request, &field(empty))
        .unwrap_err();
    assert_eq!(refused.rejection.code(), "issuer.missing");
}

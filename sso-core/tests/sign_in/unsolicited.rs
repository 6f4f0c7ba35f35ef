//! Responses that nobody asked for.

use sso_core::login::LoginStart;
use sso_core::testkit::{FakeNameId, FakeRequest};

use crate::host::{Browser, Host, service};

#[test]
fn pro_09_a_response_that_nobody_asked_for_is_refused_unless_accepted() {
    let host = Host::new();
    let request = FakeRequest::none(&service());
    let response = host.idp.response(&request).to_base64();
    let refused = host
        .post(&mut Browser::default(), &response, &request)
        .unwrap_err();
    assert_eq!(refused.rejection.code(), "unsolicited.disabled");

    host.configure(|idp| idp.dangerous().accept_unsolicited_responses().done());
    assert!(
        host.post(&mut Browser::default(), &response, &request)
            .is_ok()
    );
}

#[test]
fn ok_21_whoever_starts_at_the_provider_says_there_where_to_go() {
    let host = Host::new();
    host.configure(|idp| idp.dangerous().accept_unsolicited_responses().done());
    for (relay_state, reached) in [
        (None, "https://app.example/"),
        (Some("/wiki"), "https://app.example/wiki"),
        (Some("https://evil.example"), "https://app.example/"),
        (Some("//evil.example"), "https://app.example/"),
    ] {
        let mut request = FakeRequest::none(&service());
        request.relay_state = relay_state.map(str::to_owned);
        let signed_in = host.finish(&mut Browser::default(), &request).unwrap();
        assert_eq!(signed_in.destination.as_str(), reached, "{relay_state:?}");
    }
}

#[test]
fn pro_34_a_response_that_nobody_asked_for_replaces_no_other_user() {
    let host = Host::new();
    host.configure(|idp| idp.dangerous().accept_unsolicited_responses().done());
    let mut browser = Browser::default();
    host.sign_in(&mut browser, &LoginStart::new()).unwrap();
    let request = FakeRequest::none(&service());
    assert!(host.finish(&mut browser, &request).is_ok(), "the same user");

    let mallory = host.idp.response(&request).with(|response| {
        response.assertion.name_id = Some(FakeNameId::persistent("mallory"));
    });
    let mallory = mallory.to_base64();
    let refused = host.post(&mut browser, &mallory, &request).unwrap_err();
    assert_eq!(refused.rejection.code(), "unsolicited.other_user");
    assert!(
        host.post(&mut Browser::default(), &mallory, &request)
            .is_ok(),
        "not used up"
    );
}

//! A sign-in as a host sees it, from the login address to the session.
#![expect(
    clippy::panic,
    clippy::result_large_err,
    clippy::unwrap_used,
    reason = "test helpers fail by panicking"
)]

mod accounts;
mod history;
mod host;
mod names;
mod providers;
mod sign_out;
mod start;
mod unsolicited;

use std::time::Duration;

use futures_executor::block_on;
use sso_core::cookie::SetCookie;
use sso_core::login::{LoginError, LoginStart};
use sso_core::saml::RejectionClass;
use sso_core::seal::{SealingKey, SealingKeys};
use sso_core::testkit::NOON;

use host::{Browser, Host};

#[test]
fn a_user_signs_in_and_is_known_from_then_on() {
    let host = Host::new();
    let mut browser = Browser::default();
    let signed_in = host.sign_in(&mut browser, &LoginStart::new()).unwrap();
    assert_eq!(signed_in.user.account.value, "alice");
    assert_eq!(signed_in.destination.as_str(), "https://app.example/");

    let (session, user) = host.session(&browser).unwrap();
    assert_eq!((session, user), (signed_in.session, signed_in.user));
}

#[test]
fn nobody_is_known_before() {
    assert!(Host::new().session(&Browser::default()).is_none());
}

#[test]
fn the_request_is_forgotten_and_only_the_session_stays() {
    let host = Host::new();
    let mut browser = Browser::default();
    host.sign_in(&mut browser, &LoginStart::new()).unwrap();
    let names: Vec<_> = browser.cookies.iter().map(SetCookie::name).collect();
    assert_eq!(names, ["__Host-sso-session"]);
}

#[test]
fn pro_35_every_sign_in_makes_a_new_session_for_the_same_user() {
    let host = Host::new();
    let mut browser = Browser::default();
    let first = host.sign_in(&mut browser, &LoginStart::new()).unwrap();
    let second = host.sign_in(&mut browser, &LoginStart::new()).unwrap();
    assert_ne!(first.session.id, second.session.id);
    assert_eq!(first.user.id, second.user.id);
}

#[test]
fn a_session_outlives_a_new_sealing_key_and_ends_with_the_old_one() {
    let host = Host::new();
    let mut browser = Browser::default();
    let request = host.begin(&mut browser, &LoginStart::new());
    let [old, new] = [1, 2].map(|byte| SealingKey::from_bytes([byte; 32]));
    host.keys.set(SealingKeys::new(new.clone()).with_older(old));
    host.finish(&mut browser, &request).unwrap();
    assert!(host.session(&browser).is_some());

    host.keys
        .set(SealingKeys::new(SealingKey::from_bytes([3; 32])).with_older(new));
    assert!(host.session(&browser).is_some());
    host.keys.set(SealingKeys::random());
    assert!(host.session(&browser).is_none());
}

#[test]
fn the_profile_is_renewed_and_the_secret_is_not() {
    let host = Host::new();
    let mut browser = Browser::default();
    let first = host.sign_in(&mut browser, &LoginStart::new()).unwrap();
    let secret = block_on(host.sso.secret(&first.session)).unwrap().unwrap();

    let request = host.begin(&mut browser, &LoginStart::new());
    let married = host.idp.response(&request).with(|response| {
        let attributes = &mut response.assertion.attributes;
        *attributes = vec![("Last".into(), vec!["Hargreaves".into()])];
    });
    let second = host
        .post(&mut browser, &married.to_base64(), &request)
        .unwrap();
    assert_eq!(second.user.profile.last.as_deref(), Some("Hargreaves"));
    assert_ne!(second.user.profile, first.user.profile);
    assert_eq!(host.session(&browser).unwrap().1, second.user);
    assert!(block_on(host.sso.secret(&second.session)).unwrap().unwrap() == secret);
}

#[test]
fn the_browser_goes_where_it_wanted_if_that_is_allowed() {
    let host = Host::new();
    for (wanted, reached) in [
        ("/wiki?page=1#top", "https://app.example/wiki?page=1#top"),
        ("https://wiki.example/a", "https://wiki.example/a"),
        ("https://evil.example/", "https://app.example/"),
        ("//evil.example", "https://app.example/"),
    ] {
        let start = LoginStart::new().to(wanted);
        let signed_in = host.sign_in(&mut Browser::default(), &start).unwrap();
        assert_eq!(signed_in.destination.as_str(), reached, "{wanted}");
    }
}

#[test]
fn what_the_client_asked_for_comes_back_at_the_end() {
    let mut start = LoginStart::new();
    start.key = Some("client-key".into());
    start.embedded = true;
    let signed_in = Host::new()
        .sign_in(&mut Browser::default(), &start)
        .unwrap();
    assert_eq!(signed_in.handover.key.as_deref(), Some("client-key"));
    assert!(signed_in.handover.embedded);
}

#[test]
fn pro_23_an_assertion_signs_in_once() {
    let host = Host::new();
    let mut browser = Browser::default();
    let request = host.begin(&mut browser, &LoginStart::new());
    let response = host.idp.response(&request).to_base64();
    assert!(host.post(&mut browser.clone(), &response, &request).is_ok());
    let repeated = host.post(&mut browser, &response, &request).unwrap_err();
    assert_eq!(repeated.rejection.code(), "replay");
}

#[test]
fn a_refused_response_uses_nothing_up() {
    let host = Host::new();
    let mut browser = Browser::default();
    let request = host.begin(&mut browser, &LoginStart::new());
    let good = host.idp.response(&request);
    let evil = good
        .clone()
        .tamper(|xml| xml.replace("alice", "admin"))
        .to_base64();

    let refused = host
        .post(&mut browser.clone(), &evil, &request)
        .unwrap_err();
    assert_eq!(refused.rejection.code(), "sig.digest_mismatch");
    assert!(host.post(&mut browser, &good.to_base64(), &request).is_ok());
}

#[test]
fn pro_33_the_answer_to_one_browser_is_worth_nothing_in_another() {
    let host = Host::new();
    let request = host.begin(&mut Browser::default(), &LoginStart::new());
    let response = host.idp.response(&request).to_base64();

    let without = host
        .post(&mut Browser::default(), &response, &request)
        .unwrap_err();
    assert_eq!(without.rejection.code(), "irt.no_cookie");
    let mut other = Browser::default();
    host.begin(&mut other, &LoginStart::new());
    let foreign = host.post(&mut other, &response, &request).unwrap_err();
    assert_eq!(foreign.rejection.code(), "irt.browser_mismatch");
}

#[test]
fn pro_33_a_relay_state_does_not_turn_another_answer_into_ours() {
    let host = Host::new();
    let attackers = host.begin(&mut Browser::default(), &LoginStart::new());
    let mut victim = Browser::default();
    let own = host.begin(&mut victim, &LoginStart::new());
    let response = host.idp.response(&attackers).to_base64();
    let refused = host.post(&mut victim, &response, &own).unwrap_err();
    assert_eq!(refused.rejection.code(), "irt.mismatch");
}

#[test]
fn pro_07_a_request_waits_for_ten_minutes() {
    let host = Host::new();
    let mut browser = Browser::default();
    let request = host.begin(&mut browser, &LoginStart::new());
    host.clock.advance(Duration::from_mins(10));
    let response = host
        .idp
        .response(&request)
        .at(NOON.later(Duration::from_mins(10)));
    let refused = host
        .post(&mut browser, &response.to_base64(), &request)
        .unwrap_err();
    assert_eq!(refused.rejection.code(), "irt.expired");
}

#[test]
fn ok_13_two_tabs_sign_in_side_by_side() {
    let host = Host::new();
    let mut browser = Browser::default();
    let first = host.begin(&mut browser, &LoginStart::new().to("/first"));
    let second = host.begin(&mut browser, &LoginStart::new().to("/second"));
    let second = host.finish(&mut browser, &second).unwrap();
    let first = host.finish(&mut browser, &first).unwrap();
    assert_eq!(second.destination.as_str(), "https://app.example/second");
    assert_eq!(first.destination.as_str(), "https://app.example/first");
}

#[test]
fn a_failed_sign_in_can_be_started_again_three_times() {
    let host = Host::new();
    let mut browser = Browser::default();
    let mut start = LoginStart::new().to("/wiki");
    for attempt in 1..=3 {
        let request = host.begin(&mut browser, &start);
        let response = host.idp.response(&request).failed(&[RESPONDER]).to_base64();
        let failed = host.post(&mut browser, &response, &request).unwrap_err();
        assert_eq!(failed.rejection.class(), RejectionClass::ProviderDeclined);
        start = failed.again.unwrap();
        assert_eq!(start.dest.as_deref(), Some("https://app.example/wiki"));
        assert_eq!(start.attempt, attempt);
    }
    let refused = block_on(host.sso.begin_login(&start, None)).unwrap_err();
    assert!(matches!(refused, LoginError::TooManyAttempts));
    assert!(browser.cookies.is_empty(), "failed requests are forgotten");
}

#[test]
fn a_browser_that_keeps_no_cookies_is_asked_to_start_again_once() {
    let host = Host::new();
    let lose_cookies = |start: &LoginStart| {
        let request = host.begin(&mut Browser::default(), start);
        let response = host.idp.response(&request).to_base64();
        host.post(&mut Browser::default(), &response, &request)
            .unwrap_err()
            .again
    };
    let again = lose_cookies(&LoginStart::new()).unwrap();
    assert_eq!(lose_cookies(&again), None);
}

#[test]
fn while_storage_is_down_the_same_response_may_be_sent_again() {
    let host = Host::new();
    let mut browser = Browser::default();
    let request = host.begin(&mut browser, &LoginStart::new());
    let response = host.idp.response(&request).to_base64();
    host.replay_log.set_down(true);
    let failed = host.post(&mut browser, &response, &request).unwrap_err();
    assert_eq!(failed.rejection.class(), RejectionClass::Unavailable);
    host.replay_log.set_down(false);
    assert!(host.post(&mut browser, &response, &request).is_ok());
}

#[test]
fn pro_26_a_session_ends_by_our_limit_or_the_providers_whichever_is_first() {
    let host = Host::new();
    let mut browser = Browser::default();
    let signed_in = host.sign_in(&mut browser, &LoginStart::new()).unwrap();
    assert_eq!(
        signed_in.session.expires,
        NOON.later(Duration::from_hours(8))
    );

    let request = host.begin(&mut browser, &LoginStart::new());
    let end = NOON.later(Duration::from_hours(1));
    let response = host.idp.response(&request).with(|response| {
        response
            .assertion
            .authn
            .as_mut()
            .unwrap()
            .session_not_on_or_after = Some(end);
    });
    let signed_in = host
        .post(&mut browser, &response.to_base64(), &request)
        .unwrap();
    assert_eq!(signed_in.session.expires, end);

    host.clock.set(end.earlier(Duration::from_nanos(1)));
    assert!(host.session(&browser).is_some());
    host.clock.set(end);
    assert!(host.session(&browser).is_none());
}

#[test]
fn a_provider_that_forgets_the_relay_state_is_understood() {
    let host = Host::new();
    let mut browser = Browser::default();
    let mut request = host.begin(&mut browser, &LoginStart::new().to("/wiki"));
    request.relay_state = None;
    let signed_in = host.finish(&mut browser, &request).unwrap();
    assert_eq!(signed_in.destination.as_str(), "https://app.example/wiki");
}

#[test]
fn a_foreign_page_that_posts_garbage_ends_no_sign_in_that_waits() {
    let host = Host::new();
    let mut browser = Browser::default();
    let request = host.begin(&mut browser, &LoginStart::new());
    // The foreign page does not know the RelayState.
    let mut foreign = request.clone();
    foreign.relay_state = None;
    assert!(host.post(&mut browser, "Z2FyYmFnZQ==", &foreign).is_err());
    host.finish(&mut browser, &request).unwrap();
}

const RESPONDER: &str = "urn:oasis:names:tc:SAML:2.0:status:Responder";

//! Signing out: here, at the identity provider, and on its behalf.

use std::time::Duration;

use futures_executor::block_on;
use sso_core::config::{SamlKeys, SharedConfig};
use sso_core::cookie::SetCookie;
use sso_core::login::{BrowserStep, LoginStart};
use sso_core::logout::{LogoutError, LogoutMessage, LogoutOutcome, LogoutStep};
use sso_core::saml::binding::MessageKind;
use sso_core::testkit::{FakeIdp, FakeNameId, FakeRequest, NOON, ReceivedLogout};

use crate::host::{Browser, Host, service};

#[test]
fn without_a_key_to_sign_with_only_our_own_session_ends() {
    let host = Host::new();
    let mut browser = signed_in(&host);
    let step = host.sign_out(&mut browser);
    assert_eq!(step.step, None);
    assert!(browser.cookies.is_empty());
}

#[test]
fn a_stolen_session_cookie_ends_with_the_session() {
    let host = Host::new();
    let mut browser = signed_in(&host);
    let stolen = browser.clone();
    host.sign_out(&mut browser);
    assert!(host.session(&stolen).is_none());
}

#[test]
fn a_session_ends_even_at_a_server_whose_clock_is_behind() {
    let host = Host::new();
    host.clock.advance(Duration::from_secs(2));
    let mut browser = signed_in(&host);
    let stolen = browser.clone();
    host.clock.set(NOON);
    host.sign_out(&mut browser);
    assert!(host.session(&stolen).is_none());
}

#[test]
fn signing_out_twice_or_without_a_session_is_no_error() {
    let host = Host::new();
    assert_eq!(host.sign_out(&mut Browser::default()).step, None);
}

#[test]
fn another_session_of_the_user_goes_on() {
    let host = Host::new();
    let (mut laptop, phone) = (signed_in(&host), signed_in(&host));
    host.sign_out(&mut laptop);
    assert!(host.session(&phone).is_some());
}

#[test]
fn the_provider_is_asked_to_end_its_session_by_a_signed_request() {
    let (host, ours) = signing_host();
    let mut browser = signed_in(&host);
    let (session, _) = host.session(&browser).unwrap();
    let step = host.sign_out(&mut browser);
    assert!(host.session(&browser).is_none(), "our session ends first");

    let request = read_request(&step, &ours);
    assert!(request.is_signed);
    assert_eq!(request.destination, Some(host.idp.sign_out_url()));
    assert_eq!(request.name_id, Some(session.name_id));
    assert_eq!(
        request.session_indexes,
        Vec::from_iter(session.session_index)
    );
}

#[test]
fn the_providers_answer_ends_the_exchange() {
    let (host, ours) = signing_host();
    let mut browser = signed_in(&host);
    let request = read_request(&host.sign_out(&mut browser), &ours);
    let response = host
        .idp
        .logout_response(&service().slo_url(), &request.id)
        .to_base64();
    let step = host
        .receive(&mut browser, &response_message(&response))
        .unwrap();
    assert_eq!(
        (step.step, step.outcome),
        (None, Some(LogoutOutcome::Complete))
    );
    assert!(browser.cookies.is_empty());
}

#[test]
fn slo_06_an_answer_that_is_not_believed_is_passed_over_because_our_session_is_gone() {
    let (host, ours) = signing_host();
    let mut browser = signed_in(&host);
    read_request(&host.sign_out(&mut browser), &ours);
    let response = host
        .idp
        .logout_response(&service().slo_url(), "_another")
        .to_base64();
    let step = host
        .receive(&mut browser, &response_message(&response))
        .unwrap();
    assert_eq!(step.refused.unwrap().code(), "slo.irt_mismatch");
}

#[test]
fn slo_06_an_answer_that_nobody_waits_for_is_refused() {
    let host = Host::new();
    let response = host
        .idp
        .logout_response(&service().slo_url(), "_1")
        .to_base64();
    let refused = host.receive(&mut Browser::default(), &response_message(&response));
    assert!(matches!(refused, Err(LogoutError::Rejected(_))));
}

#[test]
fn slo_04_the_provider_ends_all_sessions_of_a_user_and_is_answered() {
    let (host, ours) = signing_host();
    let browsers = [signed_in(&host), signed_in(&host)];
    host.clock.advance(Duration::from_secs(1));
    let step = host
        .ask(&host.idp, FakeNameId::persistent("alice"), &[])
        .unwrap();
    assert!(
        browsers
            .iter()
            .all(|browser| host.session(browser).is_none())
    );

    let answer = read(&step, MessageKind::Response, &ours);
    assert!(answer.is_signed);
    assert_eq!(
        answer.status,
        ["urn:oasis:names:tc:SAML:2.0:status:Success"]
    );
    assert!(
        host.session(&signed_in_later(&host)).is_some(),
        "a new sign-in is not touched"
    );
}

#[test]
fn slo_04_a_session_index_ends_its_own_session_only() {
    let (host, _) = signing_host();
    let browser = signed_in(&host);
    let (session, _) = host.session(&browser).unwrap();
    host.ask(&host.idp, FakeNameId::persistent("alice"), &["_unknown"])
        .unwrap();
    assert!(host.session(&browser).is_some());
    let index = session.session_index.unwrap();
    host.ask(&host.idp, FakeNameId::persistent("alice"), &[&index])
        .unwrap();
    assert!(host.session(&browser).is_none());
}

#[test]
fn slo_05_slo_10_a_name_that_nobody_has_ends_nothing_and_is_answered_alike() {
    let (host, ours) = signing_host();
    let browser = signed_in(&host);
    for name in ["ALICE", " alice", "alic", "bob"] {
        let step = host
            .ask(&host.idp, FakeNameId::persistent(name), &[])
            .unwrap();
        let answer = read(&step, MessageKind::Response, &ours);
        assert_eq!(
            answer.status,
            ["urn:oasis:names:tc:SAML:2.0:status:Success"],
            "{name}"
        );
    }
    let other_format = FakeNameId::new(
        "alice",
        "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
    );
    host.ask(&host.idp, other_format, &[]).unwrap();
    assert!(host.session(&browser).is_some());
}

#[test]
fn slo_02_another_provider_ends_none_of_these_sessions() {
    let host = Host::new();
    let other = FakeIdp::another();
    let providers = [
        host.idp.identity_provider("work"),
        other.identity_provider("other"),
    ];
    host.source.set(crate::host::config(providers));
    let browser = host_signed_in_at(&host, "work");
    host.ask(&other, FakeNameId::persistent("alice"), &[])
        .unwrap();
    assert!(host.session(&browser).is_some());
}

#[test]
fn slo_01_a_request_that_is_not_signed_by_the_provider_ends_nothing() {
    let host = Host::new();
    let browser = signed_in(&host);
    let impostor = FakeIdp::impostor();
    let refused = host.ask(&impostor, FakeNameId::persistent("alice"), &[]);
    let Err(LogoutError::Rejected(rejection)) = refused else {
        panic!("it was believed")
    };
    assert_eq!(rejection.code(), "sig.mismatch");
    assert!(host.session(&browser).is_some());
}

#[test]
fn slo_08_a_foreign_page_that_calls_the_sign_out_address_does_not_prepare_a_switch_of_user() {
    let host = Host::new();
    host.configure(|idp| idp.dangerous().accept_unsolicited_responses().done());
    let mut browser = Browser::default();
    host.sign_in(&mut browser, &LoginStart::new()).unwrap();
    // As an image: the session's own cookie stays at home, the witness comes along.
    let foreign = browser.header_of_a_foreign_form();
    let step = block_on(host.sso.begin_logout(foreign.as_deref())).unwrap();
    browser.keep(&step.cookies);

    let request = FakeRequest::none(&service());
    let mallory = host.idp.response(&request).with(|response| {
        response.assertion.name_id = Some(FakeNameId::persistent("mallory"));
    });
    let refused = host.post(&mut browser, &mallory.to_base64(), &request);
    assert_eq!(
        refused.unwrap_err().rejection.code(),
        "unsolicited.other_user"
    );
}

impl Host {
    fn sign_out(&self, browser: &mut Browser) -> LogoutStep {
        let step = block_on(self.sso.begin_logout(browser.header().as_deref())).unwrap();
        browser.keep(&step.cookies);
        step
    }

    fn receive(
        &self,
        browser: &mut Browser,
        message: &LogoutMessage<'_>,
    ) -> Result<LogoutStep, LogoutError> {
        let step = block_on(
            self.sso
                .receive_logout(message, browser.header().as_deref()),
        );
        let none: &[SetCookie] = &[];
        browser.keep(step.as_ref().map_or(none, |step| &step.cookies));
        step
    }

    /// Lets a provider ask for the end of sessions.
    fn ask(
        &self,
        idp: &FakeIdp,
        name_id: FakeNameId,
        indexes: &[&str],
    ) -> Result<LogoutStep, LogoutError> {
        let request = idp
            .logout_request(&service().slo_url(), name_id)
            .with(|request| {
                request.session_indexes = indexes.iter().map(|&index| index.to_owned()).collect();
            });
        let address = request.to_redirect(None);
        let (_, query) = address.split_once('?').unwrap();
        self.receive(&mut Browser::default(), &LogoutMessage::Redirect { query })
    }
}

/// A host that signs, and the key that it signs with.
fn signing_host() -> (Host, FakeIdp) {
    let (host, ours) = (Host::new(), FakeIdp::another());
    let keys = SamlKeys::none().with_signer(ours.signer());
    let idp = host.idp.identity_provider("work");
    let config = SharedConfig::builder(service())
        .identity_provider(idp)
        .keys(keys);
    host.source.set(config.build().unwrap());
    (host, ours)
}

fn signed_in(host: &Host) -> Browser {
    let mut browser = Browser::default();
    host.sign_in(&mut browser, &LoginStart::new()).unwrap();
    browser
}

fn signed_in_later(host: &Host) -> Browser {
    host.clock.advance(Duration::from_secs(1));
    signed_in(host)
}

fn host_signed_in_at(host: &Host, name: &str) -> Browser {
    let mut browser = Browser::default();
    let start = LoginStart::new().at(sso_core::config::IdpName::new(name).unwrap());
    host.sign_in(&mut browser, &start).unwrap();
    browser
}

fn read_request(step: &LogoutStep, ours: &FakeIdp) -> ReceivedLogout {
    read(step, MessageKind::Request, ours)
}

fn read(step: &LogoutStep, kind: MessageKind, ours: &FakeIdp) -> ReceivedLogout {
    let Some(BrowserStep::Redirect(url)) = &step.step else {
        panic!("a redirect was expected")
    };
    ReceivedLogout::read_redirect(url, kind, Some(&ours.verifying_key()))
}

const fn response_message(saml_response: &str) -> LogoutMessage<'_> {
    LogoutMessage::Post {
        saml_request: None,
        saml_response: Some(saml_response),
        relay_state: None,
    }
}

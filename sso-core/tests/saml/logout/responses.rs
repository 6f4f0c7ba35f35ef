//! Answers of the provider to our own requests.

use std::time::Duration;

use sso_core::saml::binding::MessageKind;
use sso_core::saml::logout::LogoutOutcome;
use sso_core::testkit::{FakeIdp, FakeRequest, NOON, Signed};

use super::exit::{Exit, field};

#[test]
fn the_answer_tells_that_the_provider_is_done() {
    let exit = Exit::waiting();
    let answer = exit.believes_answer(&exit.response());
    assert_eq!(answer.outcome, LogoutOutcome::Complete);
    assert_eq!(answer.provider.as_str(), "fake");
}

#[test]
fn a_partial_logout_is_told_whatever_code_is_around_it() {
    let exit = Exit::waiting();
    for outer in ["Success", "Responder", "Requester"] {
        let codes = [outer, "PartialLogout"].map(status).to_vec();
        let answer = exit.believes_answer(&exit.response().with(|it| it.status = codes));
        assert_eq!(answer.outcome, LogoutOutcome::Partial, "{outer}");
    }
}

#[test]
fn slo_06_a_failure_is_believed_and_told() {
    let exit = Exit::waiting();
    let codes = ["Responder", "RequestDenied"].map(status).to_vec();
    let answer = exit.believes_answer(&exit.response().with(|it| it.status.clone_from(&codes)));
    let message = None;
    assert_eq!(
        answer.into_inner().outcome,
        LogoutOutcome::Failed { codes, message }
    );
}

#[test]
fn slo_06_an_answer_that_nobody_waits_for_is_refused() {
    let exit = Exit::new();
    exit.refuses_answer(&exit.response(), "slo.not_asked");
}

#[test]
fn slo_06_an_answer_to_another_request_or_to_none_is_refused() {
    let exit = Exit::waiting();
    for other in [Some("_another".to_owned()), Some(String::new()), None] {
        let answer = exit.response().with(|it| it.in_response_to = other);
        exit.refuses_answer(&answer, "slo.irt_mismatch");
    }
}

#[test]
fn an_answer_of_another_provider_than_the_one_that_was_asked_is_refused() {
    let (mut exit, other) = (Exit::waiting(), FakeIdp::another());
    exit.providers.push(other.identity_provider("other"));
    let answer = other.logout_response(&exit.service.slo_url(), "_request");
    exit.refuses_answer(&answer, "idp.mismatch");
}

#[test]
fn slo_01_an_unsigned_answer_is_refused() {
    let exit = Exit::waiting();
    let refused = exit.take_post(MessageKind::Response, &field(&exit.response().to_xml()));
    assert_eq!(refused.unwrap_err().rejection.code(), "sig.missing");
}

#[test]
fn xsw_17_another_message_that_the_provider_signed_is_no_answer() {
    let exit = Exit::waiting();
    let sign_in = exit.idp.response(&FakeRequest::none(&exit.service));
    let sign_in = sign_in.sign(Signed::Both).to_base64();
    for other in [sign_in, exit.request().to_base64()] {
        let refused = exit.take_post(MessageKind::Response, &other).unwrap_err();
        assert_eq!(refused.rejection.code(), "xml.root");
    }
}

#[test]
fn nothing_that_is_required_may_be_left_out_of_an_answer() {
    let exit = Exit::waiting();
    let without = |change: fn(&mut _)| exit.response().with(change);
    exit.refuses_answer(&without(|it| it.issuer = None), "issuer.missing");
    exit.refuses_answer(&without(|it| it.destination = None), "destination.mismatch");
    exit.refuses_answer(&without(|it| it.version = None), "version");
    exit.refuses_answer(&without(|it| it.status = Vec::new()), "status.missing");
}

#[test]
fn an_old_answer_is_refused() {
    let late = NOON.later(Duration::from_hours(1) + Duration::from_secs(180));
    let exit = Exit::waiting().at(late.earlier(Duration::from_nanos(1)));
    exit.believes_answer(&exit.response());
    let exit = Exit::waiting().at(late);
    exit.refuses_answer(&exit.response(), "time.expired");
}

fn status(name: &str) -> String {
    format!("urn:oasis:names:tc:SAML:2.0:status:{name}")
}

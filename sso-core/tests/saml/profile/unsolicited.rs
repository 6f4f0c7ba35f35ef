//! Responses that nobody asked for (SAML Profiles 4.1.5).

use sso_core::config::IdentityProvider;
use sso_core::saml::RejectionClass;
use sso_core::testkit::{FakeIdp, Signed};

use crate::desk::{Desk, name};

#[test]
fn pro_09_nobody_signs_in_unasked_unless_it_is_allowed() {
    let mut desk = Desk::new();
    desk.pending = None;
    let rejection = desk.verify(desk.response().to_xml().as_bytes()).unwrap_err();
    assert_eq!(rejection.code(), "unsolicited.disabled");
    assert_eq!(rejection.class(), RejectionClass::StartAgain);
}

#[test]
fn pro_09_where_it_is_allowed_the_provider_may_begin() {
    let desk = Desk::unsolicited();
    assert_eq!(name(&desk.accepts(&desk.response())), "alice");
    assert_eq!(name(&desk.accepts(&desk.response().sign(Signed::Response))), "alice");
}

#[test]
fn pro_10_an_answer_to_nobody_is_refused_wherever_it_says_so() {
    let desk = Desk::unsolicited();
    let answer = Some("_request-1".to_owned());
    let of_response = desk.response().with(|it| it.in_response_to = answer.clone());
    desk.refuses(&of_response, "unsolicited.in_response_to");
    let of_confirmation =
        desk.response().with(|it| it.assertion.confirmation.in_response_to = answer);
    desk.refuses(&of_confirmation, "unsolicited.in_response_to");
}

#[test]
fn pro_10_who_was_asked_must_answer() {
    let accepting = |it: IdentityProvider| it.dangerous().accept_unsolicited_responses().done();
    let desk = Desk::new().configured(accepting);
    let unasked = desk.response().with(|it| {
        it.in_response_to = None;
        it.assertion.confirmation.in_response_to = None;
    });
    desk.refuses(&unasked, "irt.missing");
}

#[test]
fn pro_09_a_stranger_is_not_a_provider() {
    let mut desk = Desk::unsolicited();
    desk.idp = FakeIdp::another();
    desk.refuses(&desk.response(), "idp.unknown");
}

#[test]
fn ok_20_an_unsigned_response_may_leave_the_issuer_to_its_assertion() {
    let desk = Desk::unsolicited();
    desk.accepts(&desk.response().with(|it| it.issuer = None));
    let anonymous = desk.response().with(|it| {
        it.issuer = None;
        it.assertion.issuer = None;
    });
    desk.refuses(&anonymous, "issuer.missing");
}

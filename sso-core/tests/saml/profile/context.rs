//! How and when the user authenticated (SAML Core 2.7.2, 3.3.2.2.1, 3.4.1).

use std::time::Duration;

use sso_core::saml::RequestedContext;
use sso_core::testkit::{FakeResponse, NOON, Place};

use crate::desk::Desk;
use crate::forge::{cut, swap};

const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
const TIMESYNC: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken";
const SMARTCARD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI";

fn by(desk: &Desk, class: Option<&str>) -> FakeResponse {
    let class = class.map(str::to_owned);
    desk.response().with(|it| it.assertion.authn.as_mut().unwrap().context_class = class)
}

fn asking(context: RequestedContext) -> Desk {
    Desk::new().asked(|it| it.requested_context = Some(context))
}

fn classes(classes: &[&str]) -> Vec<String> {
    classes.iter().map(|&it| it.to_owned()).collect()
}

#[test]
fn pro_24_the_class_that_was_asked_for_is_checked() {
    let desk = asking(RequestedContext::exact(classes(&[TIMESYNC, SMARTCARD])));
    desk.accepts(&by(&desk, Some(TIMESYNC)));
    desk.accepts(&by(&desk, Some(SMARTCARD)));
    desk.refuses(&by(&desk, Some(PASSWORD)), "acr.insufficient");
    desk.refuses(&by(&desk, Some("urn:custom")), "acr.insufficient");
    desk.refuses(&by(&desk, Some("")), "acr.insufficient");
    desk.refuses(&by(&desk, None), "acr.insufficient");
}

#[test]
fn pro_24_at_least_means_the_rest_of_the_list_too() {
    let desk = asking(RequestedContext::at_least(classes(&[TIMESYNC, SMARTCARD])));
    desk.accepts(&by(&desk, Some(TIMESYNC)));
    desk.accepts(&by(&desk, Some(SMARTCARD)));
    desk.refuses(&by(&desk, Some(PASSWORD)), "acr.insufficient");
}

#[test]
fn pro_24_what_counts_is_the_request_and_not_what_is_configured_since() {
    let smartcard = || RequestedContext::exact(classes(&[SMARTCARD]));
    let desk = Desk::new().configured(|it| it.with_requested_context(Some(smartcard())));
    desk.accepts(&by(&desk, Some(PASSWORD)));
    let desk = asking(smartcard()).configured(|it| it.with_requested_context(None));
    desk.refuses(&by(&desk, Some(PASSWORD)), "acr.insufficient");
}

#[test]
fn pro_24_without_a_request_the_configured_class_counts() {
    let context = RequestedContext::exact(classes(&[SMARTCARD]));
    let desk = Desk::unsolicited().configured(|it| it.with_requested_context(Some(context)));
    desk.refuses(&by(&desk, Some(PASSWORD)), "acr.insufficient");
    desk.accepts(&by(&desk, Some(SMARTCARD)));
}

#[test]
fn any_class_will_do_if_none_was_asked_for() {
    let desk = Desk::new();
    for class in [None, Some("urn:custom"), Some(PASSWORD)] {
        let assertion = desk.accepts(&by(&desk, class));
        assert_eq!(assertion.authn.context_class.as_deref(), class);
    }
}

#[test]
fn pro_25_a_new_authentication_is_newer_than_the_request() {
    let desk = Desk::new().asked(|it| it.force_authn = true);
    let authenticated = |at| {
        desk.response().with(|it| it.assertion.authn.as_mut().unwrap().instant = at)
    };
    let oldest = desk.pending.as_ref().unwrap().issued_at.earlier(Duration::from_secs(180));
    desk.accepts(&authenticated(NOON));
    desk.accepts(&authenticated(oldest));
    desk.refuses(&authenticated(oldest.earlier(Duration::from_nanos(1))), "authn.stale");
}

#[test]
fn pro_14_without_authentication_statement_nobody_signed_in() {
    let desk = Desk::new();
    let response = desk.response().with(|it| it.assertion.authn = None);
    desk.refuses(&response, "authnstatement.missing");
}

#[test]
fn several_authentication_statements_leave_open_which_one_counts() {
    let desk = Desk::new();
    let statement = desk.response().assertion.authn.unwrap().to_xml();
    let response = desk.response().insert(Place::AssertionEnd, statement);
    desk.refuses(&response, "authnstatement.multiple");
}

#[test]
fn a_context_has_one_class() {
    let desk = Desk::new();
    let response = desk.response().edit(|xml| {
        let class = cut(xml, "saml:AuthnContextClassRef");
        swap(xml, class, &class.repeat(2))
    });
    desk.refuses(&response, "assertion.schema");
}

//! That whoever brings the assertion is whom it is about (SAML Profiles 4.1.4.2, 4.1.4.3).

use sso_core::testkit::{FakeConfirmation, FakeResponse, NOON, Place};

use crate::desk::{Desk, says};
use crate::forge::{cut, swap};

fn confirmed(desk: &Desk, change: impl FnOnce(&mut FakeConfirmation)) -> FakeResponse {
    desk.response().with(|it| change(&mut it.assertion.confirmation))
}

#[test]
fn pro_04_the_recipient_is_our_address_character_by_character() {
    let desk = Desk::new();
    desk.refuses(&confirmed(&desk, |it| it.recipient = None), "recipient.mismatch");
    for other in [
        "",
        "http://app.example/sso-connect/saml/sso",
        "https://app.example:443/sso-connect/saml/sso",
        "https://app.example/sso-connect/saml/SSO",
        "https://app.example/sso-connect/saml/sso/",
        "https://app.example/sso-connect/saml/sso?x=1",
        "https://app.example/sso-connect/saml/sso#x",
        "https://another.example/sso-connect/saml/sso",
        " https://app.example/sso-connect/saml/sso",
    ] {
        let response = confirmed(&desk, |it| it.recipient = Some(other.to_owned()));
        desk.refuses(&response, "recipient.mismatch");
    }
}

#[test]
fn pro_31_a_response_for_one_tenant_is_refused_by_another() {
    let desk = Desk::new();
    let mut tenant = Desk::new();
    tenant.service = sso_core::config::Service::new("https://tenant.example")
        .unwrap()
        .with_entity_id(desk.service.entity_id().clone());
    tenant.refuses(&desk.response().with(|it| it.destination = None), "recipient.mismatch");
    tenant.refuses(&desk.response(), "destination.mismatch");
}

#[test]
fn pro_04_a_wrong_recipient_is_reported_with_the_place_where_it_differs() {
    let desk = Desk::new();
    let other = "https://app.example/sso-connect/saml/acs";
    let response = confirmed(&desk, |it| it.recipient = Some(other.to_owned()));
    let rejection = desk.verify(response.to_xml().as_bytes()).unwrap_err();
    says(&rejection, &[other, &desk.service.acs_url(), "character 38"]);
}

#[test]
fn pro_05_a_confirmation_without_end_is_none() {
    let desk = Desk::new();
    desk.refuses(&confirmed(&desk, |it| it.not_on_or_after = None), "confirmation.incomplete");
}

#[test]
fn pro_06_a_bearer_confirmation_has_no_beginning() {
    let desk = Desk::new();
    desk.refuses(&confirmed(&desk, |it| it.not_before = Some(NOON)), "confirmation.incomplete");
}

#[test]
fn pro_07_an_answer_to_nothing_is_none() {
    let desk = Desk::new();
    desk.refuses(&confirmed(&desk, |it| it.in_response_to = None), "irt.missing");
}

#[test]
fn pro_07_an_answer_to_another_request_is_refused() {
    let desk = Desk::new();
    let response = desk.response().with(|it| {
        it.in_response_to = Some("_another".to_owned());
        it.assertion.confirmation.in_response_to = Some("_another".to_owned());
    });
    desk.refuses(&response, "irt.mismatch");
    desk.refuses(&response.with(|it| it.in_response_to = None), "irt.mismatch");
}

#[test]
fn pro_08_both_parts_answer_the_same_request() {
    let desk = Desk::new();
    let response = confirmed(&desk, |it| it.in_response_to = Some("_another".to_owned()));
    desk.refuses(&response, "irt.conflict");
    let response = desk.response().with(|it| it.in_response_to = Some("_another".to_owned()));
    desk.refuses(&response, "irt.mismatch");
}

#[test]
fn sig_18_what_the_unsigned_response_answers_decides_nothing() {
    let desk = Desk::new();
    let stolen = confirmed(&desk, |it| it.in_response_to = Some("_of-the-victim".to_owned()));
    desk.refuses(&stolen, "irt.conflict");
    desk.refuses(&stolen.with(|it| it.in_response_to = None), "irt.mismatch");
}

#[test]
fn pro_20_only_the_bearer_method_counts() {
    let desk = Desk::new();
    for method in [
        Some("urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"),
        Some("urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"),
        Some("urn:oasis:names:tc:SAML:2.0:cm:BEARER"),
        Some(""),
        None,
    ] {
        let response = confirmed(&desk, |it| it.method = method.map(str::to_owned));
        desk.refuses(&response, "confirmation.incomplete");
    }
    let none = desk.response().edit(|xml| swap(xml, cut(xml, "saml:SubjectConfirmation"), ""));
    desk.refuses(&none, "confirmation.incomplete");
}

#[test]
fn pro_20_one_bearer_confirmation_that_holds_is_enough() {
    let desk = Desk::new();
    let good = desk.response().assertion.confirmation;
    let spoil = |it: &mut FakeConfirmation| it.recipient = Some("https://else.example".to_owned());
    let bad = {
        let mut bad = good.clone();
        spoil(&mut bad);
        bad
    };
    desk.accepts(&desk.response().insert(Place::SubjectEnd, bad.to_xml()));
    desk.accepts(&confirmed(&desk, spoil).insert(Place::SubjectEnd, good.to_xml()));
    let both_bad = confirmed(&desk, spoil).insert(Place::SubjectEnd, bad.to_xml());
    desk.refuses(&both_bad, "recipient.mismatch");
}

#[test]
fn pro_20_halves_of_two_confirmations_are_not_one() {
    let desk = Desk::new();
    let mut without_recipient = desk.response().assertion.confirmation;
    without_recipient.recipient = None;
    let response = confirmed(&desk, |it| it.in_response_to = None)
        .insert(Place::SubjectEnd, without_recipient.to_xml());
    desk.refuses(&response, "recipient.mismatch");
}

#[test]
fn pro_21_the_address_of_the_browser_is_not_compared() {
    let desk = Desk::new();
    desk.accepts(&desk.response().edit(|xml| swap(xml, " Recipient=", r#" Address="192.0.2.1" Recipient="#)));
}

#[test]
fn xsw_25_confirmation_data_comes_once() {
    let desk = Desk::new();
    let response = desk.response().edit(|xml| {
        let start = xml.find("<saml:SubjectConfirmationData").unwrap();
        let end = start + xml[start..].find("/>").unwrap() + 2;
        let data = xml[start..end].to_owned();
        swap(xml, &data, &data.repeat(2))
    });
    desk.refuses(&response, "assertion.schema");
}

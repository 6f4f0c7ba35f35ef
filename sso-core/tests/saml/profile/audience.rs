//! For whom an assertion is meant (SAML Core 2.5.1.4).

use sso_core::testkit::{FakeResponse, Place};

use crate::desk::{Desk, says};

const OURS: &str = "https://app.example/sso-connect";

fn for_audiences(desk: &Desk, audiences: &[&[&str]]) -> FakeResponse {
    let owned = |it: &&[&str]| it.iter().map(|&name| name.to_owned()).collect();
    desk.response().with(|it| it.assertion.audiences = audiences.iter().map(owned).collect())
}

#[test]
fn pro_01_an_assertion_for_anybody_is_for_nobody() {
    let desk = Desk::new();
    desk.refuses(&for_audiences(&desk, &[]), "audience.missing");
}

#[test]
fn pro_01_a_restriction_that_names_nobody_lets_nobody_in() {
    let desk = Desk::new();
    desk.refuses(&for_audiences(&desk, &[&[]]), "audience.mismatch");
}

#[test]
fn pro_02_an_audience_is_compared_character_by_character() {
    let desk = Desk::new();
    for other in [
        "https://app.example/sso-connect/",
        "https://APP.example/sso-connect",
        "https://app.example/sso-connec",
        "https://app.example/sso-connect2",
        "http://app.example/sso-connect",
        "https://app.example:443/sso-connect",
        " https://app.example/sso-connect",
        "https://another.example/sso-connect",
        "",
    ] {
        desk.refuses(&for_audiences(&desk, &[&[other]]), "audience.mismatch");
    }
}

#[test]
fn pro_02_a_wrong_audience_is_reported_beside_ours() {
    let desk = Desk::new();
    let response = for_audiences(&desk, &[&["urn:another-service"]]);
    let rejection = desk.verify(response.to_xml().as_bytes()).unwrap_err();
    says(&rejection, &["urn:another-service", OURS]);
    assert_eq!(rejection.setting(), Some("identity_provider.audiences"));
}

#[test]
fn pro_03_one_restriction_may_name_several_services() {
    let desk = Desk::new();
    desk.accepts(&for_audiences(&desk, &[&["urn:another-service", OURS]]));
}

#[test]
fn pro_03_every_restriction_must_name_us() {
    let desk = Desk::new();
    desk.accepts(&for_audiences(&desk, &[&[OURS], &[OURS, "urn:another-service"]]));
    desk.refuses(&for_audiences(&desk, &[&[OURS], &["urn:another-service"]]), "audience.mismatch");
    desk.refuses(&for_audiences(&desk, &[&["urn:another-service"], &[OURS]]), "audience.mismatch");
}

#[test]
fn a_second_name_of_ours_counts_where_it_is_configured() {
    let named = |desk: &Desk| for_audiences(desk, &[&["spn:4711"]]);
    let desk = Desk::new();
    desk.refuses(&named(&desk), "audience.mismatch");
    let desk = desk.configured(|it| it.with_audiences(vec!["spn:4711".to_owned()]));
    desk.accepts(&named(&desk));
    desk.accepts(&desk.response());
}

#[test]
fn xsw_26_audiences_of_another_namespace_are_none() {
    let desk = Desk::new();
    let foreign = format!(r#"<x:Audience xmlns:x="urn:x">{OURS}</x:Audience>"#);
    let response = for_audiences(&desk, &[&["urn:another-service"]]).edit(move |xml| {
        xml.replace("</saml:AudienceRestriction>", &format!("{foreign}</saml:AudienceRestriction>"))
    });
    desk.refuses(&response, "audience.mismatch");
}

#[test]
fn pro_18_a_condition_that_nobody_knows_refuses_the_assertion() {
    let desk = Desk::new();
    for unknown in [
        r#"<saml:Condition xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:x="urn:x" xsi:type="x:Foo"/>"#,
        r#"<x:Condition xmlns:x="urn:x"/>"#,
        r#"<x:OneTimeUse xmlns:x="urn:x"/>"#,
    ] {
        desk.refuses(&desk.response().insert(Place::ConditionsEnd, unknown), "condition.unknown");
    }
}

#[test]
fn pro_19_one_time_use_and_proxy_restriction_are_known_and_come_once() {
    let desk = Desk::new();
    let proxy = r#"<saml:ProxyRestriction Count="0"/>"#;
    for known in ["<saml:OneTimeUse/>", proxy] {
        let once = desk.response().insert(Place::ConditionsEnd, known);
        desk.accepts(&once);
        desk.refuses(&once.insert(Place::ConditionsEnd, known), "conditions.count");
    }
}

#[test]
fn pro_17_an_assertion_has_conditions_exactly_once() {
    let desk = Desk::new();
    let without = desk.response().edit(|xml| crate::forge::without(xml, "saml:Conditions"));
    desk.refuses(&without, "conditions.count");
    let twice = desk.response().edit(|xml| {
        let conditions = crate::forge::cut(xml, "saml:Conditions");
        xml.replacen(conditions, &conditions.repeat(2), 1)
    });
    desk.refuses(&twice, "conditions.count");
}

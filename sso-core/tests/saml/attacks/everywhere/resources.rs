//! Messages that want more of us than a sign-in is worth.

use sso_core::saml::binding::MAX_MESSAGE;
use sso_core::testkit::FakeIdp;

use super::parsing::with_attribute;
use super::{accepts_written, messages, refuses, refuses_changed};
use crate::MEMORY;
use crate::forge::at_end;
use crate::stage::{Outcome, SignedInput, Stage, query};

const EVERY: &[SignedInput] = &SignedInput::ALL;

#[test]
fn c14n_22_no_document_is_deep_or_wide() {
    let nested = |depth: usize| format!("{}{}", "<x>".repeat(depth), "</x>".repeat(depth));
    let inserted = |stage: &Stage, xml: &str| {
        let unsigned = stage.unsigned();
        at_end(&unsigned, stage.input.root(), xml)
    };
    let attributes =
        |count: usize| -> String { (0..count).map(|it| format!(" a{it}=\"\"")).collect() };
    refuses(EVERY, "xml.too_deep", |stage| {
        vec![
            inserted(stage, &nested(64)),
            inserted(stage, &nested(10_000)),
        ]
    });
    refuses(EVERY, "xml.too_many_attributes", |stage| {
        [65, 2_000]
            .map(|it| inserted(stage, &format!("<x{}/>", attributes(it))))
            .to_vec()
    });
    refuses(&messages(), "xml.too_many_nodes", |stage| {
        vec![inserted(stage, &"<x/>".repeat(20_000))]
    });
    refuses(EVERY, "xml.too_many_namespaces", |stage| {
        let scope = |it: usize| {
            let declared: String = (0..50)
                .map(|at| format!(r#" xmlns:p{it}_{at}="urn:x""#))
                .collect();
            format!("<x{declared}>")
        };
        let scopes: String = (0..4).map(scope).collect();
        vec![inserted(stage, &format!("{scopes}{}", "</x>".repeat(4)))]
    });
    accepts_written(EVERY, |xml| {
        let root_end = xml.rfind("</").unwrap();
        let inside = format!("{}<x{}/>", nested(62), attributes(64));
        [&xml[..root_end], &inside, &xml[root_end..]].concat()
    });
}

#[test]
fn dos_01_no_message_makes_us_look_anywhere() {
    for doctype in [
        r#"<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>"#,
        r#"<!DOCTYPE x [<!ENTITY % e SYSTEM "http://127.0.0.1:1/e"> %e;]>"#,
        r#"<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">"#,
        r#"<!DOCTYPE x PUBLIC "a" "http://127.0.0.1:1/x.dtd">"#,
    ] {
        refuses(EVERY, "xml.doctype", |stage| {
            let signed = stage.signed();
            let referring = at_end(&signed, stage.input.root(), "&e;");
            vec![
                format!("{doctype}{signed}"),
                format!("{doctype}{referring}"),
            ]
        });
    }
    accepts_written(EVERY, |xml| {
        let include =
            r#"<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>"#;
        let located = r#"xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x http://127.0.0.1:1/x.xsd""#;
        let root_end = xml.rfind("</").unwrap();
        with_attribute(
            &[&xml[..root_end], include, &xml[root_end..]].concat(),
            located,
        )
    });
}

#[test]
fn dos_02_entities_multiply_in_no_message() {
    let entities: String = (1..10)
        .map(|it| {
            format!(
                r#"<!ENTITY e{it} "{}">"#,
                format!("&e{};", it - 1).repeat(10)
            )
        })
        .collect();
    let doctype = format!(r#"<!DOCTYPE x [<!ENTITY e0 "x">{entities}]>"#);
    refuses_changed(EVERY, "xml.doctype", |xml| format!("{doctype}{xml}"));
}

#[test]
fn dos_09_a_message_cut_off_anywhere_is_refused_whatever_it_is() {
    for &input in EVERY {
        let stage = Stage::new(input);
        let signed = stage.signed();
        for end in (0..signed.len()).step_by(97) {
            let outcome = stage.take_bytes(&signed.as_bytes()[..end]);
            let empty = input == SignedInput::Decrypted && end == 0;
            let code = if empty {
                "enc.malformed"
            } else {
                "xml.not_well_formed"
            };
            stage.check_refused(&outcome, code, &signed[..end]);
        }
    }
}

#[test]
fn a_query_is_as_long_as_it_may_be() {
    let stage = Stage::new(SignedInput::LogoutRequestInQuery);
    let long = query::signed(
        &format!("SAMLRequest={}", "A".repeat(600_000)),
        &FakeIdp::new(),
    );
    stage.check_refused(&stage.take_query(&long), "binding.too_large", "");
}

#[test]
fn dos_08_odd_moments_are_refused_in_every_message() {
    let dated = [
        SignedInput::ALL[0],
        SignedInput::ALL[1],
        SignedInput::ALL[7],
    ];
    let logout: Vec<_> = EVERY[2..6].to_vec();
    let fractions = format!("2027-01-15T12:00:00.{}Z", "1".repeat(100_000));
    for odd in [
        "",
        "now",
        "9999999999-01-15T12:00:00Z",
        "-0001-01-15T12:00:00Z",
        "2027-01-15T12:00:00",
        "2027-01-15T24:00:01Z",
        "2027-13-15T12:00:00Z",
        "2027-01-15T12:00:00+99:99",
        "2027-01-15T12:00:00Z ",
        &fractions,
    ] {
        let dated = [&dated[..], &logout].concat();
        refuses(&dated, "time.format", |stage| {
            let unsigned = stage.unsigned();
            let place = unsigned.find(stage.input.id()).unwrap();
            let (before, element) = unsigned.split_at(place);
            let noon = r#"IssueInstant="2027-01-15T12:00:00Z""#;
            let odd = element.replacen(noon, &format!(r#"IssueInstant="{odd}""#), 1);
            vec![stage.sign(&[before, &odd].concat())]
        });
    }
    refuses(&[SignedInput::Metadata], "md.valid_until", |stage| {
        let endless = with_attribute(&stage.unsigned(), r#"validUntil="99999-01-01T00:00:00Z""#);
        vec![stage.sign(&endless)]
    });
}

#[test]
fn dos_11_a_sign_in_that_is_begun_leaves_nothing_here() {
    let mut stage = Stage::new(SignedInput::Assertion);
    for _ in 0..1_000 {
        stage.begin();
    }
    assert_eq!(stage.writes(), 0);
    let last = stage.signed();
    stage.accepts(&last);
}

#[test]
fn dos_14_no_message_takes_more_memory_than_a_fixed_multiple_of_the_largest() {
    let filled = |stage: &Stage, content: &str| {
        let unsigned = stage.unsigned();
        let room = MAX_MESSAGE - unsigned.len();
        at_end(
            &unsigned,
            stage.input.root(),
            &content.repeat(room / content.len()),
        )
    };
    for input in messages() {
        let stage = Stage::new(input);
        let before = MEMORY.allocated();
        for content in [
            "<x/>",
            "<x a=\"\"/>",
            "&amp;",
            "<x xmlns:a=\"urn:a\" a:b=\"c\">d</x>",
            "<saml:NameID xmlns:saml=\"urn:x\">admin</saml:NameID>",
            " ",
            "<x>",
        ] {
            let document = filled(&stage, content);
            let outcome = stage.take(&document);
            assert_ne!(outcome, Outcome::Evil, "{input}: {content}");
        }
        let taken = MEMORY.max_allocated().saturating_sub(before);
        assert!(taken < 64 * MAX_MESSAGE, "{input}: {taken} bytes");
    }
}

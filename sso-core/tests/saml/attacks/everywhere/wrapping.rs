//! Signature wrapping: something true is signed, and something else is read.

use super::{accepts_written, bare, original, refuses, refuses_by, refuses_changed};
use crate::forge::{at_end, before, behind, cut, without};
use crate::stage::{Outcome, SignedInput, Stage};

const EVERY: &[SignedInput] = &SignedInput::ENVELOPED;

/// `xml` with `inserted` in several places inside of the signed element.
fn in_many_places(stage: &Stage, xml: &str, inserted: &str) -> Vec<String> {
    let element = stage.input.element();
    let wrapped = format!(r#"<x:Wrapper xmlns:x="urn:x">{inserted}</x:Wrapper>"#);
    let mut all = vec![
        at_end(xml, element, inserted),
        at_end(xml, element, &wrapped),
    ];
    if xml.contains("</saml:Issuer>") {
        all.push(behind(xml, "</saml:Issuer>", &wrapped));
    }
    all
}

#[test]
fn a_stage_believes_what_the_provider_signed_and_nothing_that_was_changed() {
    for input in SignedInput::ALL {
        let stage = Stage::new(input);
        stage.accepts(&stage.signed());
        let stage = Stage::new(input);
        let changed = stage.altered(&stage.signed());
        match input.is_in_query() {
            // Signed anew, so the provider does say what the attacker wants: the stage can tell.
            true => assert_eq!(stage.take(&changed), Outcome::Evil),
            false => stage.refuses(&changed, "sig.digest_mismatch"),
        }
    }
}

#[test]
fn a_refused_message_keeps_nothing_from_the_genuine_one() {
    for input in SignedInput::ALL {
        let stage = Stage::new(input);
        stage.refuses(&format!("{}x", stage.signed()), "xml.not_well_formed");
        stage.accepts(&stage.signed());
    }
}

#[test]
fn xsw_01_the_signed_element_inside_the_signature_of_an_evil_one() {
    refuses(EVERY, "sig.reference_not_parent", |stage| {
        let signed = stage.signed();
        let evil = stage.evil(&signed);
        vec![before(&evil, "</ds:Signature>", &bare(stage, &signed))]
    });
}

#[test]
fn xsw_02_the_signed_element_beside_the_signature_of_an_evil_one() {
    refuses(EVERY, "sig.reference_not_parent", |stage| {
        let signed = stage.signed();
        let (evil, bare) = (stage.evil(&signed), bare(stage, &signed));
        vec![
            before(&evil, "<ds:Signature", &bare),
            behind(&evil, "</ds:Signature>", &bare),
        ]
    });
}

#[test]
fn xsw_04_the_signed_element_inside_an_evil_one_without_signature() {
    refuses(EVERY, "sig.missing", |stage| {
        let signed = stage.signed();
        let evil = without(&stage.evil(&signed), "ds:Signature");
        in_many_places(stage, &evil, original(stage, &signed))
    });
}

#[test]
fn xsw_05_an_evil_element_keeps_the_signature_of_one_inside_of_it() {
    refuses(EVERY, "sig.reference_not_parent", |stage| {
        let signed = stage.signed();
        let evil = stage.evil(&signed);
        vec![at_end(&evil, stage.input.element(), &bare(stage, &signed))]
    });
}

#[test]
fn xsw_07_an_evil_element_of_the_same_id() {
    refuses(EVERY, "xml.duplicate_id", |stage| {
        let signed = stage.signed();
        in_many_places(stage, &signed, &stage.altered(&bare(stage, &signed)))
    });
}

#[test]
fn xsw_08_the_signed_element_in_an_object_of_the_signature_of_an_evil_one() {
    refuses(EVERY, "sig.object", |stage| {
        let signed = stage.signed();
        let object = format!("<ds:Object>{}</ds:Object>", bare(stage, &signed));
        vec![before(&stage.evil(&signed), "</ds:Signature>", &object)]
    });
}

#[test]
fn xsw_09_two_lists_of_what_is_signed_in_any_element() {
    refuses(EVERY, "sig.signedinfo_count", |stage| {
        let signed = stage.signed();
        let (evil, bare) = (stage.evil(&signed), bare(stage, &signed));
        let evil = at_end(&evil, stage.input.element(), &bare);
        let list = cut(&signed, "ds:SignedInfo").replace("#_", "#_evil_");
        vec![
            before(&evil, "<ds:SignedInfo", &list),
            behind(&evil, "</ds:SignedInfo>", &list),
            before(&evil, "<ds:X509Data", &list),
        ]
    });
}

#[test]
fn xsw_11_the_signature_is_somewhere_but_not_on_what_is_read_of_any_message() {
    refuses(EVERY, "sig.missing", |stage| {
        let signed = stage.signed();
        let evil = without(&stage.evil(&signed), "ds:Signature");
        let signature = cut(&signed, "ds:Signature");
        let element = stage.input.element();
        let nested = format!(r#"<x:X xmlns:x="urn:x">{signature}</x:X>"#);
        vec![at_end(&evil, element, &nested)]
    });
}

/// The digest of what the attacker wants, where a reader that takes the first one, or the last,
/// finds it: the true one is in the middle, and the transforms drop all three.
#[test]
fn xsw_12_a_digest_beside_the_signature() {
    let digest = |stage: &Stage| {
        let wanted = stage.sign(&stage.altered(&stage.unsigned()));
        cut(&wanted, "ds:DigestValue").to_owned()
    };
    refuses(EVERY, "sig.malformed", |stage| {
        let (evil, digest) = (stage.altered(&stage.signed()), digest(stage));
        vec![
            before(&evil, "<ds:SignedInfo", &digest),
            behind(&evil, "</ds:SignedInfo>", &digest),
        ]
    });
    refuses(EVERY, "sig.digest_mismatch", |stage| {
        let (evil, digest) = (stage.altered(&stage.signed()), digest(stage));
        vec![behind(&evil, "<ds:X509Data>", &digest)]
    });
}

#[test]
fn xsw_14_a_second_signature_beside_the_true_one() {
    refuses(EVERY, "sig.count", |stage| {
        let signed = stage.signed();
        let evil = without(&stage.evil(original(stage, &signed)), "ds:Signature");
        let object = format!("<ds:Object>{evil}</ds:Object>");
        let decoy = before(cut(&signed, "ds:Signature"), "</ds:Signature>", &object);
        vec![
            before(&signed, "<ds:Signature", &decoy),
            behind(&signed, "</ds:Signature>", &decoy),
        ]
    });
}

#[test]
fn xsw_15_the_signed_element_inside_a_forged_one_of_the_same_id() {
    refuses(EVERY, "xml.duplicate_id", |stage| {
        let signed = stage.signed();
        in_many_places(stage, &stage.altered(&signed), original(stage, &signed))
    });
}

#[test]
fn xsw_17_whatever_else_the_provider_signed_is_not_what_was_expected() {
    for input in SignedInput::ENVELOPED {
        let others = SignedInput::ENVELOPED
            .into_iter()
            .filter(|other| other.root() != input.root());
        for other in others {
            let codes = [
                "issuer.missing",
                "md.not_metadata",
                "sig.missing",
                "xml.root",
            ];
            Stage::new(input).refuses_with_one_of(&Stage::new(other).signed(), &codes);
        }
    }
}

#[test]
fn xsw_17_the_signature_of_another_message_signs_nothing() {
    for input in SignedInput::ENVELOPED {
        for other in SignedInput::ENVELOPED.into_iter().filter(|it| *it != input) {
            let (stage, other) = (Stage::new(input), Stage::new(other));
            let (evil, signed) = (stage.evil(&stage.unsigned()), other.signed());
            let inside = format!(
                r#"<x:X xmlns:x="urn:x">{}</x:X>"#,
                original(&other, &signed)
            );
            let around = at_end(&evil, stage.input.element(), &inside);
            stage.refuses(&around, "sig.missing");
            let id = format!("_evil_{}", input.id().trim_start_matches('_'));
            let dressed = crate::forge::insert_signature(&evil, &id, cut(&signed, "ds:Signature"));
            stage.refuses(&dressed, "sig.reference_not_parent");
        }
    }
}

#[test]
fn xsw_19_a_request_to_sign_out_around_a_signed_assertion() {
    let captured = {
        let stage = Stage::new(SignedInput::Assertion);
        original(&stage, &stage.signed()).to_owned()
    };
    let stage = Stage::new(SignedInput::LogoutRequest);
    let (evil, element) = (stage.evil(&stage.unsigned()), stage.input.element());
    stage.refuses(&at_end(&evil, element, &captured), "sig.missing");
    let nested = format!("<samlp:Extensions>{captured}</samlp:Extensions>");
    stage.refuses(&behind(&evil, "</saml:Issuer>", &nested), "sig.missing");
    let signature = cut(&captured, "ds:Signature");
    stage.refuses(
        &behind(&evil, "</saml:Issuer>", signature),
        "sig.reference_not_parent",
    );
    let same_id = evil.replace("_evil_logout_request", "_assertion");
    stage.refuses(
        &behind(&same_id, "</saml:Issuer>", signature),
        "sig.digest_mismatch",
    );

    let stage = Stage::new(SignedInput::LogoutRequestInQuery);
    let query = crate::stage::query::message(
        stage.parameter(),
        at_end(&evil, element, &captured).as_bytes(),
    );
    stage.check_refused(&stage.take_query(&query), "sig.missing", &query);
}

#[test]
fn xsw_20_nothing_stands_around_a_message() {
    let code = |input| match input {
        SignedInput::Metadata => "sig.missing",
        _ => "xml.root",
    };
    refuses_by(&SignedInput::ALL, code, |stage| {
        let signed = stage.signed();
        let soap = "http://schemas.xmlsoap.org/soap/envelope/";
        vec![
            format!("<x>{signed}</x>"),
            format!(r#"<s:Envelope xmlns:s="{soap}"><s:Body>{signed}</s:Body></s:Envelope>"#),
        ]
    });
}

#[test]
fn xsw_21_no_document_has_two_roots() {
    refuses(&SignedInput::ALL, "xml.not_well_formed", |stage| {
        let signed = stage.signed();
        let evil = stage.evil(&stage.unsigned());
        vec![format!("{signed}{evil}"), format!("{evil}{signed}")]
    });
}

#[test]
fn xsw_22_the_signed_element_deep_inside_the_one_that_refers_to_it() {
    refuses(EVERY, "sig.reference_not_parent", |stage| {
        let signed = stage.signed();
        let deep = format!(
            r#"<x:A xmlns:x="urn:x"><x:B>{}</x:B></x:A>"#,
            bare(stage, &signed)
        );
        let evil = stage.evil(&signed);
        let mut all = in_many_places(stage, &evil, &deep);
        if evil.contains("</saml:Subject>") {
            let advice = format!("<saml:Advice>{}</saml:Advice>", bare(stage, &signed));
            all.push(before(&evil, "</saml:Subject>", &advice));
        }
        all
    });
}

#[test]
fn xsw_24_an_old_message_inside_of_a_new_one() {
    refuses(EVERY, "sig.reference_not_parent", |stage| {
        let old = stage.signed();
        let moved = without(&stage.evil(&old), "ds:Signature");
        let inside = at_end(&moved, stage.input.element(), &bare(stage, &old));
        let id = format!("_evil_{}", stage.input.id().trim_start_matches('_'));
        vec![crate::forge::insert_signature(
            &inside,
            &id,
            cut(&old, "ds:Signature"),
        )]
    });
}

#[test]
fn xsw_25_a_name_comes_once_in_any_message() {
    refuses(&SignedInput::NAMING, "assertion.schema", |stage| {
        let unsigned = stage.unsigned();
        let name = cut(&unsigned, "saml:NameID").to_owned();
        let twice = behind(&unsigned, "</saml:NameID>", &stage.altered(&name));
        vec![stage.sign(&twice)]
    });
}

#[test]
fn xsw_26_elements_of_another_namespace_are_passed_over_in_any_message() {
    let (name, status) = (
        r#"<x:NameID xmlns:x="urn:x">admin</x:NameID>"#,
        r#"<x:Status xmlns:x="urn:x"><x:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></x:Status>"#,
    );
    let endpoint = r#"<x:SingleSignOnService xmlns:x="urn:x" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://evil.example/sso"/>"#;
    accepts_written(&SignedInput::NAMING, |xml| {
        before(xml, "<saml:NameID", name)
    });
    let answers = [
        SignedInput::LogoutResponse,
        SignedInput::LogoutResponseInQuery,
    ];
    accepts_written(&answers, |xml| before(xml, "<samlp:Status>", status));
    accepts_written(&[SignedInput::Metadata], |xml| {
        before(xml, "<md:SingleSignOnService", endpoint)
    });
}

#[test]
fn a_signature_is_where_its_element_has_it() {
    refuses_changed(EVERY, "sig.position", |xml| {
        let signature = cut(xml, "ds:Signature").to_owned();
        let rest = without(xml, "ds:Signature");
        let root_end = rest.rfind("</").unwrap();
        let inside = match rest.contains("</saml:Assertion>") && signature.contains("#_assertion") {
            true => rest.find("</saml:Assertion>").unwrap(),
            false => root_end,
        };
        [&rest[..inside], &signature, &rest[inside..]].concat()
    });
}

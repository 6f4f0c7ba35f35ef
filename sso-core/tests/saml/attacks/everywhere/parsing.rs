//! Messages that one reader understands in one way, and another in another.

use super::{
    accepts_forged, accepts_written, messages, refuses, refuses_changed, refuses_with_one_of,
    refuses_written,
};
use crate::forge::{ENVELOPED, EXCLUSIVE, Forge, algorithm, at_end, behind, swap};
use crate::stage::{Outcome, SignedInput, Stage};

const EVERY: &[SignedInput] = &SignedInput::ALL;

/// `xml` with `attribute` on its root.
pub(super) fn with_attribute(xml: &str, attribute: &str) -> String {
    let place = xml.find(" ID=").unwrap();
    format!("{} {attribute}{}", &xml[..place], &xml[place..])
}

#[test]
fn c14n_01_a_comment_cuts_no_name_in_any_message() {
    for input in SignedInput::NAMING {
        let stage = Stage::new(input);
        let document = swap(&stage.signed(), ">alice<", ">admin<!---->alice<");
        stage.refuses(&document, "xml.comment");
    }
}

#[test]
fn c14n_02_there_are_no_comments_in_any_message() {
    refuses(&messages(), "xml.comment", |stage| {
        let signed = stage.signed();
        vec![
            format!("<!-- x -->{signed}"),
            format!("{signed}<!-- x -->"),
            at_end(&signed, stage.input.root(), "<!-- x -->"),
            behind(&signed, "<saml:Issuer>", "<!---->"),
        ]
    });
}

#[test]
fn c14n_02_a_comment_in_metadata_divides_no_value() {
    let stage = Stage::new(SignedInput::Metadata);
    let signed = stage.signed();
    stage.accepts(&format!("<!-- x -->{signed}"));
    stage.accepts(&behind(&signed, "<ds:X509Certificate>", "<!-- x -->"));
}

#[test]
fn c14n_03_there_are_no_processing_instructions_in_any_message() {
    refuses(EVERY, "xml.pi", |stage| {
        let signed = stage.signed();
        vec![
            at_end(&signed, stage.input.element(), "<?p not-an-?>"),
            format!(r#"<?xml-stylesheet href="x"?>{signed}"#),
            format!("{signed}<?x y?>"),
        ]
    });
    refuses_changed(&SignedInput::NAMING, "xml.pi", |xml| {
        behind(xml, ">alice", "<?p not-an-?>")
    });
}

#[test]
fn c14n_04_a_character_data_section_is_text_in_any_message() {
    accepts_written(&SignedInput::NAMING, |xml| {
        swap(xml, ">alice<", "><![CDATA[al]]>i<![CDATA[ce]]><")
    });
}

#[test]
fn c14n_05_a_name_has_no_elements_inside_in_any_message() {
    for odd in [
        ">alice<x/>.evil<",
        "><x>alice</x><",
        ">alice<saml:NameID>admin</saml:NameID><",
    ] {
        refuses_written(&SignedInput::NAMING, "assertion.schema", |xml| {
            swap(xml, ">alice<", odd)
        });
    }
}

#[test]
fn c14n_06_07_08_09_no_message_has_a_document_type() {
    refuses(EVERY, "xml.doctype", |stage| {
        let signed = stage.signed();
        let evil = stage.altered(&signed);
        let entity = swap(&signed, r#" ID=""#, r#" ID="&i;"#);
        vec![
            format!("<!DOCTYPE r SYSTEM 'x\"><!--'>{evil}<![CDATA[-->{signed}<!--]]>-->"),
            format!(r#"<!DOCTYPE r [<!ATTLIST Signature xmlns CDATA #FIXED "urn:x">]>{signed}"#),
            format!(r#"<!DOCTYPE r [<!ENTITY i "_">]>{entity}"#),
            format!("<!DOCTYPE r [<!ENTITY % x \"<!ENTITY y 'z'>]>{signed}"),
            format!("<?xml version=\"1.0\"?>\n<!DOCTYPE r>{signed}"),
        ]
    });
    refuses_changed(EVERY, "xml.not_well_formed", |xml| {
        behind(xml, " ID=\"", "&undeclared;")
    });
}

#[test]
fn c14n_10_no_canonical_form_is_empty() {
    refuses_changed(EVERY, "xml.namespace", |xml| {
        with_attribute(xml, r#"xmlns:example="1""#)
    });
    let nothing = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"");
    refuses(&SignedInput::ENVELOPED, "sig.digest_mismatch", |stage| {
        let sign =
            |octets: &[u8]| futures_executor::block_on(stage.idp.signer().sign(octets)).unwrap();
        let (unsigned, id) = (stage.unsigned(), stage.input.id());
        vec![Forge::default().sign_digest(&unsigned, id, nothing.as_ref(), sign)]
    });
}

#[test]
fn c14n_11_the_prefixes_xml_and_xmlns_mean_what_they_mean_in_any_message() {
    for odd in [
        r##"xml:xmlns="#other""##,
        r#"xmlns:xml="urn:x""#,
        r#"xmlns:xmlns="urn:x""#,
        r#"xmlns:x="http://www.w3.org/XML/1998/namespace""#,
        r#"xmlns:x="http://www.w3.org/2000/xmlns/""#,
        r#"xmlns="http://www.w3.org/XML/1998/namespace""#,
    ] {
        // What is decrypted gets the prefixes that it lacks once more, and is refused for that.
        let codes = ["xml.namespace", "xml.not_well_formed"];
        refuses_with_one_of(EVERY, &codes, |stage| {
            vec![with_attribute(&stage.signed(), odd)]
        });
    }
}

#[test]
fn c14n_12_prefixes_are_declared_and_attributes_come_once_in_any_message() {
    for (odd, code) in [
        ("y:x=\"1\"", "xml.namespace"),
        ("xmlns:y=\"\"", "xml.namespace"),
        (
            "xmlns:a=\"urn:x\" xmlns:b=\"urn:x\" a:x=\"1\" b:x=\"2\"",
            "xml.not_well_formed",
        ),
        ("x=\"1\" x=\"2\"", "xml.not_well_formed"),
        ("xmlns:y=\"urn:x\" xmlns:y=\"urn:x\"", "xml.not_well_formed"),
    ] {
        refuses_changed(EVERY, code, |xml| with_attribute(xml, odd));
    }
    refuses(EVERY, "xml.namespace", |stage| {
        vec![at_end(&stage.signed(), stage.input.root(), "<y:x/>")]
    });
}

#[test]
fn c14n_13_what_other_parsers_write_otherwise_is_well_formed_in_no_message() {
    for odd in [
        "<x::Root/>",
        "<x :=\"v\"/>",
        "<x ::attr=\"x\"/>",
        "<:x/>",
        "<x:/>",
        "<x a:=\"1\"/>",
    ] {
        let codes = ["xml.not_well_formed", "xml.namespace"];
        refuses_with_one_of(EVERY, &codes, |stage| {
            vec![at_end(&stage.signed(), stage.input.root(), odd)]
        });
    }
    refuses_changed(EVERY, "xml.not_well_formed", |xml| {
        format!("<!x<!-- -->>{xml}")
    });
}

#[test]
fn c14n_15_prefix_lists_are_honoured_and_short_in_every_signature() {
    let with_list = |it: &mut Forge, list: &str, prefixes: &[&'static str]| {
        let parameter = format!(
            r#"<ec:InclusiveNamespaces xmlns:ec="{EXCLUSIVE}" PrefixList="{list}"></ec:InclusiveNamespaces>"#
        );
        let canonical = algorithm("Transform", EXCLUSIVE);
        let canonical = swap(
            &canonical,
            "</ds:Transform>",
            &format!("{parameter}</ds:Transform>"),
        );
        it.transforms = algorithm("Transform", ENVELOPED) + &canonical;
        it.canonicalization = canonical.replace("ds:Transform", "ds:CanonicalizationMethod");
        it.prefixes = prefixes.to_vec();
    };
    accepts_forged(|it| with_list(it, "", &[]));
    accepts_forged(|it| {
        with_list(
            it,
            "saml nowhere #default",
            &["saml", "nowhere", "#default"],
        )
    });
    accepts_forged(|it| with_list(it, &vec!["x"; 32].join(" "), &["x"]));
    refuses_forged_list(|it| with_list(it, &vec!["x"; 33].join(" "), &["x"]));
    refuses_forged_list(|it| with_list(it, &vec!["x"; 10_000].join(" "), &["x"]));
}

#[track_caller]
fn refuses_forged_list(change: impl Fn(&mut Forge)) {
    super::refuses_forged("c14n.error", change);
}

#[test]
fn c14n_17_every_message_is_utf_8_and_xml_1_0() {
    for declaration in [
        r#"<?xml version="1.0" encoding="UTF-16"?>"#,
        r#"<?xml version="1.0" encoding="UTF-7"?>"#,
        r#"<?xml version="1.0" encoding="EUC-JP"?>"#,
        r#"<?xml version="1.0" encoding="ISO-8859-1"?>"#,
        r#"<?xml version="1.1"?>"#,
        r#"<?xml encoding="UTF-8"?>"#,
    ] {
        refuses_changed(EVERY, "xml.encoding", |xml| format!("{declaration}{xml}"));
    }
    for odd in ["\0", "\u{1}", "\u{fffe}", "&#0;", "&#xD800;"] {
        refuses(EVERY, "xml.not_well_formed", |stage| {
            vec![at_end(&stage.signed(), stage.input.root(), odd)]
        });
    }
}

#[test]
fn c14n_17_bytes_that_are_no_utf_8_are_no_message() {
    // What is encrypted is text in this stage.
    for input in EVERY
        .iter()
        .copied()
        .filter(|it| *it != SignedInput::Decrypted)
    {
        let stage = Stage::new(input);
        let signed = stage.signed();
        let (start, end) = signed.split_at(signed.rfind("</").unwrap());
        for octets in [&b"\xC0\xAF"[..], b"\xED\xA0\x80", b"\xFF", b"\xE4"] {
            let broken = [start.as_bytes(), octets, end.as_bytes()].concat();
            let outcome = stage.take_bytes(&broken);
            stage.check_refused(&outcome, "xml.encoding", &signed);
        }
        let utf_16 = signed.encode_utf16().flat_map(u16::to_be_bytes);
        let utf_16: Vec<u8> = [0xFE, 0xFF].into_iter().chain(utf_16).collect();
        stage.check_refused(&stage.take_bytes(&utf_16), "xml.encoding", &signed);
    }
}

#[test]
fn c14n_18_line_ends_are_those_of_xml_in_every_message() {
    for &input in EVERY {
        let stage = Stage::new(input);
        let lines = stage.sign(&stage.unsigned().replace("><", ">\n<"));
        stage.accepts(&lines);
        let stage = Stage::new(input);
        let lines = stage.sign(&stage.unsigned().replace("><", ">\n<"));
        stage.accepts(&lines.replace('\n', "\r\n"));
    }
}

#[test]
fn c14n_19_nothing_stands_around_any_document() {
    refuses(EVERY, "xml.not_well_formed", |stage| {
        let signed = stage.signed();
        vec![
            format!("{signed}junk"),
            format!("{signed}{signed}"),
            format!("{signed}\0x"),
            format!("junk{signed}"),
        ]
    });
    refuses_changed(EVERY, "xml.pi", |xml| {
        format!(" <?xml version=\"1.0\"?>{xml}")
    });
}

#[test]
fn c14n_20_white_space_makes_another_destination_of_any_message() {
    let addressed = [
        SignedInput::LogoutRequest,
        SignedInput::LogoutRequestInQuery,
        SignedInput::LogoutResponse,
        SignedInput::LogoutResponseInQuery,
        SignedInput::Response,
    ];
    for white in ["\t", "\n", "&#9;", "&#10;", " "] {
        refuses_written(&addressed, "destination.mismatch", |xml| {
            behind(xml, " Destination=\"", white)
        });
    }
}

#[test]
fn c14n_21_another_encoding_of_a_response_is_the_same_response() {
    for input in [
        SignedInput::Assertion,
        SignedInput::Decrypted,
        SignedInput::Response,
    ] {
        let stage = Stage::new(input);
        let signed = stage.signed();
        stage.accepts(&signed);
        let again = [
            signed.clone(),
            format!("\n{signed}\n"),
            signed.replace("/>", " />"),
            signed.replace(">alice<", ">&#97;lice<"),
            stage.sign(&stage.unsigned()),
        ];
        for document in again {
            assert_eq!(stage.take(&document), Outcome::Refused("replay".to_owned()));
        }
    }
    let stage = Stage::new(SignedInput::Assertion);
    let signed = stage.signed();
    stage.accepts(&signed);
    let other_envelope = swap(&signed, r#" ID="_response""#, r#" ID="_another""#);
    assert_eq!(
        stage.take(&other_envelope),
        Outcome::Refused("replay".to_owned())
    );
}

#[test]
fn c14n_23_the_namespace_of_every_message_is_spelled_exactly() {
    // Nobody can sign what is no address of a namespace.
    refuses(EVERY, "xml.namespace", |stage| {
        vec![spelled(stage, &stage.signed(), |kind| format!("{kind} "))]
    });
    let codes = [
        "xml.root",
        "issuer.missing",
        "md.not_metadata",
        "assertion.missing",
        "sig.missing",
    ];
    let encoded = |kind: &str| format!("%{:x}{}", kind.as_bytes()[0], &kind[1..]);
    for spell in [encoded, str::to_uppercase] {
        refuses_with_one_of(EVERY, &codes, |stage| {
            vec![stage.sign(&spelled(stage, &stage.unsigned(), spell))]
        });
    }
}

/// `xml` with the namespace of the signed element spelled so.
fn spelled(stage: &Stage, xml: &str, spell: impl Fn(&str) -> String) -> String {
    let kind = match stage.input.element().split_once(':').unwrap().0 {
        "saml" => "assertion",
        "samlp" => "protocol",
        _ => "metadata",
    };
    let (exact, odd) = (format!(":2.0:{kind}"), format!(":2.0:{}", spell(kind)));
    assert!(xml.contains(&exact), "{exact} is not in {xml}");
    xml.replace(&exact, &odd)
}

#[test]
fn c14n_24_saml_1_1_is_another_protocol_for_every_message() {
    let codes = [
        "assertion.missing",
        "xml.root",
        "md.not_metadata",
        "issuer.missing",
        "sig.missing",
    ];
    refuses_with_one_of(EVERY, &codes, |stage| {
        let older = stage
            .unsigned()
            .replace(":2.0:protocol", ":1.1:protocol")
            .replace(":2.0:assertion", ":1.0:assertion")
            .replace(":2.0:metadata", ":1.0:metadata");
        vec![stage.sign(&older)]
    });
    refuses_with_one_of(&messages(), &codes, |stage| {
        let unsigned = stage.unsigned();
        vec![stage.sign(&unsigned.replace(":2.0:assertion", ":1.0:assertion"))]
    });
}

#[test]
fn ok_04_any_prefixes_in_any_message() {
    accepts_written(EVERY, |xml| {
        ["samlp", "saml", "md"]
            .iter()
            .zip(["a", "ns0", "x.y-z"])
            .fold(xml.to_owned(), |xml, (from, to)| {
                xml.replace(&format!("<{from}:"), &format!("<{to}:"))
                    .replace(&format!("</{from}:"), &format!("</{to}:"))
                    .replace(&format!("xmlns:{from}="), &format!("xmlns:{to}="))
            })
    });
}

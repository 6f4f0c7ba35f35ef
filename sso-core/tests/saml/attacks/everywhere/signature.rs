//! Signatures that are missing, broken, or of another shape than the one that is accepted.

use super::{
    accepts_forged, accepts_written, refuses, refuses_by, refuses_changed, refuses_forged,
};
use crate::forge::{
    DS, ENVELOPED, EXCLUSIVE, Forge, RSA_SHA256, algorithm, behind, cut, insert_signature, swap,
    without,
};
use crate::stage::{SignedInput, Stage, query};

const EVERY: &[SignedInput] = &SignedInput::ENVELOPED;

#[test]
fn sig_01_no_message_is_believed_without_signature() {
    refuses(EVERY, "sig.missing", |stage| {
        vec![stage.unsigned(), without(&stage.signed(), "ds:Signature")]
    });
    for input in SignedInput::IN_QUERY {
        let stage = Stage::new(input);
        let unsigned = query::message(stage.parameter(), stage.unsigned().as_bytes());
        stage.check_refused(&stage.take_query(&unsigned), "sig.missing", &unsigned);
    }
}

#[test]
fn sig_02_an_empty_signature_is_none_on_any_message() {
    refuses(EVERY, "sig.signedinfo_count", |stage| {
        let empty = format!(r#"<ds:Signature xmlns:ds="{DS}"/>"#);
        vec![insert_signature(
            &stage.unsigned(),
            stage.input.id(),
            &empty,
        )]
    });
}

#[test]
fn sig_02_every_part_of_every_signature_is_needed_but_the_key_info() {
    for (part, code) in [
        ("ds:SignedInfo", "sig.signedinfo_count"),
        ("ds:SignatureValue", "sig.malformed"),
        ("ds:CanonicalizationMethod", "sig.malformed"),
        ("ds:SignatureMethod", "sig.malformed"),
        ("ds:Reference", "sig.reference_count"),
        ("ds:Transforms", "sig.malformed"),
        ("ds:DigestMethod", "sig.malformed"),
        ("ds:DigestValue", "sig.malformed"),
    ] {
        refuses(EVERY, code, |stage| {
            vec![without(&stage.forged(&Forge::default()), part)]
        });
    }
    for (part, code) in [
        ("ds:DigestValue", "sig.digest_mismatch"),
        ("ds:SignatureValue", "sig.mismatch"),
    ] {
        refuses_changed(EVERY, code, |xml| {
            swap(xml, cut(xml, part), &format!("<{part}></{part}>"))
        });
    }
    for &input in EVERY {
        let stage = Stage::new(input);
        stage.accepts(&stage.forged(&Forge::default()));
    }
}

#[test]
fn sig_03_every_signature_has_exactly_one_reference() {
    refuses_changed(EVERY, "sig.reference_count", |xml| {
        let reference = cut(xml, "ds:Reference");
        swap(xml, reference, &reference.repeat(2))
    });
    refuses_changed(EVERY, "sig.reference_count", |xml| {
        let other = cut(xml, "ds:Reference").replace("URI=\"#_", "URI=\"#_other_");
        behind(xml, "</ds:Reference>", &other)
    });
}

#[test]
fn sig_04_a_reference_to_the_whole_document_is_one_to_its_root_only() {
    let whole = Forge::default().with(|it| it.reference = Some(r#"URI="""#.to_owned()));
    for &input in EVERY {
        let stage = Stage::new(input);
        match input.root() == input.element() {
            true => stage.accepts(&stage.forged(&whole)),
            false => stage.refuses(&stage.forged(&whole), "sig.uri"),
        }
    }
}

#[test]
fn sig_05_every_reference_is_a_number_sign_and_a_name() {
    refuses_forged("sig.uri", |it| it.reference = Some(String::new()));
    for uri in [
        "#",
        "# _assertion",
        "#%5fassertion",
        "#xpointer(/)",
        "#xpointer(id('_assertion'))",
        "_assertion",
    ] {
        refuses_forged("sig.uri", |it| {
            it.reference = Some(format!(r#"URI="{uri}""#));
        });
    }
}

#[test]
fn sig_06_nothing_is_fetched_for_any_message() {
    for uri in [
        "http://127.0.0.1:1/x",
        "file:///etc/passwd",
        "cid:x",
        "https://idp.example/#_assertion",
    ] {
        refuses_forged("sig.uri", |it| {
            it.reference = Some(format!(r#"URI="{uri}""#));
        });
    }
}

#[test]
fn sig_07_identifiers_of_every_message_are_names() {
    let long = "a".repeat(100_000);
    for odd in ["a'b", "'] | //*['", " _x", "1a", "a&#9;b", "", &long] {
        refuses(&SignedInput::ALL, "xml.bad_id", |stage| {
            let own = format!(r#" ID="{}""#, stage.input.id());
            vec![swap(&stage.unsigned(), &own, &format!(r#" ID="{odd}""#))]
        });
    }
}

#[test]
fn sig_08_whatever_looks_like_an_identifier_is_unique_in_every_message() {
    let wsu = r#"xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" wsu:Id"#;
    for attribute in [
        "Id",
        "id",
        "xml:id",
        wsu,
        "AssertionID",
        r#"xmlns:x="urn:x" x:ID"#,
        "iD",
    ] {
        refuses(&SignedInput::ALL, "xml.duplicate_id", |stage| {
            let (signed, id) = (stage.signed(), stage.input.id());
            let own = format!(r#" ID="{id}""#);
            let elsewhere = format!(r#"<x {attribute}="{id}"/>"#);
            vec![
                swap(&signed, &own, &format!(r#" {attribute}="{id}"{own}"#)),
                crate::forge::at_end(&signed, stage.input.root(), &elsewhere),
            ]
        });
    }
}

#[test]
fn sig_09_a_comment_in_a_digest_is_refused_or_changes_nothing() {
    let digest = |xml: &str| behind(xml, "<ds:DigestValue>", "<!--evil-->");
    refuses_changed(&enveloped_messages(), "xml.comment", digest);
    let stage = Stage::new(SignedInput::Metadata);
    stage.accepts(&digest(&stage.signed()));
    let half = behind(&stage.signed(), "<ds:DigestValue>", "AAAA<!--");
    stage.refuses(
        &swap(&half, "</ds:DigestValue>", "--></ds:DigestValue>"),
        "sig.digest_mismatch",
    );
}

#[test]
fn sig_10_neither_comment_nor_instruction_nor_element_stands_in_a_value() {
    for place in [
        "<ds:SignatureValue>",
        "<ds:X509Certificate>",
        "<ds:DigestValue>",
    ] {
        refuses_changed(&enveloped_messages(), "xml.comment", |xml| {
            behind(xml, place, "<!--x-->")
        });
        refuses_changed(EVERY, "xml.pi", |xml| behind(xml, place, "<?x y?>"));
    }
    for place in ["<ds:SignatureValue>", "<ds:DigestValue>"] {
        refuses_changed(EVERY, "sig.malformed", |xml| behind(xml, place, "<x/>"));
    }
}

#[test]
fn sig_14_the_transforms_of_every_signature_are_enveloped_and_exclusive() {
    let inclusive = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
    for list in [
        &[][..],
        &[EXCLUSIVE],
        &[ENVELOPED],
        &[ENVELOPED, ENVELOPED],
        &[ENVELOPED, ENVELOPED, EXCLUSIVE],
        &[EXCLUSIVE, ENVELOPED],
        &[ENVELOPED, EXCLUSIVE, EXCLUSIVE],
        &[ENVELOPED, inclusive],
        &[ENVELOPED, "urn:unknown"],
        &["http://www.w3.org/2000/09/xmldsig#base64", EXCLUSIVE],
    ] {
        refuses_forged("sig.transform", |it| it.transforms = transforms(list));
    }
    accepts_forged(|it| it.transforms = transforms(&[ENVELOPED, WITH_COMMENTS]));
}

#[test]
fn dos_03_dos_04_no_signature_runs_a_stylesheet_or_evaluates_a_path() {
    for program in [
        XSLT,
        "http://www.w3.org/TR/1999/REC-xpath-19991116",
        "http://www.w3.org/2002/06/xmldsig-filter2",
    ] {
        for list in [
            &[ENVELOPED, program][..],
            &[ENVELOPED, EXCLUSIVE, program],
            &[program],
        ] {
            refuses_forged("sig.transform", |it| it.transforms = transforms(list));
        }
    }
}

fn transforms(list: &[&str]) -> String {
    list.iter().map(|it| algorithm("Transform", it)).collect()
}

#[test]
fn sig_15_the_canonicalization_of_every_signature_is_exclusive() {
    for uri in [
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
        "http://www.w3.org/2006/12/xml-c14n11",
        "http://www.w3.org/2000/09/xmldsig#base64",
        XSLT,
        "",
    ] {
        let method = algorithm("CanonicalizationMethod", uri);
        refuses_forged("sig.c14n", |it| it.canonicalization.clone_from(&method));
    }
    accepts_forged(|it| it.canonicalization = algorithm("CanonicalizationMethod", WITH_COMMENTS));
}

#[test]
fn sig_16_no_signature_holds_anything_but_itself() {
    for content in [
        "<ds:Object/>",
        "<ds:Object><ds:Manifest/></ds:Object>",
        "<ds:Manifest/>",
        "<ds:Object><ds:SignatureProperties/></ds:Object>",
        r#"<Object xmlns="urn:x"/>"#,
    ] {
        refuses_forged("sig.object", |it| it.tail = content.to_owned());
    }
    refuses(EVERY, "sig.object", |stage| {
        let manifest = "http://www.w3.org/2000/09/xmldsig#Manifest";
        let typed = format!(r##"URI="#{}" Type="{manifest}""##, stage.input.id());
        vec![stage.forged(&Forge::default().with(|it| it.reference = Some(typed)))]
    });
}

#[test]
fn sig_17_a_signature_that_cannot_even_be_checked_is_refused() {
    for value in [vec![], vec![0], vec![0xFF; 256], vec![0; 100_000]] {
        for input in SignedInput::ALL {
            let stage = Stage::new(input);
            let outcome = stage.take_signed_by(&Forge::default(), RSA_SHA256, |_| value.clone());
            let code = match input.is_in_query() && value.is_empty() {
                true => "sig.alg",
                false => "sig.mismatch",
            };
            stage.check_refused(&outcome, code, "");
        }
    }
    refuses_changed(EVERY, "sig.malformed", |xml| {
        behind(xml, "<ds:SignatureValue>", "%")
    });
}

#[test]
fn sig_21_what_is_read_of_every_message_is_what_was_signed() {
    for spelling in [">al<![CDATA[ic]]>e<", ">&#97;lice<", ">al&#x69;ce<"] {
        for input in SignedInput::NAMING {
            let stage = Stage::new(input);
            stage.accepts(&swap(&stage.signed(), ">alice<", spelling));
        }
    }
    let enveloped: Vec<_> = SignedInput::NAMING
        .into_iter()
        .filter(|it| !it.is_in_query())
        .collect();
    for other in [
        ">alice <",
        ">Alice<",
        ">al\u{ad}ice<",
        ">alice&#13;<",
        "><![CDATA[]]>admin<",
    ] {
        refuses_changed(&enveloped, "sig.digest_mismatch", |xml| {
            swap(xml, ">alice<", other)
        });
    }
}

#[test]
fn sig_every_attribute_and_text_of_a_signed_message_counts() {
    for &input in EVERY {
        let (stage, untouched) = (Stage::new(input), Stage::new(input));
        let content = super::bare(&untouched, &untouched.signed());
        untouched.accepts(&reassembled(&untouched, &content));

        let content = super::bare(&stage, &stage.signed());
        for place in ends_of_values(&content) {
            let changed = [&content[..place], "x", &content[place..]].concat();
            stage.refuses(&reassembled(&stage, &changed), "sig.digest_mismatch");
        }
    }
    refuses(EVERY, "sig.digest_mismatch", |stage| {
        let tag = format!("<{} ", stage.input.element());
        vec![behind(&stage.signed(), &tag, r#"x="y" "#)]
    });
}

/// The signed document with this instead of the signed element, which keeps its signature.
fn reassembled(stage: &Stage, content: &str) -> String {
    let signed = stage.signed();
    let signature = cut(&signed, "ds:Signature");
    let whole = insert_signature(content, stage.input.id(), signature);
    swap(&signed, super::original(stage, &signed), &whole)
}

/// Where a value of an attribute or the content of an element ends.
///
/// Not those that are looked at before the signature: declarations of namespaces, the identifier
/// that the signature refers to, and the issuer, whose keys are used.
fn ends_of_values(xml: &str) -> Vec<usize> {
    let attributes = xml.match_indices("=\"").filter_map(|(place, opening)| {
        let name = xml[..place].rsplit(' ').next()?;
        let start = place + opening.len();
        let is_looked_at_before = name.starts_with("xmlns") || name == "ID";
        (!is_looked_at_before).then_some(start + xml[start..].find('"')?)
    });
    let issuer = xml.find("</saml:Issuer>");
    let contents = xml.match_indices("</").map(|(place, _)| place);
    let contents = contents.filter(|place| Some(*place) != issuer);
    attributes.chain(contents).collect()
}

#[test]
fn ok_03_values_with_line_breaks_in_any_message() {
    for &input in EVERY {
        let stage = Stage::new(input);
        let signed = stage.signed();
        stage.accepts(&behind(&signed, "<ds:SignatureValue>", "\n  "));
        let stage = Stage::new(input);
        stage.accepts(&stage.forged(&Forge::default().with(|it| it.is_spaced = true)));
    }
}

#[test]
fn ok_09_extensions_that_nobody_knows_in_any_message() {
    let unknown = r#"<x:Unknown xmlns:x="urn:x" x:a="b"><x:Inner>c</x:Inner></x:Unknown>"#;
    accepts_written(&SignedInput::ALL, |xml| {
        let root_end = xml.rfind("</").unwrap();
        [&xml[..root_end], unknown, &xml[root_end..]].concat()
    });
}

#[test]
fn xsw_20_a_message_of_another_kind_is_not_the_one_that_was_expected() {
    refuses_by(
        &[SignedInput::LogoutRequest, SignedInput::LogoutResponse],
        |_| "xml.root",
        |stage| {
            let unsigned = stage.unsigned();
            let other = match stage.input {
                SignedInput::LogoutRequest => unsigned.replace("LogoutRequest", "LogoutResponse"),
                _ => unsigned.replace("LogoutResponse", "LogoutRequest"),
            };
            vec![stage.sign(&other)]
        },
    );
}

fn enveloped_messages() -> Vec<SignedInput> {
    let every = EVERY.iter().copied();
    every.filter(|it| !it.may_have_comments()).collect()
}

const WITH_COMMENTS: &str = "http://www.w3.org/2001/10/xml-exc-c14n#WithComments";
const XSLT: &str = "http://www.w3.org/TR/1999/REC-xslt-19991116";

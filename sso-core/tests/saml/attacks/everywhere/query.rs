//! Messages in queries: it is the query that is signed, so the query is what is attacked.

use miniz_oxide::deflate::{compress_to_vec, compress_to_vec_zlib};
use sso_core::saml::binding::MAX_MESSAGE;

use crate::stage::query::{message, message_of, pair, signed, signed_by};
use crate::stage::{Outcome, SignedInput, Stage};

/// A stage, and a query that its provider signed.
fn stages() -> [(Stage, String); 2] {
    SignedInput::IN_QUERY.map(|input| {
        let stage = Stage::new(input);
        let query = signed(&octets(&stage, &stage.unsigned()), &stage.idp);
        (stage, query)
    })
}

fn octets(stage: &Stage, document: &str) -> String {
    let message = message(stage.parameter(), document.as_bytes());
    format!("{message}&{}", pair("RelayState", "here"))
}

#[track_caller]
fn refuses(code: &str, attack: impl Fn(&Stage, &str) -> Vec<String>) {
    for (stage, query) in stages() {
        for attack in attack(&stage, &query) {
            stage.check_refused(&stage.take_query(&attack), code, &attack);
        }
    }
}

#[test]
fn sig_11_the_parameters_that_are_used_are_those_that_were_signed() {
    for (stage, query) in stages() {
        assert_eq!(stage.take_query(&query), Outcome::Genuine);
    }
    refuses("binding.duplicate", |stage, query| {
        let evil = message(
            stage.parameter(),
            stage.altered(&stage.unsigned()).as_bytes(),
        );
        let spelled = evil.replacen("SAML", "S%41ML", 1);
        let other = match stage.parameter() {
            "SAMLRequest" => "SAMLResponse",
            _ => "SAMLRequest",
        };
        let other = evil.replacen(stage.parameter(), other, 1);
        let mut attacks = Vec::new();
        for second in [&evil, &spelled, &other] {
            attacks.push(format!("{query}&{second}"));
            attacks.push(format!("{second}&{query}"));
        }
        for second in [
            "RelayState=there",
            "SigAlg=x",
            "Signature=eA%3D%3D",
            "Relay%53tate=x",
        ] {
            attacks.push(format!("{query}&{second}"));
            attacks.push(format!("{second}&{query}"));
        }
        attacks
    });
}

#[test]
fn sig_11_another_encoding_of_the_same_values_is_not_what_was_signed() {
    refuses("sig.mismatch", |_, query| {
        vec![
            query.replacen("RelayState=here", "RelayState=h%65re", 1),
            query.replacen("RelayState=here", "RelayState=there", 1),
            query.replacen("RelayState=here&", "", 1),
            query.replacen("%3A", "%3a", 1),
        ]
    });
}

#[test]
fn sig_11_in_another_order_the_parameters_say_the_same() {
    for (stage, query) in stages() {
        let mut parameters: Vec<_> = query.split('&').collect();
        parameters.reverse();
        assert_eq!(stage.take_query(&parameters.join("&")), Outcome::Genuine);
    }
}

#[test]
fn ok_19_percent_encoding_in_small_letters_is_verified_as_it_came() {
    for input in SignedInput::IN_QUERY {
        let stage = Stage::new(input);
        let small = |text: &str| {
            text.replace("%2B", "%2b")
                .replace("%2F", "%2f")
                .replace("%3D", "%3d")
        };
        let query = signed(&small(&octets(&stage, &stage.unsigned())), &stage.idp);
        assert_eq!(stage.take_query(&query), Outcome::Genuine);
    }
}

#[test]
fn sig_12_half_a_signature_is_none() {
    refuses("sig.alg", |stage, query| {
        let (unsigned, signature) = query.split_once("&SigAlg=").unwrap();
        let (_, signature) = signature.split_once("&Signature=").unwrap();
        let unknown = signed_by(unsigned, "urn:unknown", |_| vec![1; 256]);
        let none = signed_by(&octets(stage, &stage.unsigned()), "", |_| vec![1; 256]);
        vec![
            format!("{unsigned}&Signature={signature}"),
            format!("{unsigned}&SigAlg=&Signature={signature}"),
            query.replacen(signature, "", 1),
            query.split("&Signature=").next().unwrap().to_owned(),
            unknown,
            none,
        ]
    });
}

#[test]
fn sig_12_only_deflated_messages_are_taken() {
    refuses("binding.encoding", |_, query| {
        [
            "identity",
            "",
            "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:GZIP",
        ]
        .map(|encoding| format!("{query}&{}", pair("SAMLEncoding", encoding)))
        .to_vec()
    });
}

#[test]
fn sig_13_a_signature_inside_of_the_message_does_not_sign_the_query() {
    refuses("sig.missing", |stage, _| {
        let inside = stage.idp.sign(&stage.unsigned(), stage.input.id());
        vec![message(stage.parameter(), inside.as_bytes())]
    });
}

#[test]
fn dos_05_a_message_unfolds_up_to_the_cap_and_no_further() {
    refuses("binding.too_large", |stage, _| {
        let bomb = compress_to_vec(&vec![b' '; 64 * 1024 * 1024], 9);
        let just = compress_to_vec(&vec![b' '; MAX_MESSAGE + 1], 9);
        vec![
            signed(&message_of(stage.parameter(), &just), &stage.idp),
            signed(&message_of(stage.parameter(), &bomb), &stage.idp),
        ]
    });
    for (stage, _) in stages() {
        let room = MAX_MESSAGE - stage.unsigned().len();
        let padded = stage.unsigned() + &" ".repeat(room);
        assert_eq!(stage.take(&padded), Outcome::Genuine);
    }
}

#[test]
fn dos_05_one_raw_stream_is_taken_and_nothing_behind_it() {
    refuses("binding.deflate", |stage, _| {
        let document = stage.unsigned();
        let stream = compress_to_vec(document.as_bytes(), 6);
        let twice = stream.repeat(2);
        let trailing = [&stream[..], &[0]].concat();
        let zlib = compress_to_vec_zlib(document.as_bytes(), 6);
        let cut_off = stream[..stream.len() - 1].to_vec();
        [
            twice,
            trailing,
            zlib,
            cut_off,
            document.into_bytes(),
            Vec::new(),
        ]
        .map(|it| signed(&message_of(stage.parameter(), &it), &stage.idp))
        .to_vec()
    });
}

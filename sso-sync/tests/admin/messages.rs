//! Every message and record has the form that the chapter on administrators gives it.
//!
//! The bytes themselves are in the test vectors.

use serde_json::Value;

#[test]
fn messages_and_records_have_the_documented_form() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let mut forms = String::new();
    for (what, value) in vectors.as_object().unwrap() {
        let Some(message) = value.as_str().and_then(bytes) else {
            continue;
        };
        let form = minicbor::display(&message).to_string();
        forms.push_str(&format!("{what}: {}\n", without_contents(&form)));
    }
    insta::assert_snapshot!(forms, @r#"account: [200, 1, ["example", "alice@example.com", 1, [b192, [16, 1, 1], b137, [b32, b32], [b32, b137], [b32, b64]], [b32, b137], [], [[b16, 1800259200]], false]]
challenge: [100, 1, [0, [[b204, b320, [16, 1, 1]]]]]
granted: [100, 1, [1, [b184]]]
hub keys: [1, b128, b32]
registered: [100, 1, [5, [1]]]
registration begins: [3, 1, ["example", "alice@example.com", b32, [0, [b16, b64]]]]
registration ends: [4, 1, [b66, [b192, [16, 1, 1], b137, [b32, b32], [b32, b137], [b32, b64]], [0, [b16, b64]]]]
registration open: [100, 1, [4, [[b66, b64, 1]]]]
sealed: confirm: [100, 1, [6, [b147]]]
sealed: propose: [100, 1, [6, [b57]]]
second factor changes: confirm: [5, 1, [[0, [[1, [953175]]]], [b32, 1800000000, b32]]]
second factor changes: propose: [5, 1, [[1, []], [b32, 1800000000, b32]]]
session: [201, 1, ["example", "alice@example.com", 1, 1800000000, 1800003600, false, b97]]
sign-in begins: [1, 1, ["example", "alice@example.com", b96]]
sign-in ends: [2, 1, [b204, b64]]"#);
}

/// The bytes of a message or record: an array of kind, version and content.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    let bytes: Vec<u8> = (0..hex.len() / 2)
        .map(|place| u8::from_str_radix(hex.get(2 * place..2 * place + 2)?, 16).ok())
        .collect::<Option<_>>()?;
    (bytes.first() == Some(&0x83)).then_some(bytes)
}

/// Writes `h'01 02'` as `b2`.
fn without_contents(form: &str) -> String {
    let mut parts = form.split("h'");
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        let (content, rest) = part.split_once('\'').unwrap();
        text.push_str(&format!("b{}{rest}", content.split_whitespace().count()));
    }
    text
}

const VECTORS: &str = include_str!("../data/vectors/administrators.json");

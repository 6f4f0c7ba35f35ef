//! Queries of the redirect binding, and the messages inside.

use fastrand::Rng;
use sso_core::saml::binding::redirect::{self, RedirectMessage};

use super::{bytes, insert, pick, several, text, xml};

/// Changes a query: its parameters, their encoding, or the message that one of them carries.
#[must_use]
pub fn query(data: &[u8], other: &[u8], random: &mut Rng) -> Vec<u8> {
    match random.u8(..4) {
        0 => message(data, other, random).unwrap_or_else(|| data.to_vec()),
        _ => several(data, random, |data, random| match random.u8(..4) {
            0 => bytes::change(data, other, random),
            1 => {
                let word = pick(&WORDS, random).unwrap_or(&WORDS[0]);
                let at = random.usize(..=data.len());
                insert(data, at, word.as_bytes());
            }
            2 => encode_a_byte(data, random),
            _ => text::parts(data, other, b'&', random),
        }),
    }
}

/// Another message under the same signature.
fn message(data: &[u8], other: &[u8], random: &mut Rng) -> Option<Vec<u8>> {
    let ours = decode(data)?;
    let theirs = decode(other)?;
    let changed = xml(&ours.xml, &theirs.xml, random);
    let changed = String::from_utf8(changed).ok()?;
    let packed = encode(&changed, &ours)?;
    let rest = data.split(|it| *it == b'&');
    let rest = rest.filter(|it| it.starts_with(b"Sig"));
    let mut parts = vec![packed.as_bytes()];
    parts.extend(rest);
    Some(parts.join(&b'&'))
}

fn decode(data: &[u8]) -> Option<RedirectMessage> {
    redirect::decode(std::str::from_utf8(data).ok()?).ok()
}

fn encode(xml: &str, like: &RedirectMessage) -> Option<String> {
    let nowhere = "https://x.example/".parse().ok()?;
    let relay_state = like.relay_state.as_deref();
    let encoding = redirect::encode(like.kind, xml, &nowhere, relay_state, None);
    let address = futures_executor::block_on(encoding).ok()?;
    Some(address.split_once('?')?.1.to_owned())
}

/// Percent-encodes a byte that needs it not, or spells an encoded one otherwise.
fn encode_a_byte(data: &mut Vec<u8>, random: &mut Rng) {
    if data.is_empty() {
        return;
    }
    let at = random.usize(..data.len());
    match data[at] {
        byte @ b'a'..=b'f' => data[at] = byte.to_ascii_uppercase(),
        byte @ b'A'..=b'F' => data[at] = byte.to_ascii_lowercase(),
        byte => drop(data.splice(at..=at, format!("%{byte:02x}").into_bytes())),
    }
}

const WORDS: [&str; 10] = [
    "SAMLRequest=",
    "&SAMLResponse=",
    "&RelayState=",
    "&SigAlg=",
    "&Signature=",
    "&SAMLEncoding=",
    "%00",
    "%",
    "+",
    ";",
];

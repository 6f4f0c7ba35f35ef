//! Messages in the query of an address: the HTTP-Redirect binding (SAML Bindings 3.4).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use sso_core::signature::{Algorithms, SignError, Signer, VerifyingKey, verify_octets};
use url::form_urlencoded;

use super::messages::Refused;

/// A request that came in, and what goes back with the answer.
#[derive(Clone, Debug)]
pub(super) struct Incoming {
    pub(super) xml: String,
    pub(super) relay_state: Option<String>,
}

/// Reads the request in a query, signed or not.
pub(super) fn read(query: &str) -> Result<Incoming, Refused> {
    let deflated = value(query, "SAMLRequest").ok_or(Refused::Unreadable)?;
    let deflated = BASE64_STANDARD.decode(deflated).map_err(|_| Refused::Unreadable)?;
    let xml =
        decompress_to_vec_with_limit(&deflated, MAX_BYTES).map_err(|_| Refused::Unreadable)?;
    let xml = String::from_utf8(xml).map_err(|_| Refused::Unreadable)?;
    Ok(Incoming { xml, relay_state: value(query, "RelayState") })
}

/// Reads the request in a query that `key` signed (SAML Bindings 3.4.4.1).
pub(super) fn read_signed(query: &str, key: &VerifyingKey) -> Result<Incoming, Refused> {
    let algorithm = value(query, "SigAlg").ok_or(Refused::Signature)?;
    let signature = value(query, "Signature").ok_or(Refused::Signature)?;
    let signature = BASE64_STANDARD.decode(signature).map_err(|_| Refused::Signature)?;
    let names = ["SAMLRequest", "RelayState", "SigAlg"];
    let signed: Vec<&str> = names.iter().filter_map(|name| parameter(query, name)).collect();
    let (octets, keys) = (signed.join("&"), [key.clone()]);
    verify_octets(&algorithm, octets.as_bytes(), &signature, &keys, &Algorithms::default())
        .map_err(|_| Refused::Signature)?;
    read(query)
}

/// The address that takes the response `xml` to `to`, signed.
pub(super) async fn write_signed(
    to: &str,
    xml: &str,
    relay_state: Option<&str>,
    signer: &dyn Signer,
) -> Result<String, SignError> {
    let octets = signed_part("SAMLResponse", xml, relay_state, signer.algorithm().uri());
    let signature = BASE64_STANDARD.encode(signer.sign(octets.as_bytes()).await?);
    let signature: String = form_urlencoded::byte_serialize(signature.as_bytes()).collect();
    Ok(format!("{to}?{octets}&Signature={signature}"))
}

/// The part of a query that is signed: `parameter` with the message `xml`, and what follows.
pub(super) fn signed_part(
    parameter: &str,
    xml: &str,
    relay_state: Option<&str>,
    algorithm: &str,
) -> String {
    let deflated = BASE64_STANDARD.encode(compress_to_vec(xml.as_bytes(), COMPRESSION));
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair(parameter, &deflated);
    if let Some(relay_state) = relay_state {
        query.append_pair("RelayState", relay_state);
    }
    query.append_pair("SigAlg", algorithm).finish()
}

/// The value of a parameter, decoded.
fn value(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// A parameter as it was sent.
fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find(|pair| pair.split('=').next() == Some(name))
}

/// The level that most programs use.
const COMPRESSION: u8 = 6;

/// More than any request of ours needs.
const MAX_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_request_is_refused() {
        let huge = BASE64_STANDARD.encode(compress_to_vec(&vec![b' '; MAX_BYTES + 1], COMPRESSION));
        let huge: String = form_urlencoded::byte_serialize(huge.as_bytes()).collect();
        for value in ["", "%%%", "AAAA", huge.as_str()] {
            let refused = read(&format!("SAMLRequest={value}")).unwrap_err();
            assert_eq!(refused, Refused::Unreadable);
        }
        assert_eq!(read("SAMLResponse=x").unwrap_err(), Refused::Unreadable);
    }

    #[test]
    fn a_request_is_read_with_its_relay_state() {
        let text = BASE64_STANDARD.encode(compress_to_vec(b"<a/>", COMPRESSION));
        let text: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let incoming = read(&format!("SAMLRequest={text}&RelayState=a%26b")).unwrap();
        assert_eq!(incoming.xml, "<a/>");
        assert_eq!(incoming.relay_state.as_deref(), Some("a&b"));
    }
}

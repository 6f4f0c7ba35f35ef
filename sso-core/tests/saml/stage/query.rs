//! The query of a message that is sent by redirect, written by hand.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_executor::block_on;
use miniz_oxide::deflate::compress_to_vec;
use sso_core::testkit::FakeIdp;
use url::form_urlencoded::byte_serialize;

use crate::forge::RSA_SHA256;

/// `SAMLRequest=…` or `SAMLResponse=…` with the document, deflated.
pub(crate) fn message(parameter: &str, xml: &[u8]) -> String {
    message_of(parameter, &compress_to_vec(xml, 6))
}

/// The same with whatever bytes.
pub(crate) fn message_of(parameter: &str, deflated: &[u8]) -> String {
    pair(parameter, &STANDARD.encode(deflated))
}

/// `octets`, the algorithm, and what `sign` makes of both.
pub(crate) fn signed_by(octets: &str, method: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let octets = format!("{octets}&{}", pair("SigAlg", method));
    let signature = sign(octets.as_bytes());
    format!(
        "{octets}&{}",
        pair("Signature", &STANDARD.encode(signature))
    )
}

/// `octets` signed by `idp`, which has an RSA key.
pub(crate) fn signed(octets: &str, idp: &FakeIdp) -> String {
    signed_by(octets, RSA_SHA256, |it| {
        block_on(idp.signer().sign(it)).unwrap()
    })
}

pub(crate) fn pair(name: &str, value: &str) -> String {
    let value: String = byte_serialize(value.as_bytes()).collect();
    format!("{name}={value}")
}

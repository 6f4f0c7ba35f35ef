//! The redirect binding (SAML Bindings 3.4): a message in the query of an address.

use std::borrow::Cow;

use miniz_oxide::deflate::{CompressionLevel, compress_to_vec};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};
use url::Url;
use url::form_urlencoded::byte_serialize;

use super::{BindingError, MAX_MESSAGE, MessageKind};
use crate::signature::{
    Algorithms, SignError, SignatureError, Signer, VerifyingKey, base64, verify_octets,
};

/// Puts a message into the query of `destination`, signed if there is a signer.
///
/// What is signed is the raw query: the parameters in the order of SAML Bindings 3.4.4.1, each
/// encoded exactly as it is sent.
///
/// # Errors
///
/// What the signer says.
pub async fn encode(
    kind: MessageKind,
    xml: &str,
    destination: &Url,
    relay_state: Option<&str>,
    signer: Option<&dyn Signer>,
) -> Result<String, SignError> {
    let deflated = compress_to_vec(xml.as_bytes(), CompressionLevel::DefaultLevel as u8);
    let mut query = parameter(kind.parameter(), &base64::encode(&deflated));
    if let Some(relay_state) = relay_state {
        query = [query, parameter("RelayState", relay_state)].join("&");
    }
    if let Some(signer) = signer {
        query = [query, parameter("SigAlg", signer.algorithm().uri())].join("&");
        let signature = base64::encode(&signer.sign(query.as_bytes()).await?);
        query = [query, parameter("Signature", &signature)].join("&");
    }
    let mut address = destination.clone();
    address.set_fragment(None);
    let joint = match address.query() {
        None => "?",
        Some("") => "",
        Some(_) => "&",
    };
    Ok([address.as_str(), joint, &query].concat())
}

fn parameter(name: &str, value: &str) -> String {
    let encoded: String = byte_serialize(value.as_bytes()).collect();
    format!("{name}={encoded}")
}

/// A message as it came in a query.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RedirectMessage {
    /// Whether it asks or answers.
    pub kind: MessageKind,
    /// The message, inflated.
    pub xml: Vec<u8>,
    /// What came along; cut from the octets that were signed.
    pub relay_state: Option<String>,
    signature: Option<QuerySignature>,
}

#[derive(Clone, Debug)]
struct QuerySignature {
    algorithm: String,
    octets: Vec<u8>,
    value: Vec<u8>,
}

/// Takes the message out of the raw query of an address, as it came over the wire.
///
/// # Errors
///
/// A [`BindingError`]; a parameter of the binding that is there twice is one.
pub fn decode(raw_query: &str) -> Result<RedirectMessage, BindingError> {
    if raw_query.len() > 2 * MAX_MESSAGE {
        return Err(BindingError::TooLarge);
    }
    let query = Query::split(raw_query)?;
    let (kind, message) = query.message()?;
    if let Some(encoding) = query.value("SAMLEncoding")?
        && encoding != DEFLATE
    {
        return Err(BindingError::Encoding {
            found: encoding.into_owned(),
        });
    }
    let relay_state = query.value("RelayState")?.map(Cow::into_owned);
    let signature = query.signature(kind)?;
    let parameter = kind.parameter();
    let deflated = base64::decode(&message).ok_or(BindingError::Base64 { parameter })?;
    Ok(RedirectMessage {
        kind,
        xml: inflate(kind, &deflated)?,
        relay_state,
        signature,
    })
}

impl RedirectMessage {
    /// Checks the signature of the query.
    ///
    /// # Errors
    ///
    /// [`SignatureError::Missing`] if there is none, else as
    /// [`verify_octets`].
    pub fn verify(
        &self,
        keys: &[VerifyingKey],
        algorithms: &Algorithms,
    ) -> Result<(), SignatureError> {
        let signature = self.signature.as_ref().ok_or(SignatureError::Missing)?;
        let QuerySignature {
            algorithm,
            octets,
            value,
        } = signature;
        verify_octets(algorithm, octets, value, keys, algorithms)
    }
}

/// The parameters of the binding, as raw text.
struct Query<'a>([Option<&'a str>; NAMES.len()]);

impl<'a> Query<'a> {
    fn split(raw_query: &'a str) -> Result<Self, BindingError> {
        let mut found = [None; NAMES.len()];
        for pair in raw_query.split('&') {
            let (raw_name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = percent_decode(raw_name);
            let known = NAMES
                .iter()
                .zip(&mut found)
                .find(|(it, _)| name.as_deref() == Some(**it));
            let Some((parameter, place)) = known else {
                continue;
            };
            // A name in another encoding is another octet string than the one that was signed.
            if place.replace(value).is_some() || raw_name != *parameter {
                return Err(BindingError::Duplicate { parameter });
            }
        }
        Ok(Self(found))
    }

    fn raw(&self, name: &'static str) -> Option<&'a str> {
        NAMES
            .iter()
            .zip(self.0)
            .find(|(it, _)| **it == name)
            .and_then(|(_, value)| value)
    }

    fn value(&self, parameter: &'static str) -> Result<Option<Cow<'a, str>>, BindingError> {
        let decode = |raw| percent_decode(raw).ok_or(BindingError::PercentEncoding { parameter });
        self.raw(parameter).map(decode).transpose()
    }

    fn message(&self) -> Result<(MessageKind, Cow<'a, str>), BindingError> {
        let value = |kind: MessageKind| self.value(kind.parameter());
        match (value(MessageKind::Request)?, value(MessageKind::Response)?) {
            (Some(message), None) => Ok((MessageKind::Request, message)),
            (None, Some(message)) => Ok((MessageKind::Response, message)),
            (None, None) => Err(BindingError::Missing),
            (Some(_), Some(_)) => Err(BindingError::Duplicate {
                parameter: "SAMLRequest",
            }),
        }
    }

    /// The signature, and the octets it covers: the parameters as received, in the order of
    /// SAML Bindings 3.4.4.1.
    fn signature(&self, kind: MessageKind) -> Result<Option<QuerySignature>, BindingError> {
        let (algorithm, signature) = (self.value("SigAlg")?, self.value("Signature")?);
        let (algorithm, signature) = match (algorithm, signature) {
            (None, None) => return Ok(None),
            (Some(algorithm), Some(signature))
                if !algorithm.is_empty() && !signature.is_empty() =>
            {
                (algorithm, signature)
            }
            _ => return Err(BindingError::Signature),
        };
        let signed = [kind.parameter(), "RelayState", "SigAlg"];
        let octets: Vec<_> = signed
            .into_iter()
            .filter_map(|name| Some(format!("{name}={}", self.raw(name)?)))
            .collect();
        let value = base64::decode(&signature).ok_or(BindingError::Base64 {
            parameter: "Signature",
        })?;
        Ok(Some(QuerySignature {
            algorithm: algorithm.into_owned(),
            octets: octets.join("&").into_bytes(),
            value,
        }))
    }
}

/// The text behind the percent-encoding of a form; `None` if it is broken or not UTF-8.
fn percent_decode(raw: &str) -> Option<Cow<'_, str>> {
    if !raw.contains(['%', '+']) {
        return Some(Cow::Borrowed(raw));
    }
    let mut decoded = Vec::with_capacity(raw.len());
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let (high, low) = (hex_digit(bytes.next()?)?, hex_digit(bytes.next()?)?);
                high << 4 | low
            }
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8(decoded).ok().map(Cow::Owned)
}

fn hex_digit(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

/// Inflates exactly one raw deflate stream into at most [`MAX_MESSAGE`] bytes.
fn inflate(kind: MessageKind, deflated: &[u8]) -> Result<Vec<u8>, BindingError> {
    let malformed = BindingError::Deflate {
        parameter: kind.parameter(),
    };
    let mut decompressor = Box::<DecompressorOxide>::default();
    let mut out = vec![0; deflated.len().saturating_mul(8).clamp(1024, MAX_MESSAGE)];
    let (mut consumed, mut written) = (0, 0);
    loop {
        let rest = deflated.get(consumed..).unwrap_or_default();
        let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (status, read, wrote) = decompress(&mut decompressor, rest, &mut out, written, flags);
        (consumed, written) = (consumed + read, written + wrote);
        match status {
            TINFLStatus::Done if consumed == deflated.len() => {
                out.truncate(written);
                return Ok(out);
            }
            TINFLStatus::HasMoreOutput if out.len() < MAX_MESSAGE => {
                out.resize(out.len().saturating_mul(4).min(MAX_MESSAGE), 0);
            }
            TINFLStatus::HasMoreOutput => return Err(BindingError::TooLarge),
            _ => return Err(malformed),
        }
    }
}

const DEFLATE: &str = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE";

const NAMES: [&str; 6] = [
    "SAMLRequest",
    "SAMLResponse",
    "RelayState",
    "SAMLEncoding",
    "SigAlg",
    "Signature",
];

#[cfg(test)]
mod tests {
    use futures_executor::block_on;
    use miniz_oxide::deflate::compress_to_vec_zlib;

    use super::*;

    fn address(xml: &str, relay_state: Option<&str>) -> String {
        let destination = Url::parse("https://idp.example/sso?tenant=1#x").unwrap();
        block_on(encode(
            MessageKind::Request,
            xml,
            &destination,
            relay_state,
            None,
        ))
        .unwrap()
    }

    fn query_of(deflated: &[u8]) -> String {
        parameter("SAMLRequest", &base64::encode(deflated))
    }

    fn code_of(query: &str) -> &'static str {
        decode(query).unwrap_err().code()
    }

    #[test]
    fn the_query_of_the_endpoint_is_kept() {
        assert!(address("<a/>", None).starts_with("https://idp.example/sso?tenant=1&SAMLRequest="));
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        let address = address("<a>ä</a>", Some("a b&c"));
        let message = decode(address.split_once('?').unwrap().1).unwrap();
        assert_eq!(message.kind, MessageKind::Request);
        assert_eq!(message.xml, "<a>ä</a>".as_bytes());
        assert_eq!(message.relay_state.as_deref(), Some("a b&c"));
    }

    #[test]
    fn sig_11_a_parameter_may_be_there_once() {
        let once = query_of(&compress_to_vec(b"<a/>", 6));
        assert!(decode(&once).is_ok());
        assert_eq!(code_of(&format!("{once}&{once}")), "binding.duplicate");
        assert_eq!(
            code_of(&format!("{once}&SAMLResponse=x")),
            "binding.duplicate"
        );
        assert_eq!(
            code_of(&format!("{once}&RelayState=a&Relay%53tate=b")),
            "binding.duplicate"
        );
        assert_eq!(
            code_of(&format!("{once}&Relay%53tate=b")),
            "binding.duplicate"
        );
    }

    #[test]
    fn sig_12_half_a_signature_is_refused() {
        let message = query_of(&compress_to_vec(b"<a/>", 6));
        for half in [
            "SigAlg=x",
            "Signature=eA==",
            "SigAlg=x&Signature=",
            "SigAlg=&Signature=eA==",
        ] {
            assert_eq!(code_of(&format!("{message}&{half}")), "sig.alg", "{half}");
        }
    }

    #[test]
    fn dos_05_only_one_raw_deflate_stream_is_taken() {
        let mut trailing = compress_to_vec(b"<a/>", 6);
        trailing.push(0);
        for odd in [
            trailing,
            compress_to_vec_zlib(b"<a/>", 6),
            b"<a/>".to_vec(),
            Vec::new(),
        ] {
            assert_eq!(code_of(&query_of(&odd)), "binding.deflate");
        }
        let plain = query_of(&compress_to_vec(b"<a/>", 6)) + "&SAMLEncoding=identity";
        assert_eq!(code_of(&plain), "binding.encoding");
    }

    #[test]
    fn dos_05_a_bomb_is_refused_at_the_cap_and_not_a_byte_before() {
        let largest = compress_to_vec(&vec![b'a'; MAX_MESSAGE], 9);
        assert_eq!(decode(&query_of(&largest)).unwrap().xml.len(), MAX_MESSAGE);
        let bomb = compress_to_vec(&vec![b'a'; MAX_MESSAGE + 1], 9);
        assert_eq!(code_of(&query_of(&bomb)), "binding.too_large");
    }

    #[test]
    fn broken_percent_encoding_is_refused() {
        for odd in [
            "SAMLRequest=%",
            "SAMLRequest=%4",
            "SAMLRequest=%zz",
            "SAMLRequest=%ff",
        ] {
            assert_eq!(code_of(odd), "binding.percent_encoding", "{odd}");
        }
    }
}

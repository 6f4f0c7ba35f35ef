//! Base64 as XML has it: white space anywhere (XML Schema 2, 3.2.16).

use ::base64::Engine as _;
use ::base64::engine::general_purpose::STANDARD;

/// Decodes `text`; `None` if it is anything but padded standard base64 and white space.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    if !text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        return STANDARD.decode(text).ok();
    }
    let dense: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    STANDARD.decode(dense).ok()
}

/// Encodes `bytes`, without white space.
pub(crate) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_does_not_matter() {
        assert_eq!(decode(" YW\r\nJ\tj ").as_deref(), Some(b"abc".as_slice()));
        assert_eq!(decode("YWJj").as_deref(), Some(b"abc".as_slice()));
        assert_eq!(decode("").as_deref(), Some(b"".as_slice()));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "YWI",
            "YW=I",
            "-_-_",
            "YWJj=",
            "YWJ\u{A0}j",
            "YR==",
            "YWJj!",
        ] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}

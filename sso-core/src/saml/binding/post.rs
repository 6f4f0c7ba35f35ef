//! The POST binding (SAML Bindings 3.5).

use super::{BindingError, MAX_MESSAGE, MessageKind};
use crate::signature::base64;

/// A form that the browser submits by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PostForm {
    /// Where to.
    pub action: String,
    /// Hidden fields: name and value, to be escaped by whoever writes the page.
    pub fields: Vec<(&'static str, String)>,
}

/// Puts a message into a form.
#[must_use]
pub fn encode(
    kind: MessageKind,
    xml: &str,
    destination: &str,
    relay_state: Option<&str>,
) -> PostForm {
    let mut fields = vec![(kind.parameter(), base64::encode(xml.as_bytes()))];
    fields.extend(relay_state.map(|it| ("RelayState", it.to_owned())));
    PostForm {
        action: destination.to_owned(),
        fields,
    }
}

/// Takes the message out of the value of a form field.
///
/// # Errors
///
/// [`BindingError::TooLarge`] before anything is decoded, [`BindingError::Base64`].
pub fn decode(kind: MessageKind, value: &str) -> Result<Vec<u8>, BindingError> {
    if value.len() > MAX_MESSAGE {
        return Err(BindingError::TooLarge);
    }
    let parameter = kind.parameter();
    base64::decode(value).ok_or(BindingError::Base64 { parameter })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        let form = encode(
            MessageKind::Request,
            "<a/>",
            "https://idp.example/",
            Some("t"),
        );
        assert_eq!(form.fields[0].0, "SAMLRequest");
        assert_eq!(
            decode(MessageKind::Request, &form.fields[0].1).unwrap(),
            b"<a/>"
        );
        assert_eq!(form.fields[1], ("RelayState", "t".to_owned()));
    }

    #[test]
    fn line_breaks_are_ignored_and_other_alphabets_refused() {
        assert_eq!(
            decode(MessageKind::Response, "PGEv\r\nPg==\n").unwrap(),
            b"<a/>"
        );
        for odd in ["PGEvPg", "-_-_", "PGEvPg==x", "PGEvPg===", "P%3D"] {
            let error = decode(MessageKind::Response, odd).unwrap_err();
            assert_eq!(error.code(), "binding.base64", "{odd}");
        }
    }

    #[test]
    fn dos_07_the_cap_counts_white_space() {
        let blank = " ".repeat(MAX_MESSAGE + 1);
        assert_eq!(
            decode(MessageKind::Response, &blank),
            Err(BindingError::TooLarge)
        );
    }
}

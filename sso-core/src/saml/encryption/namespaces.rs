//! Namespaces that a plaintext takes from where it stood.

use zeroize::Zeroizing;

use crate::xml::{Document, Element, Limits, XmlError};

/// Adds to the root of `plaintext` what it needs of the declarations in scope at `place`.
///
/// A prefix that is missing is missing on the root too, so nothing is declared twice. What cannot
/// be read in spite of this is left to the reader to refuse.
pub(super) fn declare(plaintext: Zeroizing<Vec<u8>>, place: Element<'_>) -> Zeroizing<Vec<u8>> {
    let mut text = plaintext;
    for _ in 0..MAX_DECLARATIONS {
        let Some((name, uri)) = missing(&text, place) else {
            break;
        };
        let Some(declared) = with_declaration(&text, &name, uri) else {
            break;
        };
        text = declared;
    }
    text
}

/// The first declaration that `text` lacks and `place` has: the name of the attribute, and the
/// namespace.
fn missing<'d>(text: &[u8], place: Element<'d>) -> Option<(String, &'d str)> {
    match Document::parse(text, &Limits::message()) {
        Ok(document) if document.root().namespace().is_empty() => {
            Some(("xmlns".to_owned(), in_scope(place, "")?))
        }
        Err(XmlError::Namespace { found, .. }) => {
            let uri = in_scope(place, &found)?;
            Some((format!("xmlns:{found}"), uri))
        }
        Ok(_) | Err(_) => None,
    }
}

/// What `prefix` stands for at `place`.
///
/// Providers declare `xsi` on the response and use it in the assertion only. From a signed
/// response this declaration is gone, since canonicalization drops what is not used; so `xsi`
/// keeps the one meaning that it ever has. No other prefix has one, and what the signature does
/// not cover cannot be believed.
fn in_scope<'d>(place: Element<'d>, prefix: &str) -> Option<&'d str> {
    match (place.namespace_of_prefix(prefix), prefix) {
        (None, "xsi") => Some(SCHEMA_INSTANCE),
        (uri, _) => uri,
    }
}

/// `text` with one more attribute in its first tag; `None` if it does not begin with a tag.
fn with_declaration(text: &[u8], name: &str, uri: &str) -> Option<Zeroizing<Vec<u8>>> {
    let start = text.iter().position(|byte| !byte.is_ascii_whitespace())?;
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>');
    let length = text.get(start..)?.iter().position(is_end)?;
    let (tag, rest) = text.split_at_checked(start + length)?;
    if text.get(start) != Some(&b'<') {
        return None;
    }
    let declaration = format!(" {name}=\"{}\"", uri.replace('&', "&amp;"));
    Some(Zeroizing::new([tag, declaration.as_bytes(), rest].concat()))
}

/// The namespace of `xsi:type` (XML Schema 1, 2.6).
const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// Each costs one more reading of the plaintext.
const MAX_DECLARATIONS: usize = 8;

//! Namespace declarations, and what may be declared (Namespaces in XML 1.0).

use std::borrow::Cow;

/// The namespace that the prefix `xml` always has.
pub(super) const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// The namespace that the prefix `xmlns` always has.
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// A prefix (empty for the default namespace) and what it stands for.
#[derive(Clone, Debug)]
pub(super) struct Declaration<'a> {
    pub(super) prefix: &'a str,
    pub(super) uri: Cow<'a, str>,
}

/// Index of a [`Declaration`] of the document.
///
/// Two indices may stand for one namespace, so namespaces are compared by their URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NamespaceId(pub(super) u32);

impl NamespaceId {
    /// No namespace.
    pub(super) const NONE: Self = Self(0);
    /// The namespace of the prefix `xml`.
    pub(super) const XML: Self = Self(1);

    /// The declarations that every document begins with, so that the two constants hold.
    pub(super) const fn predeclared<'a>() -> [Declaration<'a>; 2] {
        [
            Declaration {
                prefix: "",
                uri: Cow::Borrowed(""),
            },
            Declaration {
                prefix: "xml",
                uri: Cow::Borrowed(XML),
            },
        ]
    }
}

/// What is wrong with declaring `prefix` for `uri`, if anything.
///
/// Stricter than the recommendation in one point: a namespace must be an absolute URI, because
/// canonicalization is undefined for a relative one (Canonical XML 1.0, 1.3). `xml` may be
/// declared for what it always stands for, as metadata of Shibboleth does; canonical forms leave
/// that out.
pub(super) fn objection(prefix: &str, uri: &str) -> Option<&'static str> {
    match (prefix, uri) {
        ("xml", XML) => None,
        ("xml" | "xmlns", _) => Some("this prefix is reserved"),
        (_, XML | XMLNS) => Some("this namespace is reserved"),
        ("", "") => None,
        (_, "") => Some("a prefix cannot be taken back"),
        _ if !is_absolute(uri) => Some("not an absolute URI"),
        _ => None,
    }
}

/// Whether `uri` has a scheme, and no characters but those of a URI (RFC 3986, 2).
fn is_absolute(uri: &str) -> bool {
    let bytes = uri.as_bytes();
    let scheme_length = bytes
        .iter()
        .take_while(|byte| is_scheme_byte(**byte))
        .count();
    bytes.first().is_some_and(u8::is_ascii_alphabetic)
        && bytes.get(scheme_length) == Some(&b':')
        && bytes.len() > scheme_length + 1
        && bytes.iter().all(|byte| is_uri_byte(*byte))
        && (!bytes.contains(&b'%') || uri.split('%').skip(1).all(begins_with_two_digits))
}

const fn is_scheme_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

const fn is_uri_byte(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(
            byte,
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}'
        )
}

fn begins_with_two_digits(text: &str) -> bool {
    text.len() >= 2 && text.bytes().take(2).all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absolute_uri_may_be_declared() {
        for uri in [
            "urn:a",
            "http://www.w3.org/2000/09/xmldsig#",
            "x+y-z.1:%2Fa?b=c#d",
        ] {
            assert_eq!(objection("p", uri), None, "{uri}");
            assert_eq!(objection("", uri), None, "{uri}");
        }
    }

    #[test]
    fn a_relative_or_malformed_uri_may_not() {
        for uri in [
            "1", "a", "#other", "/a:b", "a/b:c", ":a", "1a:b", "a:", "urn:a b", "urn:a%4", "urn:é",
            "urn:a ",
        ] {
            assert!(objection("p", uri).is_some(), "{uri}");
        }
    }

    #[test]
    fn the_reserved_stays_reserved() {
        assert!(objection("xml", XML).is_none());
        assert!(objection("xml", "urn:a").is_some());
        assert!(objection("xmlns", "urn:a").is_some());
        assert!(objection("p", XML).is_some());
        assert!(objection("", XMLNS).is_some());
        assert!(objection("p", "").is_some());
        assert!(objection("", "").is_none());
    }
}

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

/// Whether `uri` has a scheme, and the form of a URI (RFC 3986) for everybody: without addresses in
/// brackets, users, and empty ports, on which implementations disagree.
fn is_absolute(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else {
        return false;
    };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(is_scheme_byte)
        && !rest.is_empty()
        && rest.bytes().all(is_uri_byte)
        && rest.bytes().filter(|byte| *byte == b'#').count() <= 1
        && rest.split('%').skip(1).all(begins_with_two_digits)
        && has_plain_host(rest)
}

/// Whether what follows `//`, if anything does, is a name with or without port.
fn has_plain_host(rest: &str) -> bool {
    let Some(rest) = rest.strip_prefix("//") else {
        return true;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    let is_port = (1..=5).contains(&port.len()) && port.bytes().all(|it| it.is_ascii_digit());
    is_port && !name.contains('@')
}

const fn is_scheme_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

const fn is_uri_byte(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(
            byte,
            b'"' | b'<' | b'>' | b'[' | b'\\' | b']' | b'^' | b'`' | b'{' | b'|' | b'}'
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
            "http://a.example:8080",
            "http://a.example/b:c@d#e:f@g",
            "file:///a",
            "urn:a:b@c",
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

    /// libxml2 canonicalizes nothing in which one of these is declared, and so no `xmlsec1` would
    /// accept what we accept.
    #[test]
    fn what_others_do_not_take_for_a_uri_may_not_be_declared() {
        for uri in [
            "urn:a[",
            "urn:a]",
            "http://[::1]/",
            "urn:a#b#c",
            "http://a:",
            "http://a:/",
            "http://a:b/",
            "http://a:1:2/",
            "http://a:123456/",
            "http://a@b/",
            "x://a:?b",
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

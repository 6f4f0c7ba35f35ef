//! Building the XML that we send.

use super::canonical::{write_text, write_value};
use super::characters::{is_allowed, is_ncname};

/// Writes a document, element by element.
///
/// Names and prefixes are part of the program, so they are `&'static str`. Values come from
/// anywhere and are escaped; a character that XML cannot hold becomes U+FFFD. Every element is
/// closed, by [`end`](Self::end) or at last by [`finish`](Self::finish). So no value can become
/// markup, and the result is well-formed if the names are.
///
/// ```
/// use sso_core::xml::Writer;
///
/// let mut writer = Writer::new();
/// writer
///     .start("saml:Issuer")
///     .namespace("saml", "urn:oasis:names:tc:SAML:2.0:assertion")
///     .attr("Format", "a\"b")
///     .text("<evil/>")
///     .end();
/// assert_eq!(
///     writer.finish(),
///     "<saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" Format=\"a&quot;b\">\
///      &lt;evil/&gt;</saml:Issuer>",
/// );
/// ```
#[derive(Debug, Default)]
pub struct Writer {
    out: Vec<u8>,
    open: Vec<&'static str>,
    is_in_tag: bool,
}

impl Writer {
    /// An empty document, without XML declaration.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins the element `name`, for example `samlp:AuthnRequest`.
    pub fn start(&mut self, name: &'static str) -> &mut Self {
        debug_assert!(is_qualified_name(name), "{name:?} is not a name");
        self.leave_tag();
        self.out.push(b'<');
        self.out.extend_from_slice(name.as_bytes());
        self.open.push(name);
        self.is_in_tag = true;
        self
    }

    /// Declares `prefix` on the element that has just begun; the empty one is the default.
    pub fn namespace(&mut self, prefix: &'static str, uri: &str) -> &mut Self {
        debug_assert!(
            prefix.is_empty() || is_ncname(prefix),
            "{prefix:?} is not a prefix"
        );
        let (name, colon) = if prefix.is_empty() {
            ("xmlns", "")
        } else {
            ("xmlns", ":")
        };
        self.attribute(&[name, colon, prefix], uri)
    }

    /// Adds an attribute to the element that has just begun. Each may be added once.
    pub fn attr(&mut self, name: &'static str, value: &str) -> &mut Self {
        debug_assert!(is_qualified_name(name), "{name:?} is not a name");
        self.attribute(&[name], value)
    }

    /// Adds an attribute if there is a value for it.
    pub fn attr_opt(&mut self, name: &'static str, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.attr(name, value),
            None => self,
        }
    }

    /// Adds text to the innermost element.
    pub fn text(&mut self, text: &str) -> &mut Self {
        debug_assert!(!self.open.is_empty(), "text outside of the root element");
        self.leave_tag();
        write_text(&mut self.out, &representable(text));
        self
    }

    /// Ends the innermost element.
    pub fn end(&mut self) -> &mut Self {
        debug_assert!(!self.open.is_empty(), "no element is open");
        if let Some(name) = self.open.pop() {
            self.write_end(name);
        }
        self
    }

    /// A whole element with nothing but text in it, and no attributes.
    pub fn element(&mut self, name: &'static str, text: &str) -> &mut Self {
        self.start(name).text(text).end()
    }

    /// Ends all open elements, and returns the document.
    #[must_use]
    pub fn finish(mut self) -> String {
        while let Some(name) = self.open.pop() {
            self.write_end(name);
        }
        String::from_utf8(self.out).unwrap_or_default()
    }

    fn attribute(&mut self, name: &[&'static str], value: &str) -> &mut Self {
        debug_assert!(self.is_in_tag, "{name:?} comes after the content");
        if self.is_in_tag {
            self.out.push(b' ');
            for part in name {
                self.out.extend_from_slice(part.as_bytes());
            }
            self.out.extend_from_slice(b"=\"");
            write_value(&mut self.out, &representable(value));
            self.out.push(b'"');
        }
        self
    }

    fn write_end(&mut self, name: &'static str) {
        if std::mem::take(&mut self.is_in_tag) {
            self.out.extend_from_slice(b"/>");
        } else {
            self.out.extend_from_slice(b"</");
            self.out.extend_from_slice(name.as_bytes());
            self.out.push(b'>');
        }
    }

    fn leave_tag(&mut self) {
        if std::mem::take(&mut self.is_in_tag) {
            self.out.push(b'>');
        }
    }
}

/// `text` with U+FFFD for what XML cannot hold, not even as a reference.
fn representable(text: &str) -> std::borrow::Cow<'_, str> {
    match text.chars().all(is_allowed) {
        true => text.into(),
        false => text
            .replace(|character| !is_allowed(character), "\u{FFFD}")
            .into(),
    }
}

fn is_qualified_name(name: &str) -> bool {
    match name.split_once(':') {
        Some((prefix, local)) => is_ncname(prefix) && is_ncname(local),
        None => is_ncname(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_becomes_markup() {
        let mut writer = Writer::new();
        writer
            .start("a")
            .attr("b", "\"/><evil c='&")
            .text("</a><!--]]>&lt;")
            .end();
        assert_eq!(
            writer.finish(),
            "<a b=\"&quot;/>&lt;evil c='&amp;\">&lt;/a&gt;&lt;!--]]&gt;&amp;lt;</a>"
        );
    }

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        let mut writer = Writer::new();
        writer.start("a").attr("b", "\0\u{FFFE}").text("\u{1B}[31m");
        assert_eq!(
            writer.finish(),
            "<a b=\"\u{FFFD}\u{FFFD}\">\u{FFFD}[31m</a>"
        );
    }

    #[test]
    fn open_elements_are_closed_at_last() {
        let mut writer = Writer::new();
        writer
            .start("a")
            .start("p:b")
            .namespace("p", "urn:p")
            .namespace("", "urn:d");
        writer
            .attr_opt("c", None)
            .attr_opt("d", Some("1"))
            .element("e", "2");
        assert_eq!(
            writer.finish(),
            "<a><p:b xmlns:p=\"urn:p\" xmlns=\"urn:d\" d=\"1\"><e>2</e></p:b></a>"
        );
    }

    #[test]
    fn empty_text_still_has_a_start_and_an_end() {
        let mut writer = Writer::new();
        writer.element("a", "");
        assert_eq!(writer.finish(), "<a></a>");
    }
}

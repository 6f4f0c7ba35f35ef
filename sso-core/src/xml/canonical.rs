//! Exclusive XML Canonicalization 1.0, without comments.
//!
//! The octets that a signature covers. Of the recommendation nothing is left out that our
//! documents can contain: they have no comments, no processing instructions and no document type,
//! so the form "with comments" is the same octets.

use super::cursor::length_while;
use super::tree::{AttributeData, Content, ElementData};
use super::{Element, XmlError};

/// The canonical octets of `element`, without the element `omit` inside it.
///
/// `inclusive_prefixes` is the `PrefixList` of `InclusiveNamespaces` (Exclusive XML
/// Canonicalization 1.0, 3): declarations of these prefixes are kept even where they are not
/// visibly used; `#default` is the default namespace. At most [`MAX_INCLUSIVE_PREFIXES`].
///
/// The result is never empty: it begins with the start tag of `element`, which is therefore not
/// left out if it is named in `omit`.
///
/// # Errors
///
/// [`XmlError::InclusivePrefixes`] if there are too many of them, and
/// [`XmlError::CanonicalTooLarge`] if the result would be far larger than the document: a long
/// namespace that is declared once outside may have to be repeated for each element inside.
pub fn exclusive(
    element: Element<'_>,
    omit: Option<Element<'_>>,
    inclusive_prefixes: &[&str],
) -> Result<Vec<u8>, XmlError> {
    if inclusive_prefixes.len() > MAX_INCLUSIVE_PREFIXES {
        return Err(XmlError::InclusivePrefixes {
            found: inclusive_prefixes.len(),
            max: MAX_INCLUSIVE_PREFIXES,
        });
    }
    let mut canonicalizer = Canonicalizer::new(element, inclusive_prefixes);
    canonicalizer.write_subtree(element, omit)?;
    Ok(canonicalizer.out)
}

/// How many inclusive prefixes [`exclusive`] takes.
pub const MAX_INCLUSIVE_PREFIXES: usize = 32;

/// How many times the size of the document its canonical form may have.
const MAX_GROWTH: usize = 4;
/// What a small document may have in any case, in bytes.
const MIN_MAX_BYTES: usize = 64 * 1024;

struct Canonicalizer<'d, 'p> {
    out: Vec<u8>,
    max_bytes: usize,
    inclusive: &'p [&'p str],
    /// The elements whose end tag is still to be written, outermost first.
    open: Vec<Open<'d>>,
    /// The declarations that the open elements have written, innermost last.
    rendered: Vec<Binding<'d>>,
    /// Room for the declarations and attributes of one element.
    bindings: Vec<Binding<'d>>,
    attributes: Vec<(&'d str, &'d AttributeData<'d>)>,
}

struct Open<'d> {
    data: &'d ElementData<'d>,
    end: u32,
    /// How many declarations are written around it.
    rendered: usize,
}

/// A prefix and the namespace that it stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Binding<'d> {
    prefix: &'d str,
    uri: &'d str,
}

impl<'d, 'p> Canonicalizer<'d, 'p> {
    fn new(element: Element<'d>, inclusive: &'p [&'p str]) -> Self {
        let place = element.place();
        let length = (place.end - place.start) as usize;
        let document_length = element.document.root.place.end as usize;
        Self {
            // Declarations may move into the element from outside.
            out: Vec::with_capacity(length + length / 8 + 256),
            max_bytes: MAX_GROWTH * document_length + MIN_MAX_BYTES,
            inclusive,
            open: Vec::new(),
            rendered: Vec::new(),
            bindings: Vec::new(),
            attributes: Vec::new(),
        }
    }

    fn write_subtree(
        &mut self,
        apex: Element<'d>,
        omit: Option<Element<'_>>,
    ) -> Result<(), XmlError> {
        self.start(apex)?;
        let document = apex.document;
        let mut index = apex.index + 1;
        while index < apex.end() {
            self.end_before(index);
            let Some(node) = document.nodes.get(index as usize) else {
                break;
            };
            if omit.is_some_and(|omit| omit.index == index && std::ptr::eq(omit.document, document))
            {
                index = node.end;
                continue;
            }
            match &node.content {
                Content::Element(data) => self.start(Element {
                    document,
                    index,
                    data,
                })?,
                Content::Text(text) => write_text(&mut self.out, text),
            }
            index += 1;
        }
        self.end_before(apex.end());
        Ok(())
    }

    /// Writes a start tag: name, declarations by prefix, attributes by namespace and name.
    fn start(&mut self, element: Element<'d>) -> Result<(), XmlError> {
        if self.out.len() > self.max_bytes {
            return Err(XmlError::CanonicalTooLarge {
                max: self.max_bytes,
            });
        }
        self.out.push(b'<');
        write_name(&mut self.out, element.data);
        let rendered = self.rendered.len();
        self.write_declarations(element);
        self.write_attributes(element);
        self.out.push(b'>');
        self.open.push(Open {
            data: element.data,
            end: element.end(),
            rendered,
        });
        Ok(())
    }

    /// Writes the end tags of all elements that end before the node `index`.
    fn end_before(&mut self, index: u32) {
        while let Some(open) = self.open.pop_if(|open| open.end <= index) {
            self.out.extend_from_slice(b"</");
            write_name(&mut self.out, open.data);
            self.out.push(b'>');
            self.rendered.truncate(open.rendered);
        }
    }

    fn write_declarations(&mut self, element: Element<'d>) {
        self.collect_bindings(element);
        self.bindings.sort_unstable();
        for &binding in &self.bindings {
            if binding.uri == rendered_uri(&self.rendered, binding.prefix) {
                continue;
            }
            write_declaration(&mut self.out, binding);
            self.rendered.push(binding);
        }
    }

    /// The declarations that `element` needs: those it visibly uses, and the inclusive ones.
    fn collect_bindings(&mut self, element: Element<'d>) {
        self.bindings.clear();
        let document = element.document;
        let element_name = &element.data.name;
        self.use_binding(
            element_name.prefix,
            document.namespace(element_name.namespace),
        );
        for attribute in element.attribute_data() {
            if !attribute.name.prefix.is_empty() {
                self.use_binding(
                    attribute.name.prefix,
                    document.namespace(attribute.name.namespace),
                );
            }
        }
        if !self.inclusive.is_empty() {
            self.collect_inclusive(element);
        }
    }

    fn use_binding(&mut self, prefix: &'d str, uri: &'d str) {
        if prefix != "xml" {
            self.bindings.push(Binding { prefix, uri });
        }
    }

    /// Below the apex only an element's own declarations can change what is written already.
    fn collect_inclusive(&mut self, element: Element<'d>) {
        let is_apex = self.open.is_empty();
        let outward = |inner: &Element<'d>| inner.parent().filter(|_| is_apex);
        let elements = std::iter::successors(Some(element), outward);
        for declaration in elements.flat_map(|it| it.declarations()) {
            let is_known = self
                .bindings
                .iter()
                .any(|it| it.prefix == declaration.prefix);
            if !is_known && self.is_inclusive(declaration.prefix) {
                self.use_binding(declaration.prefix, &declaration.uri);
            }
        }
    }

    fn is_inclusive(&self, prefix: &str) -> bool {
        let listed = if prefix.is_empty() {
            "#default"
        } else {
            prefix
        };
        self.inclusive.contains(&listed)
    }

    fn write_attributes(&mut self, element: Element<'d>) {
        let document = element.document;
        self.attributes.clear();
        self.attributes.extend(
            element
                .attribute_data()
                .iter()
                .map(|it| (document.namespace(it.name.namespace), it)),
        );
        self.attributes
            .sort_unstable_by_key(|(namespace, it)| (*namespace, it.name.local));
        for (_, attribute) in &self.attributes {
            self.out.push(b' ');
            write_qualified(&mut self.out, attribute.name.prefix, attribute.name.local);
            self.out.extend_from_slice(b"=\"");
            write_value(&mut self.out, &attribute.value);
            self.out.push(b'"');
        }
    }
}

/// What `prefix` stands for in the output; empty if it is not declared there.
fn rendered_uri<'d>(rendered: &[Binding<'d>], prefix: &str) -> &'d str {
    rendered
        .iter()
        .rev()
        .find(|it| it.prefix == prefix)
        .map_or("", |it| it.uri)
}

fn write_declaration(out: &mut Vec<u8>, binding: Binding<'_>) {
    out.extend_from_slice(b" xmlns");
    if !binding.prefix.is_empty() {
        out.push(b':');
        out.extend_from_slice(binding.prefix.as_bytes());
    }
    out.extend_from_slice(b"=\"");
    write_value(out, binding.uri);
    out.push(b'"');
}

fn write_name(out: &mut Vec<u8>, data: &ElementData<'_>) {
    write_qualified(out, data.name.prefix, data.name.local);
}

fn write_qualified(out: &mut Vec<u8>, prefix: &str, local: &str) {
    if !prefix.is_empty() {
        out.extend_from_slice(prefix.as_bytes());
        out.push(b':');
    }
    out.extend_from_slice(local.as_bytes());
}

/// Text as Canonical XML 1.0, 2.3 writes it.
pub(super) fn write_text(out: &mut Vec<u8>, text: &str) {
    // Without branches, as vector code needs it.
    let stands_for_itself =
        |byte| (byte != b'&') & (byte != b'<') & (byte != b'>') & (byte != b'\r');
    write_escaped(out, text, stands_for_itself);
}

/// The value of an attribute as Canonical XML 1.0, 2.3 writes it.
pub(super) fn write_value(out: &mut Vec<u8>, value: &str) {
    let stands_for_itself = |byte| {
        (byte != b'&')
            & (byte != b'<')
            & (byte != b'"')
            & (byte != b'\t')
            & (byte != b'\n')
            & (byte != b'\r')
    };
    write_escaped(out, value, stands_for_itself);
}

fn write_escaped(out: &mut Vec<u8>, text: &str, stands_for_itself: impl Fn(u8) -> bool) {
    let mut rest = text.as_bytes();
    loop {
        let length = length_while(rest, &stands_for_itself);
        let (plain, special) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        out.extend_from_slice(plain);
        let Some((&byte, behind)) = special.split_first() else {
            return;
        };
        out.extend_from_slice(escape(byte));
        rest = behind;
    }
}

/// How a character is written that does not stand for itself.
const fn escape(byte: u8) -> &'static [u8] {
    match byte {
        b'\t' => b"&#x9;",
        b'\n' => b"&#xA;",
        b'\r' => b"&#xD;",
        b'"' => b"&quot;",
        b'&' => b"&amp;",
        b'<' => b"&lt;",
        b'>' => b"&gt;",
        _ => b"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{Document, Limits};

    /// The canonical form of the first element `name`.
    fn canonical(xml: &str, name: &str, prefixes: &[&str]) -> String {
        let document = Document::parse(xml.as_bytes(), &Limits::message()).unwrap();
        let root = document.root();
        let mut elements = std::iter::once(root).chain(root.descendants());
        let element = elements
            .find(|element| element.local_name() == name)
            .unwrap();
        String::from_utf8(exclusive(element, None, prefixes).unwrap()).unwrap()
    }

    /// Exclusive XML Canonicalization 1.0, 2.2.
    #[test]
    fn only_namespaces_that_are_used_come_along() {
        let xml = "<n0:pdu xmlns:n0='http://a.example'><n1:elem1 xmlns:n1=\"http://b.example\">\n  content\n\
                   </n1:elem1></n0:pdu>";
        assert_eq!(
            canonical(xml, "elem1", &[]),
            "<n1:elem1 xmlns:n1=\"http://b.example\">\n  content\n</n1:elem1>"
        );
        let xml = "<n2:pdu xmlns:n1=\"http://example.com\" xmlns:n2=\"http://foo.example\" xml:lang=\"fr\" \
                   xml:space=\"retain\">\n  <n1:elem2 xmlns:n1=\"http://example.net\" xml:lang=\"en\">\n    \
                   <n3:stuff xmlns:n3=\"ftp://example.org\"/>\n  </n1:elem2>\n</n2:pdu>";
        assert_eq!(
            canonical(xml, "elem2", &[]),
            "<n1:elem2 xmlns:n1=\"http://example.net\" xml:lang=\"en\">\n    \
             <n3:stuff xmlns:n3=\"ftp://example.org\"></n3:stuff>\n  </n1:elem2>"
        );
    }

    /// Canonical XML 1.0, 3.3, without the parts that need a document type.
    #[test]
    fn tags_and_attributes_have_one_form() {
        let xml = "<doc>\n   <e1   />\n   <e2   ></e2>\n   <e3   name = \"elem3\"   id=\"elem3\"   />\n   \
                   <e5 a:attr=\"out\" b:attr=\"sorted\" attr2=\"all\" attr=\"I'm\"\n      \
                   xmlns:b=\"http://www.ietf.org\"\n      xmlns:a=\"http://www.w3.org\"\n      \
                   xmlns=\"http://example.org\"/>\n   <e6 xmlns=\"\" xmlns:a=\"http://www.w3.org\">\n       \
                   <e7 xmlns=\"http://www.ietf.org\"/>\n   </e6>\n</doc>";
        assert_eq!(
            canonical(xml, "doc", &[]),
            "<doc>\n   <e1></e1>\n   <e2></e2>\n   <e3 id=\"elem3\" name=\"elem3\"></e3>\n   \
             <e5 xmlns=\"http://example.org\" xmlns:a=\"http://www.w3.org\" xmlns:b=\"http://www.ietf.org\" \
             attr=\"I'm\" attr2=\"all\" b:attr=\"sorted\" a:attr=\"out\"></e5>\n   \
             <e6>\n       <e7 xmlns=\"http://www.ietf.org\"></e7>\n   </e6>\n</doc>"
        );
    }

    /// Canonical XML 1.0, 3.4.
    #[test]
    fn characters_are_escaped_where_they_must_be() {
        let xml = "<doc>\r\n<text>First&#x0d;&#10;Second ></text><value>&#x32;</value>\
                   <compute><![CDATA[value>\"0\" && value<\"10\" ?\"valid\":\"error\"]]></compute>\
                   <compute expr='value>\"0\" &amp;&amp; value&lt;\"10\"'/>\
                   <norm attr=' &apos;   &#x20;&#13;&#xa;&#9;   &apos; '/></doc>";
        assert_eq!(
            canonical(xml, "doc", &[]),
            "<doc>\n<text>First&#xD;\nSecond &gt;</text><value>2</value>\
             <compute>value&gt;\"0\" &amp;&amp; value&lt;\"10\" ?\"valid\":\"error\"</compute>\
             <compute expr=\"value>&quot;0&quot; &amp;&amp; value&lt;&quot;10&quot;\"></compute>\
             <norm attr=\" '    &#xD;&#xA;&#x9;   ' \"></norm></doc>"
        );
    }

    #[test]
    fn a_declaration_is_written_where_it_is_used_first_and_again_for_a_sibling() {
        let xml = "<a xmlns:p='urn:p'><b p:x='1'><p:c/></b><p:d/></a>";
        assert_eq!(
            canonical(xml, "a", &[]),
            "<a><b xmlns:p=\"urn:p\" p:x=\"1\"><p:c></p:c></b><p:d xmlns:p=\"urn:p\"></p:d></a>"
        );
    }

    #[test]
    fn a_default_namespace_is_taken_back_only_from_what_would_have_it() {
        let xml =
            "<a xmlns='urn:a'><b xmlns=''><c/></b><p:d xmlns:p='urn:p' xmlns=''><e/></p:d></a>";
        assert_eq!(
            canonical(xml, "a", &[]),
            "<a xmlns=\"urn:a\"><b xmlns=\"\"><c></c></b>\
             <p:d xmlns:p=\"urn:p\"><e xmlns=\"\"></e></p:d></a>"
        );
        assert_eq!(canonical(xml, "b", &[]), "<b><c></c></b>");
    }

    #[test]
    fn inclusive_prefixes_come_along_unused_from_wherever_they_are_declared() {
        let xml = "<a xmlns='urn:d' xmlns:x='urn:x' xmlns:y='urn:y'><p:b xmlns:p='urn:p'><p:c xmlns:x='urn:z' xmlns=''/></p:b></a>";
        assert_eq!(
            canonical(xml, "b", &["x", "q"]),
            "<p:b xmlns:p=\"urn:p\" xmlns:x=\"urn:x\"><p:c xmlns:x=\"urn:z\"></p:c></p:b>"
        );
        assert_eq!(
            canonical(xml, "b", &["#default", "x", "x"]),
            "<p:b xmlns=\"urn:d\" xmlns:p=\"urn:p\" xmlns:x=\"urn:x\"><p:c xmlns=\"\" xmlns:x=\"urn:z\"></p:c></p:b>"
        );
    }

    #[test]
    fn the_omitted_element_leaves_its_surroundings_alone() {
        let document = Document::parse(b"<a> <b>1<c/></b> <d/></a>", &Limits::message()).unwrap();
        let omit = document.root().children().next();
        assert_eq!(
            exclusive(document.root(), omit, &[]).unwrap(),
            b"<a>  <d></d></a>"
        );
        assert_eq!(
            exclusive(document.root(), Some(document.root()), &[]).unwrap(),
            b"<a> <b>1<c></c></b> <d></d></a>"
        );
    }

    #[test]
    fn thirty_two_inclusive_prefixes_are_enough() {
        let document = Document::parse(b"<a/>", &Limits::message()).unwrap();
        assert!(exclusive(document.root(), None, &["p"; 32]).is_ok());
        assert_eq!(
            exclusive(document.root(), None, &["p"; 33])
                .unwrap_err()
                .code(),
            "c14n.error"
        );
    }

    /// Otherwise 256 KiB could make us digest a gigabyte before any signature is checked.
    #[test]
    fn a_namespace_cannot_be_repeated_without_end() {
        let namespace = "n".repeat(1_000);
        let children = "<p:b/>".repeat(2_000);
        let xml = format!("<a xmlns:p='urn:{namespace}'>{children}</a>");
        let document = Document::parse(xml.as_bytes(), &Limits::message()).unwrap();
        assert_eq!(
            exclusive(document.root(), None, &[]).unwrap_err().code(),
            "c14n.error"
        );
    }
}

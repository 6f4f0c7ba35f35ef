//! Exclusive XML Canonicalization 1.0, without comments.
//!
//! The octets that a signature covers. Of the recommendation nothing is left out that our
//! documents can contain: they have no comments, no processing instructions and no document type,
//! so the form "with comments" is the same octets.

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
/// [`XmlError::InclusivePrefixes`] if there are too many of them.
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
    canonicalizer.write_subtree(element, omit);
    Ok(canonicalizer.out)
}

/// How many inclusive prefixes [`exclusive`] takes.
pub const MAX_INCLUSIVE_PREFIXES: usize = 32;

struct Canonicalizer<'d, 'p> {
    out: Vec<u8>,
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
        Self {
            // Declarations may move into the element from outside.
            out: Vec::with_capacity(length + length / 8 + 256),
            inclusive,
            open: Vec::new(),
            rendered: Vec::new(),
            bindings: Vec::new(),
            attributes: Vec::new(),
        }
    }

    fn write_subtree(&mut self, apex: Element<'d>, omit: Option<Element<'_>>) {
        self.start(apex);
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
                }),
                Content::Text(text) => write_text(&mut self.out, text),
            }
            index += 1;
        }
        self.end_before(apex.end());
    }

    /// Writes a start tag: name, declarations by prefix, attributes by namespace and name.
    fn start(&mut self, element: Element<'d>) {
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
        self.bindings.dedup();
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
    write_escaped(out, text, |byte| match byte {
        b'&' => Some(b"&amp;"),
        b'<' => Some(b"&lt;"),
        b'>' => Some(b"&gt;"),
        b'\r' => Some(b"&#xD;"),
        _ => None,
    });
}

/// The value of an attribute as Canonical XML 1.0, 2.3 writes it.
pub(super) fn write_value(out: &mut Vec<u8>, value: &str) {
    write_escaped(out, value, |byte| match byte {
        b'&' => Some(b"&amp;"),
        b'<' => Some(b"&lt;"),
        b'"' => Some(b"&quot;"),
        b'\t' => Some(b"&#x9;"),
        b'\n' => Some(b"&#xA;"),
        b'\r' => Some(b"&#xD;"),
        _ => None,
    });
}

fn write_escaped(out: &mut Vec<u8>, text: &str, escape: impl Fn(u8) -> Option<&'static [u8]>) {
    let mut rest = text.as_bytes();
    while let Some((length, escaped)) = next_escape(rest, &escape) {
        let (plain, special) = rest.split_at(length);
        out.extend_from_slice(plain);
        out.extend_from_slice(escaped);
        rest = special.get(1..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

fn next_escape(
    rest: &[u8],
    escape: impl Fn(u8) -> Option<&'static [u8]>,
) -> Option<(usize, &'static [u8])> {
    rest.iter()
        .enumerate()
        .find_map(|(index, &byte)| Some((index, escape(byte)?)))
}

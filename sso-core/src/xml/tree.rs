//! The tree: what a document is once it has been parsed.

use std::borrow::Cow;
use std::fmt;

use super::namespace::{Declaration, NamespaceId};
use super::{Limits, XmlError, parse};
use crate::excerpt::excerpt;

/// A parsed document.
///
/// It borrows names and most texts from the bytes that it was parsed from.
pub struct Document<'a> {
    /// In document order; the first is the root element.
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) root: ElementData<'a>,
    pub(super) attributes: Vec<AttributeData<'a>>,
    pub(super) declarations: Vec<Declaration<'a>>,
}

impl<'a> Document<'a> {
    /// Parses `bytes`.
    ///
    /// Accepted is well-formed XML 1.0 (fifth edition) with namespaces, in UTF-8, with or without
    /// byte order mark, but: no document type, no processing instruction, comments as `limits`
    /// say, and every namespace an absolute URI. Lines end and attributes are normalized as XML
    /// 1.0, 2.11 and 3.3.3 have it; `CDATA` sections are text.
    ///
    /// The attributes `ID`, `Id`, `id` in any spelling and any namespace, and those of SAML 1.1,
    /// are identifiers: no two may be equal, and no element may have two. `ID` and `Id` without a
    /// namespace and `xml:id` must be names.
    ///
    /// # Errors
    ///
    /// The [`XmlError`] of the first rule that is broken.
    pub fn parse(bytes: &'a [u8], limits: &Limits) -> Result<Self, XmlError> {
        parse::document(bytes, limits)
    }

    /// The root element.
    #[must_use]
    pub fn root(&self) -> Element<'_> {
        Element {
            document: self,
            index: 0,
            data: &self.root,
        }
    }

    pub(super) fn namespace(&self, id: NamespaceId) -> &str {
        self.declarations
            .get(id.0 as usize)
            .map_or("", |declaration| &declaration.uri)
    }

    fn element(&self, index: u32) -> Option<Element<'_>> {
        match &self.nodes.get(index as usize)?.content {
            Content::Element(data) => Some(Element {
                document: self,
                index,
                data,
            }),
            Content::Text(_) => None,
        }
    }
}

impl fmt::Debug for Document<'_> {
    /// Without the content, which is personal data.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Document")
            .field("root", &self.root())
            .field("nodes", &self.nodes.len())
            .finish_non_exhaustive()
    }
}

/// An element of a document. Two are equal if they are the same place of the same document.
#[derive(Clone, Copy)]
pub struct Element<'d> {
    pub(super) document: &'d Document<'d>,
    pub(super) index: u32,
    pub(super) data: &'d ElementData<'d>,
}

impl<'d> Element<'d> {
    /// The namespace; empty if there is none.
    #[must_use]
    pub fn namespace(&self) -> &'d str {
        self.document.namespace(self.data.name.namespace)
    }

    /// The name without prefix.
    #[must_use]
    pub const fn local_name(&self) -> &'d str {
        self.data.name.local
    }

    /// Whether this is the element `local` of `namespace`.
    #[must_use]
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        self.local_name() == local && self.namespace() == namespace
    }

    /// The value of the attribute `local` that has no namespace.
    #[must_use]
    pub fn attribute(&self, local: &str) -> Option<&'d str> {
        self.attribute_ns("", local)
    }

    /// The value of the attribute `local` of `namespace`.
    #[must_use]
    pub fn attribute_ns(&self, namespace: &str, local: &str) -> Option<&'d str> {
        self.attributes()
            .find(|attribute| attribute.local_name() == local && attribute.namespace() == namespace)
            .map(|attribute| attribute.value())
    }

    /// All attributes in the order of the document, without namespace declarations.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute<'d>> + use<'d> {
        let document = self.document;
        self.attribute_data()
            .iter()
            .map(move |data| Attribute { document, data })
    }

    /// The elements directly inside this one.
    pub fn children(&self) -> impl Iterator<Item = Self> + use<'d> {
        let document = self.document;
        self.child_indices()
            .filter_map(move |index| document.element(index))
    }

    /// The elements `local` of `namespace` directly inside this one.
    pub fn children_named<'n>(
        &self,
        namespace: &'n str,
        local: &'n str,
    ) -> impl Iterator<Item = Self> + use<'d, 'n> {
        self.children()
            .filter(move |child| child.is(namespace, local))
    }

    /// The one element `local` of `namespace` directly inside this one, if there is one.
    ///
    /// # Errors
    ///
    /// [`XmlError::Repeated`] if there are more.
    pub fn only_child(&self, namespace: &str, local: &str) -> Result<Option<Self>, XmlError> {
        let mut found = self.children_named(namespace, local);
        let first = found.next();
        match found.next() {
            None => Ok(first),
            Some(second) => Err(XmlError::Repeated {
                name: second.local_name().to_owned(),
                parent: self.local_name().to_owned(),
            }),
        }
    }

    /// The text inside this element, exactly as it stands, white space included.
    ///
    /// # Errors
    ///
    /// [`XmlError::NotText`] if there are elements inside it: a part of a value is not the value.
    pub fn text(&self) -> Result<&'d str, XmlError> {
        let mut children = self
            .child_indices()
            .filter_map(|index| self.document.nodes.get(index as usize));
        match (children.next().map(|node| &node.content), children.next()) {
            (None, _) => Ok(""),
            (Some(Content::Text(text)), None) => Ok(text),
            _ => Err(XmlError::NotText {
                name: excerpt(self.local_name()),
            }),
        }
    }

    /// The elements inside this one at any depth, in the order of the document.
    pub fn descendants(&self) -> impl Iterator<Item = Self> + use<'d> {
        let document = self.document;
        (self.index + 1..self.end()).filter_map(move |index| document.element(index))
    }

    /// The element around this one; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.document.element(self.data.parent?)
    }

    /// What `prefix` stands for here; the empty prefix is the default namespace.
    #[must_use]
    pub fn namespace_of_prefix(&self, prefix: &str) -> Option<&'d str> {
        if prefix == "xml" {
            return Some(super::namespace::XML);
        }
        let mut around = std::iter::successors(Some(*self), Self::parent);
        let declared = around.find_map(|element| element.declared(prefix))?;
        (!declared.is_empty()).then_some(declared)
    }

    /// Whether comments inside this one were left out, at any depth.
    pub(crate) fn has_comments(&self) -> bool {
        self.data.has_comments || self.descendants().any(|it| it.data.has_comments)
    }

    /// Where the text of the document has this element's start tag, content and end tag.
    pub(crate) const fn place(&self) -> Place {
        self.data.place
    }

    pub(super) fn attribute_data(&self) -> &'d [AttributeData<'d>] {
        self.data.attributes.of(&self.document.attributes)
    }

    pub(super) fn declarations(&self) -> &'d [Declaration<'d>] {
        self.data.declarations.of(&self.document.declarations)
    }

    /// Index behind the last node inside this element.
    pub(super) fn end(&self) -> u32 {
        self.document
            .nodes
            .get(self.index as usize)
            .map_or(self.index + 1, |node| node.end)
    }

    fn declared(&self, prefix: &str) -> Option<&'d str> {
        self.declarations()
            .iter()
            .find(|declaration| declaration.prefix == prefix)
            .map(|declaration| &*declaration.uri)
    }

    fn child_indices(&self) -> impl Iterator<Item = u32> + use<'d> {
        let (nodes, end) = (&self.document.nodes, self.end());
        let inside = move |index: u32| (index < end).then_some(index);
        std::iter::successors(inside(self.index + 1), move |&index| {
            nodes.get(index as usize).and_then(|node| inside(node.end))
        })
    }
}

impl PartialEq for Element<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index && std::ptr::eq(self.document, other.document)
    }
}

impl Eq for Element<'_> {}

impl fmt::Debug for Element<'_> {
    /// The name only: the content is personal data.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Element({{{}}}{})",
            self.namespace(),
            self.local_name()
        )
    }
}

/// An attribute of an element.
#[derive(Clone, Copy)]
pub struct Attribute<'d> {
    document: &'d Document<'d>,
    data: &'d AttributeData<'d>,
}

impl<'d> Attribute<'d> {
    /// The namespace; empty for an attribute without prefix.
    #[must_use]
    pub fn namespace(&self) -> &'d str {
        self.document.namespace(self.data.name.namespace)
    }

    /// The name without prefix.
    #[must_use]
    pub const fn local_name(&self) -> &'d str {
        self.data.name.local
    }

    /// The normalized value.
    #[must_use]
    pub fn value(&self) -> &'d str {
        &self.data.value
    }
}

impl fmt::Debug for Attribute<'_> {
    /// The name only: the value may be personal data.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Attribute({{{}}}{})",
            self.namespace(),
            self.local_name()
        )
    }
}

/// An element or a run of text.
pub(super) struct Node<'a> {
    /// Index behind the last node inside this one.
    pub(super) end: u32,
    pub(super) content: Content<'a>,
}

pub(super) enum Content<'a> {
    Element(ElementData<'a>),
    Text(Cow<'a, str>),
}

#[derive(Clone)]
pub(super) struct ElementData<'a> {
    pub(super) name: Name<'a>,
    pub(super) parent: Option<u32>,
    pub(super) attributes: Run,
    pub(super) declarations: Run,
    pub(super) place: Place,
    /// Whether comments directly inside were left out.
    pub(super) has_comments: bool,
}

pub(super) struct AttributeData<'a> {
    pub(super) name: Name<'a>,
    pub(super) value: Cow<'a, str>,
}

/// A name with its namespace.
#[derive(Clone, Copy)]
pub(super) struct Name<'a> {
    pub(super) prefix: &'a str,
    pub(super) local: &'a str,
    pub(super) namespace: NamespaceId,
}

/// Consecutive items of a list.
#[derive(Clone, Copy)]
pub(super) struct Run {
    start: u32,
    end: u32,
}

impl Run {
    /// From `start` up to, not including, `end`.
    pub(super) fn new(start: usize, end: usize) -> Self {
        Self {
            start: offset(start),
            end: offset(end),
        }
    }

    /// The items of this run.
    pub(super) fn of<T>(self, items: &[T]) -> &[T] {
        items
            .get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }
}

/// Offsets of an element in the text of its document, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Where the start tag begins.
    pub(crate) start: u32,
    /// Where the content begins. Equal to `end` if a single tag is the whole element.
    pub(crate) content: u32,
    /// Behind the end tag.
    pub(crate) end: u32,
}

/// An offset or a count as the tree keeps it. What does not fit is refused before it is counted.
pub(super) fn offset(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// Everything that is counted is at least one byte long, so counts fit whenever offsets do.
pub(super) const MAX_OFFSET: usize = u32::MAX as usize - 1;

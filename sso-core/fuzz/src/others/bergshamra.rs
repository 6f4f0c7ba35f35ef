//! The crates `bergshamra` (XML signatures in Rust) and `uppsala`, the XML parser below them.
//!
//! With us they share the library that computes hashes and RSA, and nothing that reads XML.

use std::borrow::Cow;
use std::ops::Range;

use bergshamra_c14n::{C14nMode, canonicalize_doc};
use bergshamra_dsig::{DsigContext, VerifyResult, verify};
use bergshamra_keys::{KeysManager, loader};
use bergshamra_xml::nodeset::NodeSet;
use sso_core::signature::{DS, VerifyingKey};
use uppsala::{Document, NodeId, NodeKind};

use crate::path::Path;
use crate::scan::{attributes, elements};

/// A document as this implementation reads it.
#[derive(Debug)]
pub struct Reading<'d> {
    document: Document<'d>,
}

impl<'d> Reading<'d> {
    /// Parses `text`, which must come from [`in_its_words`].
    ///
    /// # Errors
    ///
    /// What the parser says.
    pub fn parse(text: &'d str) -> Result<Self, String> {
        let document = uppsala::parse(text).map_err(|error| error.to_string())?;
        Ok(Self { document })
    }

    /// The exclusive canonical form of the element at `apex`, without the one at `omit` inside it.
    ///
    /// # Errors
    ///
    /// If there is no such element, and what the canonicalizer says.
    pub fn canonical(
        &self,
        apex: &Path,
        omit: Option<&Path>,
        prefixes: &[&str],
    ) -> Result<Vec<u8>, String> {
        let subtree = |path: &Path| {
            let node = self.find(path).ok_or("no such element")?;
            Ok::<_, String>(NodeSet::tree_without_comments(node, &self.document))
        };
        let mut nodes = subtree(apex)?;
        if let Some(omit) = omit {
            nodes = nodes.subtract(&subtree(omit)?);
        }
        canonicalize_doc(&self.document, C14nMode::Exclusive, Some(&nodes), prefixes)
            .map_err(|error| error.to_string())
    }

    /// Verifies the signature at `signature` with `key` and no other.
    ///
    /// # Errors
    ///
    /// Why it does not hold.
    pub fn verify(&self, signature: &Path, key: &VerifyingKey) -> Result<(), String> {
        let wanted = self.find(signature).ok_or("no such element")?;
        let context = trusting(key)?;
        let results = verify::verify_all_document(&context, &self.document);
        let results = results.map_err(|error| error.to_string())?;
        match results.into_iter().nth(self.signatures_before(wanted)) {
            Some(VerifyResult::Valid { signature_node, .. }) if signature_node == wanted => Ok(()),
            Some(VerifyResult::Invalid { reason }) => Err(reason),
            _ => Err("the signature was not looked at".to_owned()),
        }
    }

    /// The elements in document order.
    #[must_use]
    pub fn elements(&self) -> Vec<ElementRead<'_>> {
        let mut elements = Vec::new();
        let mut rest: Vec<_> = self.document.document_element().into_iter().collect();
        while let Some(node) = rest.pop() {
            elements.push(self.read(node));
            let children: Vec<_> = self.children(node).collect();
            rest.extend(children.into_iter().rev());
        }
        elements
    }

    fn read(&self, node: NodeId) -> ElementRead<'_> {
        let element = self.document.element(node).expect("an element");
        let mut attributes: Vec<_> = element
            .attributes
            .iter()
            .map(|it| {
                let namespace = it.name.namespace_uri.as_deref().unwrap_or_default();
                (namespace, &*it.name.local_name, &*it.value)
            })
            .collect();
        attributes.sort_unstable();
        let is_text_only = self.children(node).next().is_none();
        let texts = self.document.children_iter(node);
        ElementRead {
            namespace: element.name.namespace_uri.as_deref().unwrap_or_default(),
            local_name: &element.name.local_name,
            attributes,
            text: is_text_only.then(|| texts.filter_map(|it| self.text(it)).collect()),
        }
    }

    fn text(&self, node: NodeId) -> Option<&str> {
        match self.document.node_kind(node)? {
            NodeKind::Text(text) | NodeKind::CData(text) => Some(text),
            _ => None,
        }
    }

    fn find(&self, path: &Path) -> Option<NodeId> {
        let mut steps = path.steps().iter();
        let root = self.document.document_element()?;
        steps.try_fold(root, |node, step| self.children(node).nth(*step))
    }

    fn children(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        let is_element = |it: &NodeId| self.document.element(*it).is_some();
        self.document.children_iter(node).filter(is_element)
    }

    fn signatures_before(&self, signature: NodeId) -> usize {
        let all = self.document.get_elements_by_tag_name_ns(DS, "Signature");
        all.iter().take_while(|it| **it != signature).count()
    }
}

/// `text`, a well-formed document, said as `uppsala` and bergshamra understand it; all of this is
/// known to be wrong there.
///
/// - Line ends are as XML 1.0, 2.11 has them: they stay as they are in `CDATA`.
/// - White space in values is spaces, as 3.3.3 has it: it stays as it is.
/// - `CDATA` sections are text: of a digest that has one, only the first piece is read.
#[must_use]
pub fn in_its_words(text: &str) -> Cow<'_, str> {
    let is_plain = |it: char| !matches!(it, '\r' | '\t' | '\n');
    if text.chars().all(is_plain) && !text.contains(CDATA) {
        return text.into();
    }
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    spaces_in_values(cdata_as_text(&lines)).into()
}

fn cdata_as_text(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, markup)) = rest.split_at_checked(rest.find('<').unwrap_or(rest.len())) {
        written.push_str(before);
        let (length, section) = match markup {
            "" => break,
            _ if markup.starts_with(CDATA) => (through(markup, "]]>"), true),
            _ if markup.starts_with("<!--") => (through(markup, "-->"), false),
            _ => (1, false),
        };
        let (piece, behind) = markup.split_at(length);
        match section {
            true => written.push_str(&escaped(piece)),
            false => written.push_str(piece),
        }
        rest = behind;
    }
    written
}

/// The text of a `CDATA` section.
fn escaped(section: &str) -> String {
    let text = section.strip_prefix(CDATA).unwrap_or(section);
    let text = text.strip_suffix("]]>").unwrap_or(text);
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn through(text: &str, mark: &str) -> usize {
    text.find(mark).map_or(text.len(), |at| at + mark.len())
}

fn spaces_in_values(text: String) -> String {
    let mut octets = text.into_bytes();
    for value in values(&octets) {
        let octets = octets.get_mut(value).unwrap_or_default();
        let others = octets.iter_mut().filter(|it| matches!(it, b'\t' | b'\n'));
        others.for_each(|it| *it = b' ');
    }
    String::from_utf8(octets).expect("ASCII for ASCII")
}

/// Where attributes are.
fn values(data: &[u8]) -> Vec<Range<usize>> {
    let tags = elements(data).into_iter().map(|it| it.tag);
    tags.flat_map(|it| attributes(data, &it)).collect()
}

/// An element, by values.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "tests compare it with what we read"
)]
pub struct ElementRead<'d> {
    /// Empty if there is none.
    pub namespace: &'d str,
    /// Without prefix.
    pub local_name: &'d str,
    /// Namespace, local name and value, sorted.
    pub attributes: Vec<(&'d str, &'d str, &'d str)>,
    /// The text inside, if there are no elements.
    pub text: Option<String>,
}

fn trusting(key: &VerifyingKey) -> Result<DsigContext, String> {
    let key = loader::load_spki_der(key.as_spki_der()).map_err(|error| error.to_string())?;
    let mut keys = KeysManager::new();
    keys.add_key(key);
    Ok(DsigContext::new(keys))
}

const CDATA: &str = "<![CDATA[";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_words_are_those_of_the_specification() {
        let text = "<a b='1\r\n2\t3' \r\n c=\"\r\"><![CDATA[\r\n\t<&>]]>\r<!--<![CDATA[--></a>";
        let words = "<a b='1 2 3' \n c=\" \">\n\t&lt;&amp;&gt;\n<!--<![CDATA[--></a>";
        assert_eq!(in_its_words(text), words);
        assert!(matches!(in_its_words("<a b='c'/>"), Cow::Borrowed(_)));
    }

    /// The day it fails, its words are ours.
    #[test]
    fn it_still_leaves_line_ends_as_they_are() {
        let reading = Reading::parse("<a b='\t'><![CDATA[\r\n]]></a>").unwrap();
        let canonical = reading.canonical(&Path::default(), None, &[]).unwrap();
        assert_eq!(canonical, b"<a b=\"&#x9;\">&#xD;\n</a>");
    }
}

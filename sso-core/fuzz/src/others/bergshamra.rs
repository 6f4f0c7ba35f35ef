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

/// `text` with spaces for the tabs and line ends in values, as XML 1.0, 3.3.3 has them: `uppsala`
/// leaves them as they are, which is wrong, and known.
#[must_use]
pub fn in_its_words(text: &str) -> Cow<'_, str> {
    let mut spaced = text.as_bytes().to_vec();
    // From the last: what comes before keeps its place.
    for value in values(text.as_bytes()).into_iter().rev() {
        let words = text.get(value.clone()).unwrap_or_default();
        if words.contains(['\t', '\n', '\r']) {
            let words = words.replace("\r\n", " ").replace(['\t', '\n', '\r'], " ");
            spaced.splice(value, words.into_bytes());
        }
    }
    match spaced == text.as_bytes() {
        true => text.into(),
        false => String::from_utf8(spaced)
            .expect("it was a text before")
            .into(),
    }
}

/// Where attributes are, in the order of the document.
fn values(data: &[u8]) -> Vec<Range<usize>> {
    let mut tags: Vec<_> = elements(data).into_iter().map(|it| it.tag).collect();
    tags.sort_unstable_by_key(|it| it.start);
    tags.iter().flat_map(|it| attributes(data, it)).collect()
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

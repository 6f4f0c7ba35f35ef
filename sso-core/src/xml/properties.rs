//! What holds for every document.

use proptest::prelude::*;

use super::canonical::exclusive;
use super::{Comments, Document, Element, Limits, Writer};

proptest! {
    #[test]
    fn what_is_written_is_what_is_read(tree in tree()) {
        let mut writer = Writer::new();
        tree.write(&mut writer, true);
        let xml = writer.finish();
        let document = parse(&xml).unwrap();
        prop_assert_eq!(Tree::read(document.root()), tree);
    }

    #[test]
    fn the_canonical_form_of_a_canonical_form_is_itself(tree in tree()) {
        let mut writer = Writer::new();
        tree.write(&mut writer, true);
        let xml = writer.finish();
        let once = canonical(parse(&xml).unwrap().root());
        let document = parse(&once).unwrap();
        prop_assert_eq!(Tree::read(document.root()), tree);
        prop_assert_eq!(canonical(document.root()), once);
    }

    /// Row C14N-14 of the attacks: whatever is accepted means the same after being written anew.
    #[test]
    fn c14n_14_whatever_is_accepted_survives_a_round_trip(xml in soup(), comments in comments()) {
        let limits = Limits { comments, ..Limits::message() };
        if let Ok(document) = Document::parse(xml.as_bytes(), &limits) {
            let once = canonical(document.root());
            let again = parse(&once).unwrap();
            prop_assert_eq!(names(again.root()), names(document.root()));
            prop_assert_eq!(Tree::read(again.root()), Tree::read(document.root()));
            prop_assert_eq!(canonical(again.root()), once);
        }
    }

    #[test]
    fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Document::parse(&bytes, &Limits::message());
    }

    #[test]
    fn every_element_has_an_own_canonical_form_that_means_the_same(tree in tree()) {
        let mut writer = Writer::new();
        tree.write(&mut writer, true);
        let xml = writer.finish();
        for element in parse(&xml).unwrap().root().descendants() {
            let alone = canonical(element);
            let document = parse(&alone).unwrap();
            prop_assert_eq!(names(document.root()), names(element));
            prop_assert_eq!(Tree::read(document.root()), Tree::read(element));
        }
    }
}

/// An element, as a test knows it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tree {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    content: Content,
}

#[derive(Clone, Debug, PartialEq)]
enum Content {
    Children(Vec<Tree>),
    Text(String),
}

impl Tree {
    pub(crate) fn write(&self, writer: &mut Writer, is_root: bool) {
        writer.start(self.name);
        if is_root {
            writer
                .namespace("p", "urn:p")
                .namespace("q", "urn:q")
                .namespace("", "urn:d");
        }
        for (name, value) in &self.attributes {
            writer.attr(name, value);
        }
        match &self.content {
            Content::Children(children) => {
                children.iter().for_each(|child| child.write(writer, false))
            }
            Content::Text(text) => drop(writer.text(text)),
        }
        writer.end();
    }

    fn read(element: Element<'_>) -> Self {
        let children: Vec<_> = element.children().map(Self::read).collect();
        let mut attributes: Vec<_> = element
            .attributes()
            .map(|it| {
                (
                    known(&ATTRIBUTES, it.namespace(), it.local_name()),
                    it.value().to_owned(),
                )
            })
            .collect();
        attributes.sort();
        Self {
            name: known(&ELEMENTS, element.namespace(), element.local_name()),
            attributes,
            content: match element.text() {
                Ok(text) if children.is_empty() => Content::Text(text.to_owned()),
                _ => Content::Children(children),
            },
        }
    }
}

/// The name of the list that means this; a document may spell it with any prefix.
fn known(names: &[&'static str], namespace: &str, local: &str) -> &'static str {
    let prefix = namespace.strip_prefix("urn:").unwrap_or_default();
    let spelled = match prefix {
        "" | "d" => local.to_owned(),
        _ => format!("{prefix}:{local}"),
    };
    names
        .iter()
        .find(|name| **name == spelled)
        .copied()
        .unwrap_or("?")
}

/// Any element with anything in it.
pub(crate) fn tree() -> impl Strategy<Value = Tree> {
    let leaf = (name(), attributes(), text()).prop_map(|(name, attributes, text)| Tree {
        name,
        attributes,
        content: Content::Text(text),
    });
    leaf.prop_recursive(5, 40, 5, |inner| {
        let children = prop::collection::vec(inner, 1..5);
        (name(), attributes(), children).prop_map(|(name, attributes, children)| Tree {
            name,
            attributes,
            content: Content::Children(children),
        })
    })
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&ELEMENTS[..])
}

fn attributes() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    prop::collection::btree_map(prop::sample::select(&ATTRIBUTES[..]), text(), 0..4)
        .prop_map(|attributes| attributes.into_iter().collect())
}

/// Text with everything that XML treats specially.
fn text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        prop::sample::select(
            &[
                '<', '>', '&', '"', '\'', '\r', '\n', '\t', ' ', ']', '[', '-', '!'
            ][..]
        ),
        any::<char>().prop_filter("XML holds it", |it| super::characters::is_allowed(*it)),
    ];
    prop::collection::vec(character, 0..12).prop_map(String::from_iter)
}

fn comments() -> impl Strategy<Value = Comments> {
    prop::sample::select(&[Comments::Drop, Comments::Refuse][..])
}

/// Pieces of markup in an element: often well-formed, seldom nice.
fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&PIECES[..]), 0..10)
        .prop_map(|pieces| format!("<a xmlns:p='urn:p' xmlns='urn:d'>{}</a>", pieces.concat()))
}

fn parse(xml: &str) -> Result<Document<'_>, super::XmlError> {
    Document::parse(xml.as_bytes(), &Limits::message())
}

fn canonical(element: Element<'_>) -> String {
    String::from_utf8(exclusive(element, None, &[]).unwrap()).unwrap()
}

/// The names of all elements, with their namespaces.
fn names<'d>(element: Element<'d>) -> Vec<(&'d str, &'d str)> {
    std::iter::once(element)
        .chain(element.descendants())
        .map(|it| (it.namespace(), it.local_name()))
        .collect()
}

const ELEMENTS: [&str; 5] = ["a", "b", "p:a", "p:c", "q:b"];
const ATTRIBUTES: [&str; 4] = ["p:v", "q:v", "v", "w"];
const PIECES: [&str; 32] = [
    "<p:a v='1'/>",
    "<b>",
    "</b>",
    "<b>",
    "</b>",
    "<q:b xmlns:q='urn:q'>",
    "</q:b>",
    "<a xmlns=''/>",
    "<p:a xmlns:p='urn:q'/>",
    "text",
    " ",
    "\r\n",
    "\r",
    "]",
    "]]",
    "&#13;",
    "&#x9;",
    "&amp;",
    "&lt;!--",
    "<![CDATA[<b>]]>",
    "<![CDATA[]]>",
    "<!--c-->",
    "<!---->",
    "<p:c q:v=\"\r\n'\" xmlns:q='urn:p'></p:c>",
    "<a w='&#10;&quot;\t'/>",
    "<a ID='_1'/>",
    "<a id='1'/>",
    "<b v='>'/>",
    "é\u{10FFFF}",
    "&#x10000;",
    "<a xml:lang='en'/>",
    "<b xmlns:p='urn:d' p:w='1' w='2'/>",
];

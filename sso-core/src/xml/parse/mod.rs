//! From bytes to a tree.
//!
//! [`document`] is the production `document` of XML 1.0, as a list. Tags are in `tag`, text,
//! references and attribute values in `text`.

mod tag;
mod text;

use std::borrow::Cow;

use super::characters::{are_allowed, is_allowed, is_space};
use super::cursor::Cursor;
use super::namespace::{Declaration, NamespaceId};
use super::tree::{AttributeData, Content, Document, MAX_OFFSET, Name, Node, offset};
use super::{Comments, Limits, XmlError, ids};

/// Parses a document; see [`Document::parse`].
pub(super) fn document<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Document<'a>, XmlError> {
    let text = decode(bytes, limits)?;
    let mut parser = Parser::new(text, limits);
    parser.xml_declaration()?;
    parser.misc()?;
    parser.start_tag()?;
    while !parser.open.is_empty() {
        parser.content()?;
    }
    parser.misc()?;
    let document = parser.finish()?;
    ids::check(&document, limits)?;
    Ok(document)
}

/// The text of the document.
fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<&'a str, XmlError> {
    let max = limits.max_bytes.min(MAX_OFFSET);
    if bytes.len() > max {
        return Err(XmlError::TooLarge {
            found: bytes.len(),
            max,
        });
    }
    let text = str::from_utf8(bytes).map_err(|_| XmlError::Encoding { what: "not UTF-8" })?;
    match are_allowed(text) {
        true => Ok(text),
        false => Err(forbidden_character(text)),
    }
}

fn forbidden_character(text: &str) -> XmlError {
    let at = text
        .find(|character| !is_allowed(character))
        .unwrap_or_default();
    XmlError::NotWellFormed {
        at,
        what: "a character that XML cannot hold",
    }
}

struct Parser<'a, 'l> {
    cursor: Cursor<'a>,
    limits: &'l Limits,
    nodes: Vec<Node<'a>>,
    attributes: Vec<AttributeData<'a>>,
    declarations: Vec<Declaration<'a>>,
    /// The elements that are not closed, outermost first.
    open: Vec<Open<'a>>,
    /// The declarations in scope, innermost last.
    scope: Vec<NamespaceId>,
    /// Text since the last tag: one node, even if comments or `CDATA` divide it.
    text: Option<Cow<'a, str>>,
}

/// An element whose end tag is still to come.
struct Open<'a> {
    index: u32,
    name: Name<'a>,
    /// How many declarations are in scope around it.
    scope: usize,
}

impl<'a, 'l> Parser<'a, 'l> {
    fn new(text: &'a str, limits: &'l Limits) -> Self {
        // Fits a signed response; the lists of another document grow.
        let guess = (text.len() / BYTES_PER_NODE).min(limits.max_nodes);
        Self {
            cursor: Cursor::new(text),
            limits,
            nodes: Vec::with_capacity(guess),
            attributes: Vec::with_capacity(guess),
            declarations: NamespaceId::predeclared().into(),
            open: Vec::new(),
            scope: Vec::new(),
            text: None,
        }
    }

    /// Byte order mark and `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`, which may be
    /// missing.
    fn xml_declaration(&mut self) -> Result<(), XmlError> {
        self.cursor.eat("\u{FEFF}");
        let at = self.cursor.at();
        if !self.cursor.eat("<?xml") {
            return Ok(());
        }
        if !self.cursor.peek().is_some_and(is_space) {
            return Err(XmlError::ProcessingInstruction { at });
        }
        if self.pseudo_attribute("version")? != Some("1.0") {
            return Err(XmlError::Encoding {
                what: "the version is not 1.0",
            });
        }
        let encoding = self.pseudo_attribute("encoding")?;
        if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case("UTF-8")) {
            return Err(XmlError::Encoding {
                what: "another encoding is declared",
            });
        }
        let standalone = self.pseudo_attribute("standalone")?;
        if standalone.is_some_and(|standalone| !matches!(standalone, "yes" | "no")) {
            return Err(self.malformed("standalone is neither yes nor no"));
        }
        self.skip_space();
        self.expect("?>", "expected the end of the XML declaration")
    }

    /// A part of the XML declaration, if it is the next one.
    fn pseudo_attribute(&mut self, name: &str) -> Result<Option<&'a str>, XmlError> {
        let before = self.cursor;
        let spaced = self.skip_space();
        if !self.cursor.eat(name) {
            self.cursor = before;
            return Ok(None);
        }
        if !spaced {
            return Err(self.malformed("expected white space"));
        }
        self.equals_sign()?;
        let quote = self.quote()?;
        match self.cursor.take_through(quote.as_str()) {
            Some(value) => Ok(Some(value)),
            None => Err(self.malformed("unexpected end")),
        }
    }

    /// White space and comments before and after the root element.
    fn misc(&mut self) -> Result<(), XmlError> {
        self.skip_space();
        while self.cursor.sees("<!") || self.cursor.sees("<?") {
            self.declaration_like()?;
            self.skip_space();
        }
        Ok(())
    }

    /// Text inside an element, and the markup behind it.
    fn content(&mut self) -> Result<(), XmlError> {
        self.characters()?;
        match self.cursor.peek_second() {
            Some(b'/') => self.end_tag(),
            Some(b'!') if self.cursor.eat("<![CDATA[") => self.character_data(),
            Some(b'!' | b'?') => self.declaration_like(),
            _ => self.start_tag(),
        }
    }

    /// What begins with `<!` or `<?`: a comment may pass, nothing else may.
    fn declaration_like(&mut self) -> Result<(), XmlError> {
        let at = self.cursor.at();
        if self.cursor.eat("<!--") {
            self.comment(at)
        } else if self.cursor.sees("<?") {
            Err(XmlError::ProcessingInstruction { at })
        } else if self.cursor.sees("<!DOCTYPE") {
            Err(XmlError::Doctype { at })
        } else {
            Err(self.malformed("unknown markup"))
        }
    }

    /// The rest of a comment that began at `at`.
    fn comment(&mut self, at: usize) -> Result<(), XmlError> {
        if self.limits.comments == Comments::Refuse {
            return Err(XmlError::Comment { at });
        }
        if self.cursor.take_through("--").is_none() {
            return Err(self.malformed("a comment without end"));
        }
        self.note_comment();
        self.expect(">", "\"--\" in a comment")
    }

    fn note_comment(&mut self) {
        let around = self.open.last().map(|open| open.index as usize);
        let around = around.and_then(|index| self.nodes.get_mut(index));
        if let Some(Content::Element(data)) = around.map(|node| &mut node.content) {
            data.has_comments = true;
        }
    }

    fn push_node(&mut self, content: Content<'a>) -> Result<u32, XmlError> {
        if self.nodes.len() >= self.limits.max_nodes {
            return Err(XmlError::TooManyNodes {
                max: self.limits.max_nodes,
            });
        }
        let index = offset(self.nodes.len());
        self.nodes.push(Node {
            end: index + 1,
            content,
        });
        Ok(index)
    }

    fn finish(self) -> Result<Document<'a>, XmlError> {
        if !self.cursor.is_at_end() {
            return Err(self.malformed("something follows the root element"));
        }
        let Some(Node {
            content: Content::Element(root),
            ..
        }) = self.nodes.first()
        else {
            return Err(self.malformed("there is no root element"));
        };
        Ok(Document {
            root: root.clone(),
            nodes: self.nodes,
            attributes: self.attributes,
            declarations: self.declarations,
        })
    }

    fn expect(&mut self, expected: &str, otherwise: &'static str) -> Result<(), XmlError> {
        match self.cursor.eat(expected) {
            true => Ok(()),
            false => Err(self.malformed(otherwise)),
        }
    }

    /// Moves behind white space, and tells whether there was any.
    fn skip_space(&mut self) -> bool {
        !self.cursor.take_while(is_space).is_empty()
    }

    fn malformed(&self, what: &'static str) -> XmlError {
        XmlError::NotWellFormed {
            at: self.cursor.at(),
            what,
        }
    }
}

/// Somewhat less than a node of a usual response takes.
const BYTES_PER_NODE: usize = 64;

#[cfg(test)]
mod tests;

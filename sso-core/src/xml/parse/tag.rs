//! Start tags, end tags, and the names in them.

use super::{Open, Parser};
use crate::excerpt::excerpt;
use crate::xml::XmlError;
use crate::xml::characters::{is_name_byte, is_ncname_of_name_bytes};
use crate::xml::namespace::{Declaration, NamespaceId, objection};
use crate::xml::tree::{AttributeData, Content, ElementData, Name, Place, Run, offset};

/// What follows the attributes of a tag.
enum TagEnd {
    /// `>`: content, then an end tag.
    Content,
    /// `/>`: nothing.
    Empty,
}

impl<'a> Parser<'a, '_> {
    /// A start tag, or a single tag that is a whole element.
    pub(super) fn start_tag(&mut self) -> Result<(), XmlError> {
        self.flush_text()?;
        if self.open.len() >= self.limits.max_depth {
            return Err(XmlError::TooDeep {
                max: self.limits.max_depth,
            });
        }
        let start = self.cursor.at();
        self.expect("<", "expected an element")?;
        let (prefix, local) = self.qualified_name()?;
        let scope = self.scope.len();
        let (attributes_start, declarations_start) =
            (self.attributes.len(), self.declarations.len());
        let tag_end = self.attributes(attributes_start, declarations_start)?;

        let name = Name {
            prefix,
            local,
            namespace: self.element_namespace(prefix, start)?,
        };
        self.resolve_attributes(attributes_start, start)?;
        let content = offset(self.cursor.at());
        let index = self.push_node(Content::Element(ElementData {
            name,
            parent: self.open.last().map(|open| open.index),
            attributes: Run::new(attributes_start, self.attributes.len()),
            declarations: Run::new(declarations_start, self.declarations.len()),
            place: Place {
                start: offset(start),
                content,
                end: content,
            },
            has_comments: false,
        }))?;
        self.open.push(Open { index, name, scope });
        match tag_end {
            TagEnd::Content => Ok(()),
            TagEnd::Empty => self.close(),
        }
    }

    /// The end tag of the innermost element.
    pub(super) fn end_tag(&mut self) -> Result<(), XmlError> {
        self.flush_text()?;
        self.expect("</", "expected an end tag")?;
        let at = self.cursor.at();
        let Some(name) = self.open.last().map(|open| open.name) else {
            return Err(self.malformed("an end tag without start tag"));
        };
        let has_prefix =
            name.prefix.is_empty() || (self.cursor.eat(name.prefix) && self.cursor.eat_byte(b':'));
        let has_name = has_prefix && self.cursor.eat(name.local);
        self.skip_space();
        if !(has_name && self.cursor.eat_byte(b'>')) {
            return Err(XmlError::NotWellFormed {
                at,
                what: "not the end tag of the open element",
            });
        }
        self.close()
    }

    /// Closes the innermost element.
    fn close(&mut self) -> Result<(), XmlError> {
        let Some(open) = self.open.pop() else {
            return Err(self.malformed("an end tag without start tag"));
        };
        self.scope.truncate(open.scope);
        let end = offset(self.nodes.len());
        let place_end = offset(self.cursor.at());
        if let Some(node) = self.nodes.get_mut(open.index as usize) {
            node.end = end;
            if let Content::Element(data) = &mut node.content {
                data.place.end = place_end;
            }
        }
        Ok(())
    }

    /// The attributes and namespace declarations of a tag, and its end.
    fn attributes(&mut self, attributes: usize, declarations: usize) -> Result<TagEnd, XmlError> {
        loop {
            let spaced = self.skip_space();
            if self.cursor.eat_byte(b'>') {
                return Ok(TagEnd::Content);
            }
            if self.cursor.eat("/>") {
                return Ok(TagEnd::Empty);
            }
            if !spaced {
                return Err(self.malformed("expected white space or the end of the tag"));
            }
            let at = self.cursor.at();
            self.attribute(declarations)?;
            let count = self.attributes.len() - attributes + self.declarations.len() - declarations;
            if count > self.limits.max_attributes {
                return Err(XmlError::TooManyAttributes {
                    at,
                    max: self.limits.max_attributes,
                });
            }
        }
    }

    /// One attribute, or one declaration; those of the tag begin at `declarations`.
    fn attribute(&mut self, declarations: usize) -> Result<(), XmlError> {
        let at = self.cursor.at();
        let (prefix, local) = self.qualified_name()?;
        self.equals_sign()?;
        let value = self.attribute_value()?;
        match (prefix, local) {
            ("", "xmlns") => self.declare(
                Declaration {
                    prefix: "",
                    uri: value,
                },
                declarations,
                at,
            ),
            ("xmlns", _) => self.declare(
                Declaration {
                    prefix: local,
                    uri: value,
                },
                declarations,
                at,
            ),
            (_, "xmlns") => Err(namespace_error(at, prefix, "xmlns takes no prefix")),
            _ => {
                // The namespace may be declared further on in the tag.
                let name = Name {
                    prefix,
                    local,
                    namespace: NamespaceId::NONE,
                };
                self.attributes.push(AttributeData { name, value });
                Ok(())
            }
        }
    }

    fn declare(
        &mut self,
        declaration: Declaration<'a>,
        declarations: usize,
        at: usize,
    ) -> Result<(), XmlError> {
        if let Some(what) = objection(declaration.prefix, &declaration.uri) {
            return Err(namespace_error(
                at,
                &format!("{}={}", declaration.prefix, declaration.uri),
                what,
            ));
        }
        let mut declared = self.declarations.iter().skip(declarations);
        if declared.any(|other| other.prefix == declaration.prefix) {
            return Err(XmlError::NotWellFormed {
                at,
                what: "a prefix is declared twice",
            });
        }
        if self.scope.len() >= self.limits.max_namespaces {
            return Err(XmlError::TooManyNamespaces {
                at,
                max: self.limits.max_namespaces,
            });
        }
        self.scope
            .push(NamespaceId(offset(self.declarations.len())));
        self.declarations.push(declaration);
        Ok(())
    }

    /// Finds the namespaces of a tag's attributes, and that no two of them have one name.
    fn resolve_attributes(&mut self, start: usize, at: usize) -> Result<(), XmlError> {
        for index in start..self.attributes.len() {
            let Some(name) = self.attributes.get(index).map(|attribute| attribute.name) else {
                break;
            };
            let namespace = match name.prefix {
                "" => NamespaceId::NONE,
                prefix => self.resolve(prefix).ok_or_else(|| undeclared(at, prefix))?,
            };
            let earlier = self.attributes.get(start..index).unwrap_or_default();
            if earlier
                .iter()
                .any(|it| it.name.local == name.local && self.is_same(it.name.namespace, namespace))
            {
                return Err(XmlError::NotWellFormed {
                    at,
                    what: "an attribute occurs twice",
                });
            }
            if let Some(attribute) = self.attributes.get_mut(index) {
                attribute.name.namespace = namespace;
            }
        }
        Ok(())
    }

    fn element_namespace(&self, prefix: &str, at: usize) -> Result<NamespaceId, XmlError> {
        match (self.resolve(prefix), prefix) {
            (Some(namespace), _) => Ok(namespace),
            (None, "") => Ok(NamespaceId::NONE),
            (None, _) => Err(undeclared(at, prefix)),
        }
    }

    fn resolve(&self, prefix: &str) -> Option<NamespaceId> {
        if prefix == "xml" {
            return Some(NamespaceId::XML);
        }
        let is_meant = |id: &NamespaceId| {
            self.declarations
                .get(id.0 as usize)
                .is_some_and(|declaration| declaration.prefix == prefix)
        };
        self.scope.iter().rev().copied().find(is_meant)
    }

    fn is_same(&self, one: NamespaceId, other: NamespaceId) -> bool {
        let uri = |id: NamespaceId| self.declarations.get(id.0 as usize).map(|it| &*it.uri);
        one == other || uri(one) == uri(other)
    }

    /// Prefix, which may be empty, and local part.
    fn qualified_name(&mut self) -> Result<(&'a str, &'a str), XmlError> {
        let name = self.name()?;
        match self.cursor.eat_byte(b':') {
            true => Ok((name, self.name()?)),
            false => Ok(("", name)),
        }
    }

    fn name(&mut self) -> Result<&'a str, XmlError> {
        let at = self.cursor.at();
        let name = self.cursor.take_while(is_name_byte);
        if name.len() > self.limits.max_name {
            return Err(XmlError::TooLongName {
                at,
                max: self.limits.max_name,
            });
        }
        match is_ncname_of_name_bytes(name) {
            true => Ok(name),
            false => Err(XmlError::NotWellFormed {
                at,
                what: "expected a name",
            }),
        }
    }
}

fn undeclared(at: usize, prefix: &str) -> XmlError {
    namespace_error(at, prefix, "the prefix is not declared")
}

fn namespace_error(at: usize, found: &str, what: &'static str) -> XmlError {
    XmlError::Namespace {
        at,
        found: excerpt(found),
        what,
    }
}

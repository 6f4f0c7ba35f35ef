//! What is read, and what is refused.

mod shape;
mod text;
mod tree;

use crate::xml::{Comments, Document, Element, Limits, XmlError};

/// The code of the error, or `ok`.
fn code(xml: impl AsRef<[u8]>) -> &'static str {
    code_within(xml, &Limits::message())
}

fn code_within(xml: impl AsRef<[u8]>, limits: &Limits) -> &'static str {
    Document::parse(xml.as_ref(), limits).map_or_else(|error| error.code(), |_| "ok")
}

/// The text of the root element.
fn text(xml: &str) -> String {
    let document = Document::parse(xml.as_bytes(), &Limits::message()).unwrap();
    document.root().text().unwrap().to_owned()
}

/// The value of the attribute `v` of the root element.
fn value(xml: &str) -> String {
    let document = Document::parse(xml.as_bytes(), &Limits::message()).unwrap();
    document.root().attribute("v").unwrap().to_owned()
}

//! A small, hardened XML tree. It knows neither signatures nor SAML.
//!
//! - [`Document::parse`] reads a strict subset of XML 1.0 with namespaces: UTF-8 only, and no
//!   document type, no processing instruction, no entity but the five that XML predefines.
//! - [`Element`] is how everything else looks at a document.
//! - [`canonical`] turns an element into the bytes that a signature covers.
//! - [`Writer`] builds the messages that we send.
//!
//! Nothing here recurses, so that no input can exhaust the stack, and every size has a limit.

pub mod canonical;
mod characters;
mod cursor;
mod error;
mod ids;
mod limits;
mod namespace;
mod parse;
mod tree;
mod write;

pub use characters::is_ncname;
pub use error::XmlError;
pub use limits::{Comments, Limits};
pub use tree::{Attribute, Document, Element};
pub use write::Writer;

#[cfg(test)]
pub(crate) mod properties;

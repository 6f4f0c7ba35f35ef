//! Pieces of markup that implementations have disagreed about.

use fastrand::Rng;

use super::{insert, pick};
use crate::scan::elements;

/// Declares a prefix anew, or takes the default namespace back, in some tag.
pub(super) fn declare_namespace(data: &mut Vec<u8>, _other: &[u8], random: &mut Rng) {
    let spans = elements(data);
    let (Some(span), Some(piece)) = (pick(&spans, random), pick(&DECLARATIONS, random)) else {
        return;
    };
    let tag = &data[span.tag.clone()];
    let is_end = |it: &u8| it.is_ascii_whitespace() || matches!(it, b'/' | b'>');
    let name = tag.iter().position(is_end).unwrap_or(tag.len());
    insert(data, span.tag.start + name, piece.as_bytes());
}

/// Puts a piece right behind a start tag or right before an end tag.
pub(super) fn insert_into_content(data: &mut Vec<u8>, _other: &[u8], random: &mut Rng) {
    let spans = elements(data);
    let (Some(span), Some(piece)) = (pick(&spans, random), pick(&PIECES, random)) else {
        return;
    };
    let at = match random.bool() {
        true => span.content.start,
        false => span.content.end,
    };
    insert(data, at, piece.as_bytes());
}

/// Puts a piece anywhere, also before and behind the root element.
pub(super) fn insert_anywhere(data: &mut Vec<u8>, _other: &[u8], random: &mut Rng) {
    let at = match random.u8(..4) {
        0 => 0,
        1 => data.len(),
        _ => random.usize(..=data.len()),
    };
    let piece = pick(&PIECES, random).unwrap_or(&PIECES[0]);
    insert(data, at, piece.as_bytes());
}

const DECLARATIONS: [&str; 16] = [
    " xmlns=\"\"",
    " xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\"",
    " xmlns=\"http://www.w3.org/2000/09/xmldsig#\"",
    " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"",
    " xmlns:ds=\"urn:x\"",
    " xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"",
    " xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:protocol\"",
    " xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:assertion\"",
    " xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"",
    " xmlns:xsi=\"urn:y\"",
    " xmlns:p=\"urn:p\" p:ID=\"_1\"",
    " xmlns:p=\"urn:p\" xmlns:q=\"urn:p\" p:a=\"1\" q:b=\"2\"",
    " xmlns:xml=\"http://www.w3.org/XML/1998/namespace\" xml:lang=\"en\"",
    " xml:id=\"_x\"",
    " ID=\"_x\"",
    " xmlns:a.b=\"urn:%41\" a.b:c=\"&#9;\"",
];
const PIECES: [&str; 24] = [
    "<!---->",
    "<!--x-->",
    "<?x?>",
    "<?xml version=\"1.0\"?>",
    "<![CDATA[]]>",
    "<![CDATA[<x>&]]>",
    "&#10;",
    "&#13;",
    "&#x0;",
    "&#x1F600;",
    "&amp;",
    "&lt;",
    "&x;",
    "<!DOCTYPE x [<!ENTITY x \"y\">]>",
    "<x/>",
    "<x xmlns=\"urn:x\" y='\"'/>",
    "<p:x xmlns:p=\"urn:x\" p:y=\"&quot;&#xA;\">]]&gt;</p:x>",
    "\r\n",
    "\r",
    "\t",
    " ",
    "\u{85}",
    "\u{FEFF}",
    "\u{2028}e\u{301}",
];

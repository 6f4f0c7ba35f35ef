//! What can stand at a setting, and how what was typed becomes what is kept.

use std::fmt;

use zeroize::Zeroizing;

use super::numbering;
use crate::cert;
use crate::config::{Problem, duration};

/// What can stand at a setting. `Display` says it to people.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A certificate as PEM, or a chain of them.
    Certificates,
    /// Any number of certificates as PEM.
    CertificateList,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A duration between these two.
    Duration(&'static str, &'static str),
    /// `true`, or `false`, which is the same as nothing.
    Exception,
    /// Any number of texts, described here.
    List(&'static str),
    /// The XML of an identity provider.
    Metadata,
    /// A number from 1.
    Number,
    /// A private key as PEM; nobody should see it.
    PrivateKey,
    /// `true` or `false`.
    Switch,
    /// A text, described here.
    Text(&'static str),
}

/// What becomes of a text that was typed.
pub(super) enum Entry {
    /// The value as it is kept.
    Keep(Zeroizing<String>),
    /// Nothing is kept, since it is what applies anyway.
    Default,
}

impl Kind {
    /// Turns what was typed for `path` into what is kept.
    pub(super) fn read(&self, path: &str, text: &str) -> Result<Entry, Problem> {
        let text = text.trim();
        let value = match self {
            Self::List(_) => return list(split(text)).ok_or_else(|| self.refused(path, text)),
            Self::CertificateList => {
                return list(split_certificates(text)).ok_or_else(|| self.refused(path, text));
            }
            Self::Exception if text == "false" => return Ok(Entry::Default),
            _ => text,
        };
        match self.takes(value) {
            true => Ok(Entry::Keep(Zeroizing::new(value.to_owned()))),
            false => Err(self.refused(path, value)),
        }
    }

    /// What is wrong with `found` at `path`.
    pub(super) fn refused(&self, path: &str, found: &str) -> Problem {
        let found = match self {
            Self::PrivateKey => "an unusable text",
            _ => found,
        };
        Problem::new(
            path,
            found,
            self,
            "Set it to what is expected, or unset it.",
        )
    }

    fn takes(&self, value: &str) -> bool {
        match self {
            Self::Certificates | Self::CertificateList => cert::certificates(value).is_ok(),
            Self::Choice(words) => words.contains(&value),
            Self::Duration(from, to) => is_between(value, from, to),
            Self::Exception | Self::Switch => matches!(value, "true" | "false"),
            Self::Number => numbering::parse(value).is_some(),
            Self::PrivateKey => cert::private_key(value).is_ok(),
            Self::List(_) | Self::Metadata | Self::Text(_) => !value.is_empty(),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificates => f.write_str("a certificate as PEM"),
            Self::CertificateList => f.write_str("certificates as PEM"),
            Self::Choice(words) => write!(f, "one of {}", words.join(", ")),
            Self::Duration(from, to) => write!(f, "{from} to {to}"),
            Self::Exception | Self::Switch => f.write_str("true or false"),
            Self::List(what) => write!(f, "a list of {what}"),
            Self::Metadata => f.write_str("SAML metadata, the XML itself"),
            Self::Number => f.write_str("a number from 1"),
            Self::PrivateKey => f.write_str("a private key as PEM"),
            Self::Text(what) => f.write_str(what),
        }
    }
}

/// A list as it is kept: JSON, whose bytes do not depend on who writes it.
pub(super) fn write_list(items: &[String]) -> String {
    serde_json::Value::from(items).to_string()
}

/// Reads what [`write_list`] wrote.
pub(super) fn read_list(value: &str) -> Option<Vec<String>> {
    serde_json::from_str(value).ok()
}

fn list(items: Option<Vec<String>>) -> Option<Entry> {
    Some(match items?.as_slice() {
        [] => Entry::Default,
        items => Entry::Keep(Zeroizing::new(write_list(items))),
    })
}

/// A list as people type it: JSON, or texts with commas or white space between them.
fn split(text: &str) -> Option<Vec<String>> {
    if text.starts_with('[') {
        return read_list(text);
    }
    let items = text.split(|it: char| it == ',' || it.is_whitespace());
    let items = items.filter(|item| !item.is_empty());
    Some(items.map(str::to_owned).collect())
}

fn split_certificates(text: &str) -> Option<Vec<String>> {
    if text.starts_with('[') {
        return read_list(text);
    }
    let items: Vec<_> = text
        .split_inclusive(END_OF_CERTIFICATE)
        .map(|item| format!("{}\n", item.trim()))
        .collect();
    let all_are_certificates = items.iter().all(|item| cert::certificates(item).is_ok());
    (text.is_empty() || all_are_certificates).then_some(items)
}

fn is_between(value: &str, from: &str, to: &str) -> bool {
    let [value, from, to] = [value, from, to].map(duration::parse);
    value.is_some_and(|value| from <= Some(value) && Some(value) <= to)
}

const END_OF_CERTIFICATE: &str = "-----END CERTIFICATE-----";

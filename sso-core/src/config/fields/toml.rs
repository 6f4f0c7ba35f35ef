//! A whole configuration as TOML, to be edited or checked.

use std::fmt;

use super::{DECRYPTION, Fields};
use crate::config::document::{KeyPairDocument, SecretText, SharedConfigDocument};
use crate::config::{Problem, Problems};

/// What stands in place of a private key in a text that is to be edited.
pub const KEPT: &str = "(kept)";

impl Fields {
    /// The fields of a whole document in TOML, the form of `config.toml`.
    ///
    /// # Errors
    ///
    /// A [`TomlError`] that names the line and quotes nothing, or every problem with names.
    pub fn from_toml(text: &str) -> Result<Self, TomlError> {
        let fields = Self::of(&parse(text)?)?;
        match kept(&fields) {
            problems if problems.is_empty() => Ok(fields),
            problems => Err(Problems::new(problems).into()),
        }
    }

    /// The document in TOML, with [`KEPT`] for every private key.
    ///
    /// # Errors
    ///
    /// [`Problems`] as [`document`](Self::document).
    pub fn to_toml(&self) -> Result<String, TomlError> {
        let mut document = self.document()?;
        for pair in pairs(&mut document).filter(|pair| !pair.is_certificate_alone()) {
            pair.key = SecretText::new(KEPT);
        }
        write(&document)
    }

    /// The document in TOML with its private keys. Every call deserves a look.
    ///
    /// # Errors
    ///
    /// [`Problems`] as [`document`](Self::document).
    pub fn to_toml_with_secrets(&self) -> Result<String, TomlError> {
        write(&self.document()?)
    }

    /// What becomes of these fields when [`to_toml`](Self::to_toml) was edited to `text`: keys that
    /// are still [`KEPT`] are, and so are paths that TOML does not show. Of metadata that were changed
    /// only what is used is kept.
    ///
    /// # Errors
    ///
    /// As [`from_toml`](Self::from_toml). A decryption key is found again by its certificate.
    pub fn edited(&self, text: &str) -> Result<Self, TomlError> {
        let mut document = parse(text)?;
        let mut problems = Vec::new();
        for (path, pair) in single_pairs(&mut document) {
            self.keep(path, pair, &mut problems);
        }
        for pair in &mut document.keys.decryption {
            self.keep(&self.decryption_path(pair), Some(pair), &mut problems);
        }
        if !problems.is_empty() {
            return Err(Problems::new(problems).into());
        }
        let mut edited = self.clone();
        edited.apply(&document)?;
        edited.reduce_what_differs_from(self);
        Ok(edited)
    }

    fn keep(&self, path: &str, pair: Option<&mut KeyPairDocument>, problems: &mut Vec<Problem>) {
        let Some(pair) = pair.filter(|pair| pair.key.expose().trim() == KEPT) else {
            return;
        };
        let path = format!("{path}.key");
        match self.value(&path) {
            Some(key) => pair.key = SecretText::new(key),
            None => problems.push(nothing_kept(&path)),
        }
    }

    fn decryption_path(&self, pair: &KeyPairDocument) -> String {
        let paths = self.decryption_numbers().into_iter();
        let mut paths = paths.map(|number| format!("{DECRYPTION}.{number}"));
        let wanted = Some(pair.certificate.trim());
        let is_it = |path: &String| {
            let found = self.value(&format!("{path}.certificate"));
            found.map(str::trim) == wanted
        };
        paths.find(is_it).unwrap_or_else(|| DECRYPTION.to_owned())
    }
}

fn parse(text: &str) -> Result<SharedConfigDocument, TomlError> {
    ::toml::from_str(text).map_err(|error| TomlError::syntax(text, &error))
}

fn write(document: &SharedConfigDocument) -> Result<String, TomlError> {
    ::toml::to_string_pretty(document).map_err(|error| TomlError::Syntax {
        line: 0,
        reason: error.to_string(),
    })
}

fn pairs(document: &mut SharedConfigDocument) -> impl Iterator<Item = &mut KeyPairDocument> {
    let SharedConfigDocument {
        keys,
        tls,
        former_tls,
        next_tls,
        ..
    } = document;
    let single = [
        &mut keys.signing,
        &mut keys.next_signing,
        &mut keys.next_decryption,
        tls,
        former_tls,
        next_tls,
    ];
    let single = single.into_iter().flatten();
    single.chain(keys.decryption.iter_mut())
}

/// The pairs that have a path of their own.
fn single_pairs(
    document: &mut SharedConfigDocument,
) -> [(&'static str, Option<&mut KeyPairDocument>); 6] {
    let keys = &mut document.keys;
    [
        ("tls", document.tls.as_mut()),
        ("former_tls", document.former_tls.as_mut()),
        ("next_tls", document.next_tls.as_mut()),
        ("keys.signing", keys.signing.as_mut()),
        ("keys.next_signing", keys.next_signing.as_mut()),
        ("keys.next_decryption", keys.next_decryption.as_mut()),
    ]
}

fn kept(fields: &Fields) -> Vec<Problem> {
    let kept = fields.iter().filter(|(_, value)| value.trim() == KEPT);
    kept.map(|(path, _)| nothing_kept(path)).collect()
}

fn nothing_kept(path: &str) -> Problem {
    let fix = format!("Put the key itself in place of {KEPT}.");
    Problem::new(
        path,
        KEPT,
        "a private key as PEM, since there is none to keep",
        fix,
    )
}

/// Why a text is no configuration.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TomlError {
    /// Settings have to be mended.
    Problems(Problems),
    /// It is no TOML, or has a setting that does not exist.
    Syntax {
        /// The line, from 1; 0 if it is none in particular.
        line: usize,
        /// What is wrong there; quotes nothing, since a private key may stand there.
        reason: String,
    },
}

impl TomlError {
    fn syntax(text: &str, error: &::toml::de::Error) -> Self {
        let before = error.span().and_then(|span| text.get(..span.start));
        Self::Syntax {
            line: 1 + before.unwrap_or_default().matches('\n').count(),
            reason: without_texts(error.message().trim_end()),
        }
    }
}

/// Cuts out what stands between quotation marks: texts of the document, secret ones too.
fn without_texts(message: &str) -> String {
    match (message.split_once('"'), message.rsplit_once('"')) {
        (Some((before, _)), Some((_, after))) => format!("{before}…{after}"),
        _ => message.to_owned(),
    }
}

impl fmt::Display for TomlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Problems(problems) => problems.fmt(f),
            Self::Syntax { line: 0, reason } => f.write_str(reason),
            Self::Syntax { line, reason } => write!(f, "line {line}: {reason}"),
        }
    }
}

impl std::error::Error for TomlError {}

impl From<Problems> for TomlError {
    fn from(problems: Problems) -> Self {
        Self::Problems(problems)
    }
}

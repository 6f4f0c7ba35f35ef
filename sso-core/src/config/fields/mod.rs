//! The shared configuration as paths and values: what is replicated, merged, and typed.
//!
//! A setting has one path and one value, so changes of different settings can be joined. Values are
//! texts: words and numbers as they are typed, lists as JSON, certificates and keys as PEM. Paths
//! that this program does not know are kept: a newer one may have written them.

mod change;
mod kind;
mod near;
mod numbering;
mod read;
mod reduce;
mod setting;
mod show;
mod size;
#[cfg(test)]
mod tests;
mod toml;
mod write;

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

pub use change::{Change, ChangeKind};
pub use kind::Kind;
pub use setting::{Setting, settings};
pub use size::LARGEST;
pub use toml::{KEPT, TomlError};

use super::Problem;
use kind::Entry;

/// The schema of the paths and values; another one is for programs that understand it.
pub const SCHEMA: u64 = 1;

/// The shared configuration as paths and values, ascending by path.
///
/// `Debug` shows paths, no values.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Fields(BTreeMap<String, Zeroizing<String>>);

impl Fields {
    /// No settings at all; [`of`](Self::of) begins with a document.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All paths with their values. Values may be secret: see [`is_secret`].
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let fields = self.0.iter();
        fields.map(|(path, value)| (path.as_str(), value.as_str()))
    }

    /// The value at exactly this path.
    #[must_use]
    pub fn value(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(|value| value.as_str())
    }

    /// What stands at `path` and below it, e.g. everything of one identity provider; everything
    /// for an empty path.
    pub fn get<'a>(&'a self, path: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.iter()
            .filter(move |(found, _)| path.is_empty() || is_at_or_below(found, path))
    }

    /// Sets what an administrator typed, in the form in which it is kept.
    ///
    /// Of metadata only what is used is kept. Whether the setting fits the others is for [`check`](Self::check), before it is saved.
    ///
    /// # Errors
    ///
    /// A [`Problem`] if there is no such setting (with the ones that are called alike), or if the
    /// text cannot be its value (with what can).
    pub fn set(&mut self, path: &str, text: &str) -> Result<(), Problem> {
        let setting = setting::find(path).ok_or_else(|| near::no_such_setting(path))?;
        self.expect_provider(path)?;
        match setting.kind().read(path, text)? {
            Entry::Keep(value) => self.insert(path, value),
            Entry::Default => drop(self.0.remove(path)),
        }
        if let Some((name, METADATA)) = provider_of(path) {
            self.number_provider(name);
            self.reduce(name);
        }
        Ok(())
    }

    /// Takes out what stands at `path` and below it, and answers the paths that are gone. The
    /// defaults apply again.
    ///
    /// # Errors
    ///
    /// A [`Problem`] if nothing stands there.
    pub fn unset(&mut self, path: &str) -> Result<Vec<String>, Problem> {
        let gone = self.get(path).map(|(path, _)| path.to_owned());
        let gone: Vec<_> = gone.filter(|_| !path.is_empty()).collect();
        if gone.is_empty() {
            return Err(near::not_set(path, self));
        }
        self.0.retain(|path, _| !gone.contains(path));
        Ok(gone)
    }

    /// Puts a value in as it is kept, whatever it is: what came from another server.
    #[must_use]
    pub fn with(mut self, path: impl Into<String>, value: impl Into<String>) -> Self {
        self.insert(&path.into(), Zeroizing::new(value.into()));
        self
    }

    fn insert(&mut self, path: &str, value: Zeroizing<String>) {
        self.0.insert(path.to_owned(), value);
    }

    /// A typing error in the name of a provider must not make half a provider.
    fn expect_provider(&self, path: &str) -> Result<(), Problem> {
        match provider_of(path) {
            Some((name, setting)) if setting != METADATA && !self.has_provider(name) => {
                Err(near::no_such_provider(name, self))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn has_provider(&self, name: &str) -> bool {
        self.0.contains_key(&provider_path(name, METADATA))
    }

    /// Puts a provider that was just made behind the others.
    fn number_provider(&mut self, name: &str) {
        let order = provider_path(name, ORDER);
        if !self.0.contains_key(&order) {
            let last = self.providers().iter().filter_map(|it| it.order).max();
            let next = last.unwrap_or_default().saturating_add(numbering::STEP);
            self.insert(&order, Zeroizing::new(next.to_string()));
        }
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fields({:?})", self.0.keys())
    }
}

impl<P: Into<String>, V: Into<String>> FromIterator<(P, V)> for Fields {
    fn from_iter<I: IntoIterator<Item = (P, V)>>(fields: I) -> Self {
        let fields = fields.into_iter();
        let owned = fields.map(|(path, value)| (path.into(), Zeroizing::new(value.into())));
        Self(owned.collect())
    }
}

/// Whether the value at `path` must not be shown. Of a path that is unknown nobody can tell, so it
/// is taken for one.
#[must_use]
pub fn is_secret(path: &str) -> bool {
    setting::find(path).is_none_or(Setting::is_secret)
}

/// What is known about the setting at `path`.
#[must_use]
pub fn describe(path: &str) -> Option<&'static Setting> {
    setting::find(path)
}

fn is_at_or_below(path: &str, top: &str) -> bool {
    let rest = path.strip_prefix(top);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The name of the provider that `path` belongs to, and the path inside of it.
fn provider_of(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix(PROVIDERS)?
        .strip_prefix('.')?
        .split_once('.')
}

fn provider_path(name: &str, setting: &str) -> String {
    format!("{PROVIDERS}.{name}.{setting}")
}

const PROVIDERS: &str = "identity_providers";
const DECRYPTION: &str = "keys.decryption";
const METADATA: &str = "metadata";
const ORDER: &str = "order";

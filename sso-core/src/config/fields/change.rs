//! What differs between two configurations, for people.

use std::collections::BTreeSet;
use std::fmt;

use super::Fields;

/// A setting that differs between two configurations. `Display` is one line; no secret is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// Its path.
    pub path: String,
    /// What happened to it.
    pub kind: ChangeKind,
}

/// What happened to a setting, with values as [`Fields::shown`] tells them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is no fourth way")]
pub enum ChangeKind {
    /// It was not set before.
    Added {
        /// The value now.
        to: String,
    },
    /// It has another value.
    Changed {
        /// The value before.
        from: String,
        /// The value now.
        to: String,
    },
    /// It is not set any more.
    Removed {
        /// The value before.
        from: String,
    },
}

impl Fields {
    /// What has to happen to these fields to make them `newer`, ascending by path.
    #[must_use]
    pub fn changes(&self, newer: &Self) -> Vec<Change> {
        let paths: BTreeSet<_> = self.0.keys().chain(newer.0.keys()).collect();
        let differing = paths
            .into_iter()
            .filter(|it| self.0.get(*it) != newer.0.get(*it));
        differing
            .filter_map(|path| {
                let kind = ChangeKind::between(self.shown(path), newer.shown(path))?;
                let path = path.clone();
                Some(Change { path, kind })
            })
            .collect()
    }
}

impl ChangeKind {
    fn between(from: Option<String>, to: Option<String>) -> Option<Self> {
        match (from, to) {
            (None, None) => None,
            (None, Some(to)) => Some(Self::Added { to }),
            (Some(from), None) => Some(Self::Removed { from }),
            (Some(from), Some(to)) => Some(Self::Changed { from, to }),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.kind {
            ChangeKind::Added { to } => write!(f, "+ {path}: {to}"),
            ChangeKind::Removed { from } => write!(f, "- {path}: {from}"),
            ChangeKind::Changed { from, to } if from == to => write!(f, "~ {path}: changed"),
            ChangeKind::Changed { from, to } => write!(f, "~ {path}: {from} → {to}"),
        }
    }
}

//! Reading, saving and rolling back the shared configuration.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::enrol::check_program;
use super::part::Part;
use super::{AdministrationError, Administrator};
use crate::chain::{Action, Revision, Statement};
#[cfg(feature = "dangerous-test-builds")]
use crate::seal::pretended;
use crate::seal::{ConfigDocument, Merge, Overlap};

/// What came of saving.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "it is saved or a person decides")]
pub enum Saving {
    /// It is saved.
    Saved(Saved),
    /// Somebody else has changed the same fields to something else: nothing was saved.
    Overlaps(Overlaps),
}

/// A configuration that is saved.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Saved {
    /// The newest revision, which has all that was to be saved.
    pub revision: u64,
    /// Whether it is a new one: a configuration that changes nothing is no revision.
    pub is_new: bool,
    /// Paths of what others changed since the base, which is in it as well.
    pub taken: Vec<String>,
}

/// Fields that two administrators changed at once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Overlaps {
    /// The revision of the other, and base of what is [resolved](Self::resolve).
    pub theirs: u64,
    /// Everything that could be joined, and each field that could not: base, theirs and mine.
    pub merge: Merge,
}

/// Which value a field is to have.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Choice {
    /// The one that was to be saved.
    Mine,
    /// A third one; `None` leaves the field out.
    Other(Option<Zeroizing<Vec<u8>>>),
    /// The one that is there.
    Theirs,
}

impl Overlaps {
    /// The document with every choice made, to be [saved](Administrator::save) with
    /// [`theirs`](Self::theirs) as its base; or the paths that nobody has chosen for.
    ///
    /// # Errors
    ///
    /// The paths of overlaps for which there is no choice.
    pub fn resolve(
        &self,
        choices: &BTreeMap<String, Choice>,
    ) -> Result<ConfigDocument, Vec<String>> {
        let mut open = Vec::new();
        let mut document = self.merge.document.clone();
        for overlap in &self.merge.overlaps {
            match choices.get(&overlap.path) {
                Some(choice) => document = choice.apply(document, overlap),
                None => open.push(overlap.path.clone()),
            }
        }
        if open.is_empty() {
            Ok(document)
        } else {
            Err(open)
        }
    }
}

impl Choice {
    fn apply(&self, document: ConfigDocument, overlap: &Overlap) -> ConfigDocument {
        let value = match self {
            Self::Mine => &overlap.mine,
            Self::Other(value) => value,
            Self::Theirs => &overlap.theirs,
        };
        match value {
            Some(value) => document.with(&overlap.path, value.to_vec()),
            None => document.without(&overlap.path),
        }
    }
}

impl std::fmt::Debug for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Mine => "Mine",
            Self::Other(_) => "Other(…)",
            Self::Theirs => "Theirs",
        })
    }
}

impl Administrator {
    /// The newest configuration and its number; an empty one with number 0 before the first. As
    /// far as the chain was [fetched](Self::refresh).
    ///
    /// # Errors
    ///
    /// [`AdministrationError::Seal`] if it does not open.
    pub fn current(&self) -> Result<(u64, ConfigDocument), AdministrationError> {
        let number = self.newest();
        Ok((number, self.document(number)?))
    }

    /// What the configuration was in that revision; nothing in revision 0.
    ///
    /// # Errors
    ///
    /// [`AdministrationError::UnknownRevision`], [`AdministrationError::Seal`] if it does not
    /// open.
    pub fn document(&self, number: u64) -> Result<ConfigDocument, AdministrationError> {
        if number == 0 {
            return Ok(ConfigDocument::new());
        }
        let revision = self.revision(number)?;
        let (epoch, schema) = (revision.epoch, revision.schema);
        let document = self
            .ring()
            .open_document(number, epoch, schema, &revision.sealed);
        Ok(document?)
    }

    /// Saves a configuration that was made from revision `base`.
    ///
    /// What others changed since is joined with it, field by field. If it was interrupted, call it
    /// again with the same arguments: what was saved already is no second revision.
    ///
    /// # Errors
    ///
    /// [`AdministrationError::Lacks`], [`AdministrationError::OutsidePolicy`],
    /// [`AdministrationError::NewerSchema`], [`AdministrationError::UnknownRevision`];
    /// [`AdministrationError::TooLarge`] if it has more than about 520,000 bytes.
    pub async fn save(
        &mut self,
        base: u64,
        mine: &ConfigDocument,
    ) -> Result<Saving, AdministrationError> {
        let mut overlaps = None;
        let mut taken = Vec::new();
        let stated = self.state(|office| {
            office.may_revise()?;
            let (theirs, merge, is_same) = office.join(base, mine)?;
            if !merge.overlaps.is_empty() {
                overlaps = Some(Overlaps { theirs, merge });
                return Ok(None);
            }
            taken = merge.taken;
            if is_same {
                return Ok(None);
            }
            office.revise(&merge.document, 0).map(Some)
        });
        let is_new = stated.await?.is_some();
        if let Some(overlaps) = overlaps {
            return Ok(Saving::Overlaps(overlaps));
        }
        Ok(Saving::Saved(Saved {
            revision: self.newest(),
            is_new,
            taken,
        }))
    }

    /// Makes the content of an earlier revision the newest again, as a revision of its own.
    ///
    /// # Errors
    ///
    /// As for [`save`](Self::save).
    pub async fn rollback(&mut self, to: u64) -> Result<Saved, AdministrationError> {
        let stated = self.state(|office| {
            office.may_revise()?;
            let document = office.document(to)?;
            if document == office.current()?.1 {
                return Ok(None);
            }
            office.revise(&document, to).map(Some)
        });
        let is_new = stated.await?.is_some();
        Ok(Saved {
            revision: self.newest(),
            is_new,
            taken: Vec::new(),
        })
    }

    pub(super) fn newest(&self) -> u64 {
        self.chain().configuration().map_or(0, |it| it.number)
    }

    fn may_revise(&self) -> Result<(), AdministrationError> {
        check_program(self.office().program(), self.chain())?;
        self.require_sso()
    }

    /// What is to be saved, joined with the newest: its number, the merge, and whether that is
    /// the newest as it is.
    fn join(
        &self,
        base: u64,
        mine: &ConfigDocument,
    ) -> Result<(u64, Merge, bool), AdministrationError> {
        let base = self.document(base)?;
        let (number, theirs) = self.current()?;
        let merge = ConfigDocument::merge(&base, &theirs, mine);
        let is_same = merge.document == theirs;
        Ok((number, merge, is_same))
    }

    fn revise(
        &self,
        document: &ConfigDocument,
        restores: u64,
    ) -> Result<Action, AdministrationError> {
        let number = self.newest() + 1;
        let schema = self.chain().policy().schema();
        #[cfg(feature = "dangerous-test-builds")]
        let document = &pretended::saved_by(self.office().program().schema, document);
        let sealed = self.ring().seal_document(number, schema, document)?;
        let bytes = sealed.len();
        if bytes > MAX_SEALED {
            let (limit, largest) = (MAX_SEALED, Part::largest(document));
            return Err(AdministrationError::TooLarge {
                bytes,
                limit,
                largest,
            });
        }
        let epoch = self.ring().newest();
        let revision = Revision {
            number,
            restores,
            epoch,
            schema,
            sealed,
        };
        Ok(Action::ConfigurationRevised { revision })
    }

    /// The sealed form of a revision, from the statement that has it.
    fn revision(&self, wanted: u64) -> Result<Revision, AdministrationError> {
        let newest = self.newest();
        let unknown = || AdministrationError::UnknownRevision { wanted, newest };
        let revisions = self.chain().revisions().iter();
        let mut revisions = revisions.filter(|revised| revised.number == wanted);
        let position = revisions.next().ok_or_else(unknown)?.position;
        let statement = self.ledger().statement(position).ok_or_else(unknown)?;
        match statement.action().map_err(AdministrationError::Refused)? {
            Action::ConfigurationRevised { revision } => Ok(revision),
            _ => Err(unknown()),
        }
    }
}

/// A sealed document leaves a statement room for what stands around it.
const MAX_SEALED: usize = Statement::MAX_BYTES - 512;

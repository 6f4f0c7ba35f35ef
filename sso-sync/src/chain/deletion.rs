//! Deleting a domain: guarded, delayed, undoable.

use super::{Chain, Refusal, Standing, Statement, members};

/// How far the deletion of a domain has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a deletion has these steps")]
pub enum Deletion {
    /// It was announced.
    Announced {
        /// Where in the chain.
        position: u64,
        /// It cannot be confirmed before this moment, in seconds since 1970.
        not_before: u64,
    },
    /// It was confirmed: nothing counts any more but its cancellation.
    Confirmed,
    /// Nobody wants it.
    #[default]
    None,
}

/// Who wants a domain deleted, and why: what people are told as long as it can be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ending {
    /// Name of the administrator who announced it.
    pub by: String,
    /// Why, in the words of whoever announced it.
    pub reason: String,
    /// When it was announced, by the clock of whoever did, in seconds since 1970.
    pub announced: u64,
    /// It cannot be confirmed before this moment, in seconds since 1970.
    pub not_before: u64,
    /// Who confirmed it; `None` as long as nobody has.
    pub confirmed: Option<Confirmed>,
}

/// Who confirmed a deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Confirmed {
    /// Name of the administrator.
    pub by: String,
    /// When, by the clock of whoever did, in seconds since 1970.
    pub at: u64,
}

impl Chain {
    /// Who wants the domain deleted, and why; `None` if nobody does.
    #[must_use]
    pub const fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    fn name_of_signer(&self, statement: &Statement) -> String {
        let signer = self.standing(statement.signer());
        signer.map_or_else(String::new, |it: &Standing| it.member().name().into())
    }

    pub(super) fn announce_deletion(
        &mut self,
        statement: &Statement,
        not_before: u64,
        reason: &str,
    ) -> Result<(), Refusal> {
        members::check_name(reason)?;
        if self.deletion != Deletion::None {
            return Err(Refusal::DeletionState);
        }
        if not_before < statement.time().saturating_add(MIN_DELAY_SECONDS) {
            return Err(Refusal::DeletionTooEarly);
        }
        self.deletion = Deletion::Announced {
            position: statement.position(),
            not_before,
        };
        self.ending = Some(Ending {
            by: self.name_of_signer(statement),
            reason: reason.into(),
            announced: statement.time(),
            not_before,
            confirmed: None,
        });
        Ok(())
    }

    pub(super) fn cancel_deletion(&mut self) -> Result<(), Refusal> {
        if self.deletion == Deletion::None {
            return Err(Refusal::DeletionState);
        }
        self.deletion = Deletion::None;
        self.ending = None;
        Ok(())
    }

    pub(super) fn confirm_deletion(
        &mut self,
        statement: &Statement,
        announced: u64,
    ) -> Result<(), Refusal> {
        match self.deletion {
            Deletion::Announced {
                position,
                not_before,
            } if position == announced => {
                if statement.time() < not_before {
                    return Err(Refusal::DeletionTooEarly);
                }
                self.deletion = Deletion::Confirmed;
                let by = self.name_of_signer(statement);
                let at = statement.time();
                if let Some(ending) = &mut self.ending {
                    ending.confirmed = Some(Confirmed { by, at });
                }
                Ok(())
            }
            _ => Err(Refusal::DeletionState),
        }
    }
}

/// Time enough to notice.
pub(crate) const MIN_DELAY_SECONDS: u64 = 7 * 24 * 60 * 60;

//! Deleting a domain: guarded, delayed, undoable.

use super::{Chain, Refusal, Statement, members};

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

impl Chain {
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
        Ok(())
    }

    pub(super) fn cancel_deletion(&mut self) -> Result<(), Refusal> {
        if self.deletion == Deletion::None {
            return Err(Refusal::DeletionState);
        }
        self.deletion = Deletion::None;
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
                Ok(())
            }
            _ => Err(Refusal::DeletionState),
        }
    }
}

/// Time enough to notice.
const MIN_DELAY_SECONDS: u64 = 7 * 24 * 60 * 60;

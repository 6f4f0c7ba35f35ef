//! Deleting a domain: guarded, delayed, undoable.

use std::time::Duration;

use super::{AdministrationError, Administrator};
use crate::admin::hub::Session;
use crate::chain::{Action, Deletion};
use crate::feed::Envelope;

impl Administrator {
    /// Announces that the domain is going to be deleted, after `delay` at the earliest: seven days
    /// or more. One that was announced already stays as it is. Servers say it loudly, and go on
    /// signing users in.
    ///
    /// # Errors
    ///
    /// [`AdministrationError::SignInAgain`] if the sign-in is older than five minutes;
    /// [`Refusal::DeletionTooEarly`](crate::chain::Refusal::DeletionTooEarly).
    pub async fn announce_deletion(
        &mut self,
        reason: &str,
        delay: Duration,
    ) -> Result<Deletion, AdministrationError> {
        self.require_fresh()?;
        self.state(|office| {
            office.require_sso()?;
            if office.chain().deletion() != Deletion::None {
                return Ok(None);
            }
            let not_before = office.office().now().later(delay).as_secs();
            let reason = reason.into();
            Ok(Some(Action::DeletionAnnounced { not_before, reason }))
        })
        .await?;
        Ok(self.chain().deletion())
    }

    /// Takes a deletion back, also one that was confirmed, as long as the hub has the domain.
    /// Nothing is stated if there is none. Every administrator may.
    ///
    /// # Errors
    ///
    /// An [`AdministrationError`].
    pub async fn cancel_deletion(&mut self) -> Result<(), AdministrationError> {
        self.state(|office| {
            let is_there = office.chain().deletion() != Deletion::None;
            Ok(is_there.then_some(Action::DeletionCancelled))
        })
        .await?;
        Ok(())
    }

    /// Deletes the domain, if that was announced and the time is over.
    ///
    /// # Errors
    ///
    /// [`AdministrationError::SignInAgain`] if the sign-in is older than five minutes;
    /// [`Refusal::DeletionTooEarly`](crate::chain::Refusal::DeletionTooEarly),
    /// [`Refusal::DeletionState`](crate::chain::Refusal::DeletionState) if it was not announced.
    pub async fn confirm_deletion(&mut self) -> Result<(), AdministrationError> {
        self.require_fresh()?;
        self.state(|office| {
            office.require_sso()?;
            match office.chain().deletion() {
                Deletion::Confirmed => Ok(None),
                Deletion::Announced { position, .. } => Ok(Some(Action::DeletionConfirmed {
                    announced: position,
                })),
                Deletion::None => Err(AdministrationError::Refused(
                    crate::chain::Refusal::DeletionState,
                )),
            }
        })
        .await?;
        Ok(())
    }

    /// How many records the users of the domain have now, removed ones included, as the last batch
    /// states it.
    ///
    /// # Errors
    ///
    /// [`AdministrationError::Call`], also if the hub's head makes no sense.
    pub async fn live_records(&mut self) -> Result<u64, AdministrationError> {
        let head = self.client().head(None, Duration::ZERO).await?;
        if head.envelope.is_empty() {
            return Ok(0);
        }
        let envelope = Envelope::parse(&head.envelope).map_err(AdministrationError::Feed)?;
        Ok(envelope.live())
    }

    /// What cannot be undone asks for a fresh sign-in; the hub asks for it as well.
    fn require_fresh(&self) -> Result<(), AdministrationError> {
        if self.session.age(self.office().now()) < Session::FRESH {
            return Ok(());
        }
        Err(AdministrationError::SignInAgain)
    }
}

//! What administrators ask about each other.

use super::{Call, CallError, HubClient};
use crate::admin::InvitationRecord;
use crate::wire::{Done, RegisteredAdministrator, RegisteredAdministrators};

impl HubClient {
    /// Lets somebody register a password; for an administrator who may do that. Again, if the
    /// invitation is there already.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn invite(&self, invitation: &InvitationRecord) -> Result<(), CallError> {
        let call = Call::post_message("invitations", invitation);
        let Done {} = self.ask(&call).await?;
        Ok(())
    }

    /// Who has registered a password in the domain; for an administrator. What the chain says of
    /// their keys is another matter.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn registered(&self) -> Result<Vec<RegisteredAdministrator>, CallError> {
        let RegisteredAdministrators(found) = self.ask(&Call::get("administrators")).await?;
        Ok(found)
    }

    /// Ends the session; for an administrator.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn sign_out(&self) -> Result<(), CallError> {
        let Done {} = self.ask(&Call::post("sign-out", Vec::new())).await?;
        Ok(())
    }
}

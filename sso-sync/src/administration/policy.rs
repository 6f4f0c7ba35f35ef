//! With which versions servers join and write.

use super::{AdministrationError, Administrator};
use crate::chain::{Action, Policy};

impl Administrator {
    /// Says with which versions servers join and write; nothing is stated if it is so already.
    ///
    /// # Errors
    ///
    /// [`Refusal::NodeOutsidePolicy`](crate::chain::Refusal::NodeOutsidePolicy) if a server would
    /// be shut out, [`Refusal::WrongSchema`](crate::chain::Refusal::WrongSchema) if the schema
    /// would fall, or rise within a window.
    pub async fn set_policy(&mut self, policy: &Policy) -> Result<(), AdministrationError> {
        self.state(|office| {
            office.require_sso()?;
            let policy = policy.clone();
            let is_new = *office.chain().policy() != policy;
            Ok(is_new.then_some(Action::PolicySet { policy }))
        })
        .await?;
        Ok(())
    }
}

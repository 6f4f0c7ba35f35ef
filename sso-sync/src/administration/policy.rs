//! With which versions servers join and write.

use super::{AdministrationError, Administrator};
use crate::chain::{Action, Chain, Policy};

impl Administrator {
    /// Says with which versions servers join and write; nothing is stated if it is so already.
    ///
    /// # Errors
    ///
    /// [`AdministrationError::ShutsOut`] if a server runs neither version,
    /// [`Refusal::WrongSchema`](crate::chain::Refusal::WrongSchema) if the schema would fall, or
    /// rise within a window.
    pub async fn set_policy(&mut self, policy: &Policy) -> Result<(), AdministrationError> {
        self.state(|office| {
            office.require_sso()?;
            check_servers(office.chain(), policy)?;
            let policy = policy.clone();
            let is_new = *office.chain().policy() != policy;
            Ok(is_new.then_some(Action::PolicySet { policy }))
        })
        .await?;
        Ok(())
    }
}

/// Nobody is shut out by surprise.
fn check_servers(chain: &Chain, policy: &Policy) -> Result<(), AdministrationError> {
    let is_inside = |program: &str| chain.policy().admits(program);
    let mut servers = chain.nodes().filter(|(_, program)| is_inside(program));
    match servers.find(|(_, program)| !policy.admits(program)) {
        None => Ok(()),
        Some((server, program)) => Err(AdministrationError::ShutsOut {
            name: server.member().name().into(),
            program: program.into(),
        }),
    }
}

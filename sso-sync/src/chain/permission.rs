//! Who may state what.

use minicbor::{Decode, Encode};

use super::{Action, Refusal, Role, Standing};

/// What an administrator may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Permissions(#[n(0)] u64);

impl Permissions {
    /// Nothing but to look, and to take a deletion back.
    pub const NONE: Self = Self(0);
    /// Enrol and revoke servers, change the configuration, delete the domain.
    pub const SSO: Self = Self(1);
    /// Add and revoke administrators.
    pub const ADMINISTRATORS: Self = Self(2);
    /// Everything.
    pub const ALL: Self = Self(3);

    /// Whether all of `other` is among them.
    #[must_use]
    pub const fn include(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Whether somebody in this standing may state this.
pub(super) fn check(signer: &Standing, action: &Action) -> Result<(), Refusal> {
    let permitted = match signer.role() {
        Role::Administrator { permissions } => {
            needed(action).is_some_and(|needed| permissions.include(needed))
        }
        Role::Node { .. } => matches!(
            action,
            Action::NodeUpdated { .. } | Action::TokenWithdrawn { .. }
        ),
        Role::Token { spent: true, .. } => return Err(Refusal::TokenSpent),
        Role::Token { .. } => matches!(action, Action::NodeAdded { .. }),
    };
    if permitted {
        Ok(())
    } else {
        Err(Refusal::NotPermitted(signer.member().id()))
    }
}

/// What an administrator needs for it; `None` if no administrator may.
const fn needed(action: &Action) -> Option<Permissions> {
    match action {
        Action::AdministratorAdded { .. } | Action::AdministratorRevoked { .. } => {
            Some(Permissions::ADMINISTRATORS)
        }
        Action::BatchJudged { .. }
        | Action::ConfigurationRevised { .. }
        | Action::DeletionAnnounced { .. }
        | Action::DeletionConfirmed { .. }
        | Action::EpochStarted { .. }
        | Action::NodeAdded { .. }
        | Action::NodeRetired { .. }
        | Action::NodeRevoked { .. }
        | Action::PolicySet { .. }
        | Action::PolicySetWithout { .. }
        | Action::TokenMinted { .. }
        | Action::TokenWithdrawn { .. } => Some(Permissions::SSO),
        // Whoever is told of a deletion may stop it.
        Action::DeletionCancelled => Some(Permissions::NONE),
        Action::Genesis { .. } | Action::NodeUpdated { .. } => None,
    }
}

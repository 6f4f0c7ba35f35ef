//! Whom the domain knows of the users that a server would bring along.

use std::collections::HashMap;

use sso_core::user::AccountKey;

use super::{AdministrationError, Administrator};
use crate::link::HubClient;
use crate::seal::{Content, KeyRing, SealedUser};
use crate::store::RecordId;

impl Administrator {
    /// The users whom the domain has for these accounts, in the order of the accounts.
    ///
    /// It is what the hub says now, without a proof, and no more than a forecast: who brings a user
    /// along is told by the compare-and-swap what counts.
    ///
    /// # Errors
    ///
    /// [`AdministrationError::Call`], or if a record does not open.
    pub async fn users_of(
        &self,
        accounts: &[AccountKey],
    ) -> Result<Vec<Option<SealedUser>>, AdministrationError> {
        users_of(&self.client(), self.ring(), accounts).await
    }
}

/// The same for a server of the domain.
///
/// # Errors
///
/// As for [`Administrator::users_of`].
pub async fn users_of(
    client: &HubClient,
    ring: &KeyRing,
    accounts: &[AccountKey],
) -> Result<Vec<Option<SealedUser>>, AdministrationError> {
    let ids: Vec<_> = accounts.iter().map(|it| ring.record_id(it)).collect();
    let mut found: HashMap<RecordId, SealedUser> = HashMap::new();
    for stored in client.records(&ids).await? {
        if let (_, Content::User(user)) = ring.open_record(&stored.record)? {
            found.insert(stored.record.id, user);
        }
    }
    Ok(ids.iter().map(|id| found.remove(id)).collect())
}

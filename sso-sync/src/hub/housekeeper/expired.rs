//! Forgetting what has expired.

use sso_core::UnixTime;

use super::{Housekeeper, Place, Tidied};
use crate::hub::{Hub, invitation};
use crate::store::StoreError;

impl Hub {
    /// Looks at the next invitations to make a domain.
    pub(super) async fn tidy_invitations(
        &self,
        keeper: &mut Housekeeper,
        after: Option<&str>,
        now: UnixTime,
    ) -> Result<Tidied, StoreError> {
        keeper.place = Place::Administrators(None);
        let swept = invitation::sweep(&*self.documents, after, now).await?;
        if swept.next.is_some() {
            keeper.place = Place::Invitations(swept.next);
        }
        Ok(removed(swept.removed))
    }

    /// Looks at the next records of administrators.
    pub(super) async fn tidy_administrators(
        &self,
        keeper: &mut Housekeeper,
        after: Option<&str>,
        now: UnixTime,
    ) -> Result<Tidied, StoreError> {
        keeper.place = Place::Memory;
        let swept = self.administrators.sweep(after, now).await;
        let swept = swept.map_err(|problem| StoreError::unavailable(problem.detail))?;
        if swept.next.is_some() {
            keeper.place = Place::Administrators(swept.next);
        }
        Ok(removed(swept.removed))
    }
}

fn removed(removed: u64) -> Tidied {
    Tidied {
        removed,
        ..Tidied::default()
    }
}

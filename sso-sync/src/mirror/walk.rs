//! Looking at everything that is held, bit by bit.

use super::{MirrorError, Reader};
use crate::store::{RecordId, Stored};
use crate::wire::PAGE_BYTES;

impl Reader {
    /// The live records on the disk whose id begins with the byte `bucket` and is greater than
    /// `after`, ascending, as many as fit into a page; none at the end, or if nothing is held.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Store`].
    pub async fn walk(
        &self,
        bucket: u8,
        after: Option<&RecordId>,
    ) -> Result<Vec<Stored>, MirrorError> {
        match self.view.store() {
            Some(users) => Ok(users
                .bucket(&self.domain, bucket, after, PAGE_BYTES)
                .await?),
            None => Ok(Vec::new()),
        }
    }
}

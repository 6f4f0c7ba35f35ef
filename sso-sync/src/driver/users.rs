//! Everybody who is held here.

use super::Node;
use super::records::storage;
use crate::node::Held;
use crate::store::{RecordId, StoreError};

impl Node {
    /// The live records on this server's disk whose id begins with the byte `bucket` and is greater
    /// than `after`, ascending, as many as make a page; none at the end. Removed users are among
    /// them, and while the server fills there are none.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] of this server's own disk, or if a record does not open.
    pub async fn page(
        &self,
        bucket: u8,
        after: Option<&RecordId>,
    ) -> Result<Vec<(RecordId, Held)>, StoreError> {
        let core = self.core();
        let page = core.reader.walk(bucket, after).await.map_err(storage)?;
        let opened = page
            .iter()
            .map(|stored| Ok((stored.record.id, core.open(stored)?)));
        opened.collect()
    }
}

//! Single records, and all of them.

use std::collections::HashSet;

use super::{Call, CallError, HubClient};
use crate::store::{Cursor, RecordId, SnapshotPage, Stored};
use crate::wire::{Code, Found, SnapshotPart, Wanted, WireError};

impl HubClient {
    /// The live records among these ids, in no order. Any number of ids will do: they are asked
    /// for in parts, as large as the hub answers them.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn records(&self, ids: &[RecordId]) -> Result<Vec<Stored>, CallError> {
        let mut parts: Vec<_> = ids.chunks(Wanted::MAX).rev().collect();
        let mut found = Vec::new();
        while let Some(part) = parts.pop() {
            match self.some_records(part).await {
                Err(error) if error.code() == Some(Code::TooLarge) && part.len() > 1 => {
                    let (one, other) = part.split_at(part.len() / 2);
                    parts.extend([other, one]);
                }
                some => found.extend(some?),
            }
        }
        Ok(found)
    }

    /// A part of all live records: the first, or the one at `cursor`.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn snapshot(&self, cursor: Option<&Cursor>) -> Result<SnapshotPage, CallError> {
        let path = cursor.map_or_else(
            || "snapshot".into(),
            |cursor| format!("snapshot?cursor={}", SnapshotPart::text(cursor)),
        );
        let part: SnapshotPart = self.ask(&Call::get(path)).await?;
        let next = match part.next.as_str() {
            "" => None,
            text => Some(SnapshotPart::cursor(text).ok_or(WireError::Malformed)?),
        };
        Ok(SnapshotPage {
            records: part.records,
            next,
            since: part.since,
        })
    }

    async fn some_records(&self, ids: &[RecordId]) -> Result<Vec<Stored>, CallError> {
        let call = Call::post_message("records", &Wanted(ids.to_vec()));
        let Found(found) = self.ask(&call).await?;
        let mut wanted: HashSet<_> = ids.iter().collect();
        if found.iter().all(|it| wanted.remove(&it.record.id)) {
            return Ok(found);
        }
        // Something that nobody asked for, or twice the same.
        Err(WireError::Malformed.into())
    }
}

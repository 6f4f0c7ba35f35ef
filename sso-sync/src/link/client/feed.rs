//! The user feed.

use super::{Call, CallError, HubClient};
use crate::feed::HubHead;
use crate::store::{Batch, Feed, FeedBatch, Seq};
use crate::wire::{Commit, FeedPage, Fetched, Signed, WireError};

impl HubClient {
    /// The batches after this place, as many as fit into a page; none at the end.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn feed(&self, after: Seq) -> Result<Feed, CallError> {
        let call = Call::get(format!("feed?after={}", after.number()));
        match self.ask(&call).await? {
            FeedPage::Compacted(through) => Ok(Feed::Compacted(through)),
            FeedPage::Batches(fetched) => {
                let batches = fetched.into_iter().map(batch);
                let batches = batches.collect::<Result<_, WireError>>()?;
                Ok(Feed::Batches(batches))
            }
        }
    }

    /// Commits a batch if the feed ends at `after`; the same one may be committed again.
    ///
    /// # Errors
    ///
    /// [`CallError`]; with [`Conflict`](crate::wire::Code::Conflict) if the feed ends elsewhere.
    pub async fn commit(&self, after: Seq, batch: &Batch) -> Result<HubHead, CallError> {
        let commit = Commit {
            envelope: Signed::stored(batch.envelope().clone()),
            records: batch.records().to_vec(),
        };
        let path = format!("feed?after={}", after.number());
        self.ask(&Call::post_message(path, &commit)).await
    }
}

fn batch(fetched: Fetched) -> Result<FeedBatch, WireError> {
    let batch = Batch::new(fetched.envelope.into_bytes(), fetched.records);
    Ok(FeedBatch {
        first: fetched.first,
        batch: batch.ok_or(WireError::Malformed)?,
    })
}

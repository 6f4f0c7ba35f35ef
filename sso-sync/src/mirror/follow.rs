//! Following the feed: checked, kept, and then in force.

use std::collections::BTreeMap;

use super::open::KeptHead;
use super::parts::{Parts, live};
use super::{GENERATION, Mirror, MirrorError, View};
use crate::chain::FeedMark;
use crate::feed::{Event, HubHead, Live, LiveSet as _, Step};
use crate::store::{Feed, FeedBatch, Record, RecordId, Retry, Seq, StoreError, Stored};
use crate::wire::PAGE_BYTES;

impl Mirror {
    /// What follows from where a hub says that both logs end.
    pub fn on_head(&mut self, head: &HubHead) -> Step {
        self.follower.on_event(&self.chain, Event::Head(head))
    }

    /// What follows from what another server holds.
    pub fn on_witness(&mut self, mark: FeedMark) -> Step {
        self.follower.on_event(&self.chain, Event::Witness(mark))
    }

    /// Takes in the next batch: it is checked with what is held, kept, and counts from then on if
    /// the answer is [`Step::Apply`].
    ///
    /// # Errors
    ///
    /// [`MirrorError::Store`] if it cannot be kept; it does not count then, unless the disk says
    /// later that it does.
    pub async fn take_batch(&mut self, batch: &FeedBatch) -> Result<Step, MirrorError> {
        self.look_again().await?;
        let held = self.held(batch.batch.records()).await?;
        let before = self.follower.state(batch);
        let held = &held;
        let step = self
            .follower
            .on_event(&self.chain, Event::Batch { batch, held });
        if !matches!(step, Step::Apply(_)) {
            return Ok(step);
        }
        let after = self.follower.exchange(before);
        self.keep_batch(batch).await?;
        self.follower.exchange(after);
        self.apply(batch).await;
        Ok(step)
    }

    /// What is held of the ids of these records: of all that are in buckets that are held.
    pub(super) async fn held(
        &mut self,
        records: &[Record],
    ) -> Result<BTreeMap<RecordId, Live>, MirrorError> {
        self.await_set().await?;
        let ids: Vec<_> = records.iter().map(|record| record.id).collect();
        let look = |parts: &Parts| {
            let held = ids.iter().filter_map(|id| Some((*id, parts.live(id)?)));
            held.collect()
        };
        match self.view.read(|view| view.parts.as_ref().map(look)) {
            Some(held) => Ok(held),
            None => self.held_on_disk(&ids).await,
        }
    }

    async fn held_on_disk(
        &self,
        ids: &[RecordId],
    ) -> Result<BTreeMap<RecordId, Live>, MirrorError> {
        let store = self.user_store().ok_or(MirrorError::Unfilled)?;
        let found = store.find(&self.domain, ids).await?;
        let found = found.iter().map(|it| (it.record.id, live(&it.record)));
        Ok(found.collect())
    }

    /// Keeps a batch: whole if everything is held, else its head.
    async fn keep_batch(&mut self, batch: &FeedBatch) -> Result<(), MirrorError> {
        self.is_doubtful = true;
        let kept = match self.is_complete() {
            true => self.commit(batch).await,
            false => self.keep_head(batch).await,
        };
        match kept {
            Ok(()) => {
                self.is_doubtful = false;
                Ok(())
            }
            Err(failed) => Err(self.after_failure(failed).await),
        }
    }

    async fn keep_head(&self, batch: &FeedBatch) -> Result<(), StoreError> {
        let head = KeptHead {
            seq: batch.last(),
            envelope: batch.batch.envelope().to_vec(),
            forsakes: self.forsaken,
        };
        head.keep(&self.facts).await
    }

    async fn commit(&self, batch: &FeedBatch) -> Result<(), StoreError> {
        let store = self.user_store().ok_or(StoreError::Conflict)?;
        let (after, batch) = (self.follower.head().mark.seq, batch.batch.clone());
        let committed = Retry::default()
            .commit(&*store, &self.domain, after, batch)
            .await;
        committed.map(drop)
    }

    /// What a batch changes beside the follower.
    async fn apply(&mut self, batch: &FeedBatch) {
        let records = stored(batch);
        self.view
            .change(|view| match (&mut view.parts, &mut view.users) {
                (Some(parts), _) => {
                    parts.envelope = batch.batch.envelope().clone();
                    parts.apply(&records);
                }
                (None, Some(users)) => users.seq = batch.last(),
                (None, None) => {}
            });
        self.unchecked += 1;
        self.also_fill(records).await;
        if self.unchecked >= CHECKPOINT_EVERY {
            // It only makes the next start faster.
            let _ = self.checkpoint().await;
        }
    }

    /// Looks at once what the disk has, if the answer to a write was lost.
    pub(super) async fn after_failure(&mut self, failed: StoreError) -> MirrorError {
        if !matches!(failed, StoreError::Conflict | StoreError::Unknown(_)) {
            self.is_doubtful = false;
        }
        // If this fails as well, the next call does it first.
        let _ = self.look_again().await;
        failed.into()
    }

    /// Takes in what is on the disk beyond what is known, after a write whose answer was lost, or
    /// that was given up.
    pub(super) async fn look_again(&mut self) -> Result<(), MirrorError> {
        if !self.is_doubtful {
            return Ok(());
        }
        self.read_on_chain().await?;
        self.read_on_users().await?;
        self.is_doubtful = false;
        Ok(())
    }

    async fn read_on_chain(&mut self) -> Result<(), MirrorError> {
        let store = self.place.chain();
        loop {
            let from = self.chain.len();
            let page = store.statements(&self.domain, from, PAGE_BYTES).await?;
            if page.is_empty() {
                return Ok(());
            }
            let chain = std::sync::Arc::make_mut(&mut self.chain);
            for statement in page {
                chain.append(&statement)?;
            }
        }
    }

    /// What is on the disk counts already.
    async fn read_on_users(&mut self) -> Result<(), MirrorError> {
        if self.head_on_disk().await? == Some(self.follower.head().mark.seq) {
            return Ok(());
        }
        self.filling = None;
        let before = self.follower.clone();
        self.open_users().await?;
        self.follower.stay_stopped(&before);
        Ok(())
    }

    /// How far the disk has come; `None` if other users are in use there.
    async fn head_on_disk(&self) -> Result<Option<Seq>, MirrorError> {
        let generation = self.facts.number(GENERATION).await?;
        let in_use = self
            .view
            .read(|view| view.users.as_ref().map(|it| it.generation));
        if in_use.unwrap_or_default() != generation {
            return Ok(None);
        }
        let joined = KeptHead::read(&self.facts).await?.unwrap_or_default().seq;
        let Some(store) = self.user_store() else {
            return Ok(Some(joined));
        };
        let head = store.head(&self.domain).await?;
        Ok(head.map(|head| head.seq.max(joined)))
    }

    /// The batches after a place, as many as fit into a page: to seed a hub again. While not
    /// everything is held, there is nothing to seed with.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Store`].
    pub fn feed(
        &self,
        after: Seq,
    ) -> impl Future<Output = Result<Feed, MirrorError>> + Send + use<> {
        let held = self.user_store().filter(|_| self.is_complete());
        let (domain, head) = (self.domain, self.follower.head().mark.seq);
        async move {
            match held {
                Some(store) => Ok(store.feed(&domain, after, PAGE_BYTES).await?),
                None if after >= head => Ok(Feed::Batches(Vec::new())),
                None => Ok(Feed::Compacted(head)),
            }
        }
    }

    /// Makes room: forgets superseded records, but keeps the feed from `acknowledged` on, what the
    /// hub was known to have last, and its last `keep` records in any case.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Store`].
    pub fn compact(
        &self,
        keep: u64,
        acknowledged: Seq,
    ) -> impl Future<Output = Result<(), MirrorError>> + Send + use<> {
        let (store, domain) = (self.user_store(), self.domain);
        let head = |view: &View| view.users.as_ref().map_or(0, |users| users.seq.number());
        let head = self.view.read(head);
        let through = head.saturating_sub(keep).min(acknowledged.number());
        async move {
            match store.filter(|_| through > 0) {
                Some(store) => Ok(store.compact(&domain, Seq::new(through)).await?),
                None => Ok(()),
            }
        }
    }
}

/// The records of a batch at their places.
pub(super) fn stored(batch: &FeedBatch) -> Vec<Stored> {
    let records = batch.batch.records().iter().enumerate();
    let records = records.map(|(index, record)| Stored {
        seq: batch.first.plus(index),
        record: record.clone(),
    });
    records.collect()
}

/// After how many batches the set hash is kept, so that a start need not work it out.
const CHECKPOINT_EVERY: u64 = 4096;

//! Making everything complete, beside what is in use.

use std::collections::BTreeMap;

use super::parts::live;
use super::place::{Change, Resumed, UserDraft};
use super::resume::Note;
use super::tally::Tally;
use super::{Mirror, MirrorError};
use crate::Digest;
use crate::cbor;
use crate::feed::{Listed, Live, LiveSet as _, bucket_of};
use crate::store::{RecordId, Seq, SnapshotPage, StoreError, Stored};

/// A generation of users that is being made.
#[derive(Debug)]
pub(super) struct Filling {
    pub(super) draft: Box<dyn UserDraft>,
    pub(super) generation: u64,
    pub(super) tally: Tally,
    pub(super) note: Note,
    is_settled: bool,
    /// Records that proven listings name and the draft lacks.
    wanted: BTreeMap<RecordId, Live>,
}

/// How far a filling has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Records that came in; some come twice.
    pub records: u64,
    /// How many are live at the head.
    pub of: u64,
}

/// How the end of a filling was.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Filled {
    /// The pages were read beyond the head: follow the feed up to there, then end the filling.
    Behind {
        /// The place to follow the feed to.
        until: Seq,
    },
    /// Everything is held, proven, and in use.
    Complete {
        /// How many records are live: all of them.
        live: u64,
        /// The set hash.
        digest: Digest,
    },
    /// These buckets are not those of the head: [mend](Mirror::mend_filling) them, then end the
    /// filling.
    Differs(Vec<u8>),
}

impl Mirror {
    /// Begins to take in everything anew, beside what is in use; an earlier filling is given up,
    /// also one of an earlier process.
    /// From then on take in every page of a snapshot of the hub, and follow the feed meanwhile.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Store`].
    pub async fn begin_filling(&mut self) -> Result<(), MirrorError> {
        self.look_again().await?;
        self.filling = None;
        let genesis = self.place.chain().statements(&self.domain, 0, 0).await?;
        let genesis = genesis.first().ok_or(MirrorError::Empty)?.clone();
        let generation = self.next_generation();
        let begun = self.place.begin(generation, &self.domain, genesis).await;
        self.filling = Some(Filling {
            draft: begun?,
            generation,
            tally: Tally::empty(),
            note: Note::default(),
            is_settled: false,
            wanted: BTreeMap::new(),
        });
        Ok(())
    }

    /// Takes in a page of a snapshot.
    ///
    /// # Errors
    ///
    /// [`MirrorError::NotFilling`], or [`MirrorError::Store`]: the filling has failed then, and can
    /// be [gone on with](Self::interrupted_filling) as of the page before.
    pub async fn fill(&mut self, page: SnapshotPage) -> Result<Progress, MirrorError> {
        let mut filling = self.take_filling()?;
        filling.take_page(page).await?;
        let records = filling.note.records;
        self.filling = Some(filling);
        let of = self.follower.head().live;
        Ok(Progress { records, of })
    }

    /// How far the filling has come; `None` if there is none, or it has failed.
    #[must_use]
    pub fn filling(&self) -> Option<Progress> {
        let records = self.filling.as_ref()?.note.records;
        let of = self.follower.head().live;
        Some(Progress { records, of })
    }

    /// Gives the filling up, also one of an earlier process; nothing is left of it.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Store`] if something is left, which the next filling removes.
    pub async fn stop_filling(&mut self) -> Result<(), MirrorError> {
        self.filling = None;
        Ok(self.place.forget(self.next_generation()).await?)
    }

    /// Ends the filling after the last page: if the set hash over everything is the one of the
    /// head, it is published and in use from then on.
    ///
    /// `digests` are those of the hub at the head; they need not be given if they are known.
    ///
    /// # Errors
    ///
    /// [`MirrorError::NotFilling`]; [`MirrorError::Listing`] if the digests are not those of the
    /// head, and the filling goes on; [`MirrorError::Store`] if it has failed.
    pub async fn finish_filling(&mut self, digests: &[Digest]) -> Result<Filled, MirrorError> {
        self.look_again().await?;
        self.await_set().await?;
        let (head, until) = (self.follower.head().mark.seq, self.filling_until()?);
        if head < until {
            return Ok(Filled::Behind { until });
        }
        let mut filling = self.take_filling()?;
        filling.settle().await?;
        let mut set = filling.tally.set().await?.clone();
        let head = *self.follower.head();
        if set.commitment() == Some(head.commitment) && set.live() == Some(head.live) {
            return self.publish(filling, set).await;
        }
        self.filling = Some(filling);
        let known = match self.follower.set_mut().digests() {
            Some(known) => known,
            None => {
                self.learn(digests)?;
                digests.to_vec()
            }
        };
        Ok(Filled::Differs(set.differences(&known)))
    }

    fn filling_until(&self) -> Result<Seq, MirrorError> {
        let filling = self.filling.as_ref().ok_or(MirrorError::NotFilling)?;
        Ok(filling.note.until)
    }

    /// Takes out of the filling what a bucket has too much, given its listing at the head; answers
    /// the ids whose records are to be fetched and [held](Self::hold).
    ///
    /// # Errors
    ///
    /// [`MirrorError::Listing`] if the listing proves nothing; [`MirrorError::NotFilling`];
    /// [`MirrorError::Store`] if the filling has failed.
    pub async fn mend_filling(
        &mut self,
        bucket: u8,
        listing: &[Listed],
    ) -> Result<Vec<RecordId>, MirrorError> {
        self.follower.set().check(bucket, listing)?;
        let mut filling = self.take_filling()?;
        let wanted = filling.mend(bucket, listing).await?;
        self.filling = Some(filling);
        Ok(wanted)
    }

    /// Puts records into the filling that it wants.
    pub(super) async fn fill_wanted(&mut self, stored: Vec<Stored>) {
        let Some(mut filling) = self.filling.take() else {
            return;
        };
        let wanted = |it: &Stored| filling.wanted.get(&it.record.id) == Some(&live(&it.record));
        let wanted: Vec<_> = stored.into_iter().filter(wanted).collect();
        // A filling that cannot take in what it needs has failed.
        if wanted.is_empty() || filling.put_and_keep(wanted).await.is_ok() {
            self.filling = Some(filling);
        }
    }

    /// Puts the records of a batch that counts into the filling, too.
    pub(super) async fn also_fill(&mut self, records: Vec<Stored>) {
        if let Some(mut filling) = self.filling.take()
            && filling.put(records).await.is_ok()
        {
            self.filling = Some(filling);
        }
    }

    /// Whoever takes it puts it back only when it is whole.
    pub(super) fn take_filling(&mut self) -> Result<Filling, MirrorError> {
        self.filling.take().ok_or(MirrorError::NotFilling)
    }
}

impl Filling {
    /// One that goes on.
    pub(super) fn resumed(generation: u64, note: Note, found: Resumed) -> Self {
        Self {
            draft: found.draft,
            generation,
            tally: Tally::from(found.set),
            note,
            is_settled: false,
            wanted: BTreeMap::new(),
        }
    }

    async fn take_page(&mut self, page: SnapshotPage) -> Result<(), StoreError> {
        let last = page.records.iter().map(|it| it.seq).max();
        let note = &mut self.note;
        note.until = note.until.max(last.unwrap_or_default());
        if page.next.is_none() {
            note.until = note.until.max(page.since);
        }
        note.records += page.records.len() as u64;
        note.next = page.next.map(|next| next.as_bytes().to_vec());
        note.has_all = note.next.is_none();
        self.put(page.records).await?;
        self.keep().await
    }

    /// Lets what is there outlive the process.
    async fn keep(&mut self) -> Result<(), StoreError> {
        self.draft.note(cbor::encode(&self.note).into()).await
    }

    async fn put(&mut self, records: Vec<Stored>) -> Result<(), StoreError> {
        for stored in &records {
            self.wanted.remove(&stored.record.id);
        }
        let change = self.draft.put(records).await?;
        self.tally.add(change).await
    }

    async fn put_and_keep(&mut self, records: Vec<Stored>) -> Result<(), StoreError> {
        self.put(records).await?;
        self.keep().await
    }

    async fn settle(&mut self) -> Result<(), StoreError> {
        if self.is_settled {
            return Ok(());
        }
        let removed = self.draft.settle().await?;
        let added = Vec::new();
        self.tally.add(Change { added, removed }).await?;
        self.is_settled = true;
        self.keep().await
    }

    /// Takes out what a listing does not name; answers what it names beyond that.
    async fn mend(&mut self, bucket: u8, listing: &[Listed]) -> Result<Vec<RecordId>, StoreError> {
        let listed: BTreeMap<_, _> = listing.iter().map(|it| (it.id, it.live)).collect();
        let held = self.draft.bucket(bucket).await?;
        let is_right = |it: &Stored| listed.live(&it.record.id) == Some(live(&it.record));
        let (right, removed): (Vec<_>, Vec<_>) = held.into_iter().partition(is_right);
        let places = removed.iter().map(|it| it.seq).collect();
        self.draft.remove(places).await?;
        let added = Vec::new();
        self.tally.add(Change { added, removed }).await?;
        self.wanted.retain(|id, _| bucket_of(id) != bucket);
        let mut missing = listed;
        for stored in &right {
            missing.remove(&stored.record.id);
        }
        let ids = missing.keys().copied().collect();
        self.wanted.extend(missing);
        Ok(ids)
    }
}

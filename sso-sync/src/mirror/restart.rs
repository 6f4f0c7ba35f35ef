//! The set hash after a restart.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use minicbor::{Decode, Encode};
use tokio::sync::watch;

use super::parts::Parts;
use super::{CHECKPOINT, Mirror, MirrorError, UserStore};
use crate::chain::FeedMark;
use crate::feed::{BUCKETS, Envelope, FeedHead, SetHash, bucket_of};
use crate::store::{DomainId, Feed, FeedBatch, Seq, StoreError};
use crate::wire::PAGE_BYTES;
use crate::{cbor, sets};

impl Mirror {
    /// Keeps the set hash, so that the next start need not work it out: to be called now and then,
    /// and at the end. Does nothing if it is not known now.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Store`]; the one before is still good then.
    pub async fn checkpoint(&mut self) -> Result<(), MirrorError> {
        let generation = self.view.read(|view| match (&view.users, &view.parts) {
            (Some(users), None) => Some(users.generation),
            _ => None,
        });
        let known = generation.and_then(|it| Checkpoint::of(self, it));
        if let Some(checkpoint) = known.filter(|_| !self.is_doubtful) {
            let bytes = cbor::encode(&checkpoint).into();
            self.facts.set(CHECKPOINT, bytes).await?;
            self.unchecked = 0;
        }
        Ok(())
    }

    /// Takes the set hash from the checkpoint if that is of now, or lets it be worked out.
    /// `envelope` is that of the head.
    pub(super) async fn restore_set(&mut self, envelope: Bytes) -> Result<(), MirrorError> {
        let users = self.view.read(|view| view.users.clone());
        let Some(users) = users else {
            return Ok(());
        };
        let checkpoint = self.facts.get(CHECKPOINT).await?;
        let checkpoint = checkpoint.and_then(|it| Checkpoint::read(&it, users.generation));
        let head = *self.follower.head();
        if let Some(now) = checkpoint.as_ref().filter(|it| it.mark == head.mark)
            && let Some(set) = now.set()
            && self.follower.complete(set, &[]).is_ok()
        {
            self.follower.remember(now.marks());
            return Ok(());
        }
        let task = Task {
            store: users.store,
            domain: self.domain,
            head,
            checkpoint,
        };
        self.work = Some(Work::begin(task, envelope));
        Ok(())
    }

    /// Waits until the set hash is known, if it is being worked out.
    pub(super) async fn await_set(&mut self) -> Result<(), MirrorError> {
        let Some(work) = &self.work else {
            return Ok(());
        };
        work.done().await;
        let envelope = work.envelope.clone();
        if let Err(failed) = self.take_set() {
            self.restore_set(envelope).await?;
            return Err(failed.into());
        }
        Ok(())
    }

    /// Takes over what was worked out: everything is held, unless what is on the disk is not the
    /// set at the head.
    fn take_set(&mut self) -> Result<(), StoreError> {
        let Some(work) = self.work.take() else {
            return Ok(());
        };
        let found = work.take()?;
        self.follower.remember(found.marks);
        if self.follower.complete(found.set, &[]).is_err() {
            self.note_damage(true);
            let parts = Parts::new(work.envelope);
            self.view.change(|view| view.parts = Some(parts));
        }
        Ok(())
    }

    /// Takes over what was worked out, if that is done; whether it is.
    pub(super) fn is_ready(&mut self) -> bool {
        // If it failed, the next call that waits for it begins anew.
        let is_there = self.work.as_ref().is_none_or(Work::has_succeeded);
        is_there && self.take_set().is_ok()
    }
}

/// The set hash and the batches that are remembered, at a head.
#[derive(Clone, Debug, Encode, Decode)]
struct Checkpoint {
    #[n(0)]
    generation: u64,
    #[n(1)]
    mark: FeedMark,
    /// What is kept of one bucket after the other.
    #[cbor(n(2), with = "minicbor::bytes")]
    states: Vec<u8>,
    /// Places and hashes, one after the other.
    #[cbor(n(3), with = "minicbor::bytes")]
    marks: Vec<u8>,
}

impl Checkpoint {
    fn of(mirror: &Mirror, generation: u64) -> Option<Self> {
        let follower = &mirror.follower;
        let states = (0..=u8::MAX).map(|bucket| follower.set().kept(bucket));
        let marks = follower.marks().flat_map(|mark| {
            let place = mark.seq.number().to_be_bytes();
            place.into_iter().chain(*mark.hash.as_bytes())
        });
        Some(Self {
            generation,
            mark: follower.head().mark,
            states: states.collect::<Option<Vec<_>>>()?.concat(),
            marks: marks.collect(),
        })
    }

    /// Whatever makes no sense is none.
    fn read(bytes: &[u8], generation: u64) -> Option<Self> {
        let checkpoint: Self = minicbor::decode(bytes).ok()?;
        (checkpoint.generation == generation).then_some(checkpoint)
    }

    fn set(&self) -> Option<SetHash> {
        let length = (self.states.len() / BUCKETS).max(1);
        SetHash::from_kept(self.states.chunks(length))
    }

    fn marks(&self) -> Vec<FeedMark> {
        let (marks, _) = self.marks.as_chunks::<MARK_BYTES>();
        let read = |mark: &[u8; MARK_BYTES]| {
            let (seq, hash) = mark.split_first_chunk()?;
            Some(FeedMark {
                seq: Seq::new(u64::from_be_bytes(*seq)),
                hash: crate::Digest::new(hash.try_into().ok()?),
            })
        };
        marks.iter().filter_map(read).collect()
    }
}

/// The set hash as it is being worked out.
#[derive(Debug)]
pub(super) struct Work {
    found: Arc<Mutex<Option<Result<Found, StoreError>>>>,
    done: watch::Receiver<bool>,
    /// That of the head.
    envelope: Bytes,
}

/// What was worked out.
#[derive(Debug)]
struct Found {
    set: SetHash,
    marks: Vec<FeedMark>,
}

impl Work {
    fn begin(task: Task, envelope: Bytes) -> Self {
        let (tell, done) = watch::channel(false);
        let found = Arc::new(Mutex::new(None));
        let place = Arc::clone(&found);
        tokio::spawn(async move {
            // Whoever gave up waiting has no use for it.
            let found = tokio::select! {
                found = task.run() => found,
                () = tell.closed() => return,
            };
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
            tell.send_replace(true);
        });
        Self {
            found,
            done,
            envelope,
        }
    }

    /// Waits for the end, good or bad.
    pub(super) fn done(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut done = self.done.clone();
        async move {
            // An end without an answer is an end as well.
            let _ = done.wait_for(|done| *done).await;
        }
    }

    fn has_succeeded(&self) -> bool {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.as_ref().is_some_and(Result::is_ok)
    }

    fn take(&self) -> Result<Found, StoreError> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = || {
            Err(StoreError::unavailable(
                "working out the set hash has ended",
            ))
        };
        found.take().unwrap_or_else(ended)
    }
}

/// What has to be worked out.
struct Task {
    store: Arc<dyn UserStore>,
    domain: DomainId,
    head: FeedHead,
    checkpoint: Option<Checkpoint>,
}

impl Task {
    async fn run(self) -> Result<Found, StoreError> {
        if let Some(found) = self.refresh().await? {
            return Ok(found);
        }
        let marks = self.feed_after(None).await?.1;
        let set = self.store.scan(&self.domain).await?.set;
        Ok(Found { set, marks })
    }

    /// Reads again what was touched since the checkpoint; `None` if that does not help.
    async fn refresh(&self) -> Result<Option<Found>, StoreError> {
        let Some(checkpoint) = &self.checkpoint else {
            return Ok(None);
        };
        let (touched, since) = self.feed_after(Some(checkpoint.mark)).await?;
        let known = checkpoint.set().filter(|_| !touched.is_empty());
        let Some(known) = known.filter(|_| touched.len() <= MAX_TOUCHED) else {
            return Ok(None);
        };
        let set = sets::read(&*self.store, &self.domain, Some(&known), &touched);
        let (mut set, _) = set.await?;
        let mut marks = checkpoint.marks();
        marks.extend(since);
        let is_right = set.commitment() == Some(self.head.commitment);
        Ok(is_right.then_some(Found { set, marks }))
    }

    /// The buckets that were touched after a batch, and the batches since; nothing if the feed
    /// does not go on from there. Without one: as far back as the feed goes.
    async fn feed_after(
        &self,
        mark: Option<FeedMark>,
    ) -> Result<(BTreeSet<u8>, Vec<FeedMark>), StoreError> {
        let (mut touched, mut marks) = (BTreeSet::new(), Vec::new());
        let mut after = mark.map_or(Seq::START, |mark| mark.seq);
        loop {
            let batches = match self.store.feed(&self.domain, after, PAGE_BYTES).await? {
                Feed::Batches(batches) => batches,
                Feed::Compacted(through) if mark.is_none() && through > after => {
                    after = through;
                    continue;
                }
                Feed::Compacted(_) => return Ok((BTreeSet::new(), Vec::new())),
            };
            let Some(last) = batches.last() else {
                return Ok((touched, marks));
            };
            after = last.last();
            for batch in &batches {
                marks.extend(marks_of(batch)?);
                let records = batch.batch.records().iter();
                touched.extend(records.map(|record| bucket_of(&record.id)));
            }
        }
    }
}

/// Place and hash of the batch before one that was checked before it was kept, and its own.
fn marks_of(batch: &FeedBatch) -> Result<[FeedMark; 2], StoreError> {
    let envelope = Envelope::parse(batch.batch.envelope()).map_err(StoreError::corrupt)?;
    let mark = FeedMark {
        seq: batch.last(),
        hash: envelope.hash(),
    };
    Ok([envelope.before(), mark])
}

const MARK_BYTES: usize = 40;

/// Beyond this many buckets, reading everything in the order of the file is faster.
const MAX_TOUCHED: usize = 96;

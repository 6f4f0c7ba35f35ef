//! Fetching single records, ahead of the bulk.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::core::Core;
use super::trouble::Trouble;
use crate::feed::{ListingError, Refusal};
use crate::mirror::{Lookup, MirrorError};
use crate::node::Alarm;
use crate::store::RecordId;

/// Somebody waits for what is to be known of an id.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) id: RecordId,
    pub(super) done: oneshot::Sender<Result<(), Trouble>>,
}

/// Fetches what is wanted: the same bucket once at a time, whoever waits for it.
pub(super) async fn fetch(core: Arc<Core>, mut wanted: mpsc::Receiver<Wanted>) {
    let mut waiting: BTreeMap<u8, Vec<Wanted>> = BTreeMap::new();
    let (mut busy, mut under_way) = (BTreeSet::new(), JoinSet::new());
    loop {
        tokio::select! {
            biased;
            () = core.stopped() => return,
            Some(done) = under_way.join_next() => {
                if let Ok(bucket) = done {
                    busy.remove(&bucket);
                }
            }
            next = wanted.recv() => {
                let Some(next) = next else { return };
                waiting.entry(bucket_of(&next.id)).or_default().push(next);
            }
        }
        let free = waiting
            .keys()
            .find(|bucket| !busy.contains(*bucket))
            .copied();
        if let Some((bucket, wanted)) = free.and_then(|it| waiting.remove_entry(&it)) {
            busy.insert(bucket);
            under_way.spawn(bring_all(Arc::clone(&core), bucket, wanted));
        }
    }
}

async fn bring_all(core: Arc<Core>, bucket: u8, wanted: Vec<Wanted>) -> u8 {
    let waits = wanted.iter().filter(|it| !it.done.is_closed());
    let ids: Vec<_> = waits.map(|it| it.id).collect();
    let brought = core.bring(bucket, &ids).await;
    for wanted in wanted {
        // Who does not wait any more needs no answer.
        let _ = wanted.done.send(brought.clone());
    }
    bucket
}

impl Core {
    /// Brings what is to be known of an id here.
    pub(super) async fn want(&self, id: RecordId) -> Result<(), Trouble> {
        let (done, answer) = oneshot::channel();
        let asked = self.wanted.send(Wanted { id, done }).await;
        asked.map_err(|_| Trouble::Stopping)?;
        tokio::select! {
            biased;
            () = self.stopped() => Err(Trouble::Stopping),
            answer = answer => answer.unwrap_or(Err(Trouble::Stopping)),
        }
    }

    /// Proves a bucket, and fetches these records of it that are not here.
    async fn bring(&self, bucket: u8, ids: &[RecordId]) -> Result<(), Trouble> {
        if ids.is_empty() {
            return Ok(());
        }
        self.prove(bucket).await?;
        let mut missing = Vec::new();
        for id in ids {
            if let Lookup::NotHere(_) = self.reader.find(id).await? {
                missing.push(*id);
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let fetched = self.ask(self.client.records(&missing)).await?;
        self.mirror.lock().await.hold(fetched).await;
        Ok(())
    }

    /// Proves what is in a bucket, unless everything in it is held.
    pub(super) async fn prove(&self, bucket: u8) -> Result<(), Trouble> {
        for _ in 0..TRIES {
            if self.is_proven(bucket).await {
                return Ok(());
            }
            let (seq, listing) = self.ask_page(self.client.listing(bucket)).await?;
            let mut mirror = self.mirror.lock().await;
            let here = mirror.follower().head().mark.seq;
            let proven = match seq == here {
                true => mirror.prove(bucket, listing),
                false => Err(MirrorError::Moved { at: here }),
            };
            drop(mirror);
            match proven {
                Ok(()) => return Ok(()),
                Err(MirrorError::Listing(ListingError::Stale)) => self.learn().await?,
                Err(MirrorError::Moved { .. }) => self.look().await?,
                Err(error) => return Err(self.on_listing(error)),
            }
        }
        Err(Trouble::Restless)
    }

    async fn is_proven(&self, bucket: u8) -> bool {
        let mut any = [0; 32];
        if let Some(first) = any.first_mut() {
            *first = bucket;
        }
        let mirror = self.mirror.lock().await;
        mirror.is_complete() || mirror.follower().set().holds(&RecordId::new(any))
    }

    /// Learns the digests of all buckets at the head.
    pub(super) async fn learn(&self) -> Result<(), Trouble> {
        for _ in 0..TRIES {
            let (seq, digests) = self.ask(self.client.digests()).await?;
            let mut mirror = self.mirror.lock().await;
            if seq == mirror.follower().head().mark.seq {
                let learnt = mirror.learn(&digests);
                drop(mirror);
                return learnt.map_err(|error| self.on_listing(error));
            }
            drop(mirror);
            self.look().await?;
        }
        Err(Trouble::Restless)
    }

    /// Digests or listings that are not those of the head are a lie of the hub.
    pub(super) fn on_listing(&self, error: MirrorError) -> Trouble {
        match error {
            MirrorError::Listing(_) => self.alarm(Alarm::Feed(Refusal::WrongRecords)),
            error => error.into(),
        }
    }
}

pub(super) const fn bucket_of(id: &RecordId) -> u8 {
    let [first, ..] = *id.as_bytes();
    first
}

/// How often something is begun anew while others write.
pub(super) const TRIES: usize = 32;

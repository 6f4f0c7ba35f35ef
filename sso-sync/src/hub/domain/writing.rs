//! What is admitted to the logs of a domain: what followers will take.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;

use super::sets::{Whole, whole_at};
use super::{Domain, Stores, View};
use crate::chain::{Chain, Statement};
use crate::feed::{Event, Live, Step, record_digest};
use crate::hub::quota::{Quotas, Usage};
use crate::seal::RecordBody;
use crate::store::{Batch, DomainStore, FeedBatch, Record, RecordId, Seq};
use crate::wire::{BucketDigests, Code, Problem};
use crate::{Digest, feed};

impl Domain {
    /// Takes in the next statement, if a reader of the chain will.
    ///
    /// One that is there already is taken again: its answer may have been lost.
    ///
    /// # Errors
    ///
    /// [`Code::Conflict`] if another one is there, [`Code::QuotaExceeded`], the code of a [`chain::Refusal`](crate::chain::Refusal), or why the
    /// store did not take it.
    pub(in crate::hub) async fn append(
        &self,
        store: &dyn DomainStore,
        quotas: &Quotas,
        view: &View,
        position: u64,
        bytes: &Bytes,
    ) -> Result<(View, Appended), Problem> {
        let statement = Statement::parse(bytes)?;
        if let Some(held) = view.chain.hash_at(position) {
            return already(view, held == statement.hash());
        }
        if position != view.chain.len() {
            return Err(Code::Conflict.into());
        }
        let mut chain = Chain::clone(&view.chain);
        chain.append(bytes)?;
        quotas.check_statement(&view.chain, &statement.action()?)?;
        let chain = Arc::new(chain);
        store.append(&self.id, position, bytes.clone()).await?;
        self.keep(&chain);
        let head = view.head.clone();
        Ok((View { head, chain }, Appended::New(Box::new(statement))))
    }

    /// Takes in the next batch, if a follower will.
    ///
    /// One that is there already is taken again: its answer may have been lost.
    ///
    /// # Errors
    ///
    /// [`Code::Conflict`] if it does not build on the head, [`Code::QuotaExceeded`], the code of a [`feed::Refusal`], or
    /// why the store did not take it.
    pub(in crate::hub) async fn commit(
        &self,
        stores: Stores<'_>,
        quotas: &Quotas,
        after: Seq,
        batch: Batch,
    ) -> Result<View, Problem> {
        let store = stores.domains;
        let mut writing = self.writing.lock().await;
        let view = self.view(store).await?;
        if *batch.envelope() == view.head.envelope {
            return Ok(view);
        }
        if after != view.head.seq {
            return Err(Code::Conflict.into());
        }
        let known = writing.take();
        let mut whole = whole_at(stores, self.id, &view, known).await?;
        let ids = batch.records().iter().map(|it| &it.id);
        let held = whole.hold(stores, self.id, ids).await;
        let mut next = whole.clone();
        *writing = Some(whole);
        held?;
        let held = held_of(store, self, &batch).await?;
        let first = after.plus(1);
        let batch = FeedBatch { first, batch };
        admitted(next.take(&view.chain, &batch, &held))?;
        if let Some(whole) = &*writing {
            quotas.check_users(whole.usage(), next.usage())?;
        }
        let envelope = batch.batch.envelope().clone();
        let seq = store.commit(&self.id, after, batch.batch).await?;
        self.note_sizes(&next);
        *writing = Some(next);
        let mut head = view.head;
        (head.seq, head.envelope) = (seq, envelope);
        Ok(View { head, ..view })
    }

    /// The digests of all buckets, and at which head.
    ///
    /// # Errors
    ///
    /// Why the store does not answer.
    pub(in crate::hub) async fn digests(
        &self,
        stores: Stores<'_>,
    ) -> Result<BucketDigests, Problem> {
        let mut writing = self.writing.lock().await;
        let view = self.view(stores.domains).await?;
        let known = writing.take();
        let mut whole = whole_at(stores, self.id, &view, known).await?;
        let digests: Option<Vec<Digest>> = whole.follower.set_mut().digests();
        let digests = digests.ok_or(Code::Unavailable)?;
        let seq = whole.follower.head().mark.seq;
        self.note_sizes(&whole);
        *writing = Some(whole);
        Ok(BucketDigests::new(seq, &digests))
    }

    fn note_sizes(&self, whole: &Whole) {
        self.bytes.store(whole.bytes(), Ordering::Relaxed);
        self.signposts.store(whole.signposts(), Ordering::Relaxed);
    }
}

/// What became of a statement that was sent.
#[derive(Debug)]
pub(in crate::hub) enum Appended {
    /// It was there before.
    Before,
    /// It is there now.
    New(Box<Statement>),
}

fn already(view: &View, same: bool) -> Result<(View, Appended), Problem> {
    if same {
        return Ok((view.clone(), Appended::Before));
    }
    Err(Code::Conflict.into())
}

/// What counts of the ids of a batch, and how many bytes it has.
struct Held {
    live: BTreeMap<RecordId, Live>,
    sizes: BTreeMap<RecordId, u64>,
}

async fn held_of(store: &dyn DomainStore, domain: &Domain, batch: &Batch) -> Result<Held, Problem> {
    let ids: Vec<_> = batch.records().iter().map(|record| record.id).collect();
    let found = store.find(&domain.id, &ids).await?;
    let sizes = found.iter().map(|it| (it.record.id, size(&it.record)));
    let sizes = sizes.collect();
    let live = found.into_iter().map(|stored| {
        let body = &stored.record.body;
        let version = RecordBody::parse(body).map_or(0, |body| body.version());
        let digest = record_digest(body);
        (stored.record.id, Live { version, digest })
    });
    let live = live.collect();
    Ok(Held { live, sizes })
}

fn size(record: &Record) -> u64 {
    record.body.len() as u64
}

impl Whole {
    /// Takes in a batch as a follower does, and how large everything is then.
    fn take(&mut self, chain: &Chain, batch: &FeedBatch, held: &Held) -> Step {
        let event = Event::Batch {
            batch,
            held: &held.live,
        };
        let step = self.follower.on_event(chain, event);
        if let Step::Apply(_) = step {
            for record in batch.batch.records() {
                let before = held.sizes.get(&record.id).copied();
                self.resize(&record.id, before, size(record));
            }
        }
        step
    }

    fn usage(&self) -> Usage {
        Usage {
            users: self.follower.head().live.saturating_sub(self.signposts()),
            user_bytes: self.bytes(),
            ..Usage::default()
        }
    }
}

fn admitted(step: Step) -> Result<(), Problem> {
    match step {
        Step::Apply(_) => Ok(()),
        Step::Refuse(refusal) => Err(refused(refusal)),
        // The writer knows a chain that this hub does not have.
        Step::FetchChain { .. } => Err(Code::Behind.into()),
        _ => Err(Code::Conflict.into()),
    }
}

/// A batch on another head is what happens when two servers write at once.
fn refused(refusal: feed::Refusal) -> Problem {
    match refusal {
        feed::Refusal::Fork { .. } | feed::Refusal::Gap { .. } => {
            Problem::new(Code::Conflict).because(refusal.to_string())
        }
        _ => refusal.into(),
    }
}

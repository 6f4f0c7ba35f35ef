//! Writing: one batch at a time, each decided by one compare-and-swap at the hub.

use std::collections::VecDeque;
use std::error::Error as _;
use std::sync::Arc;

use sso_core::StoreError;
use sso_core::user::Profile;
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;

use super::commit::Failure;
use super::core::Core;
use super::fetch::TRIES;
use super::outbox::with_profile;
use super::records::storage;
use super::reseal::Resealing;
use super::trouble::Trouble;
use crate::mirror::{Lookup, Queued};
use crate::node::decide::Verdict;
use crate::node::gather::{MAX_GATHERED, fitting, gather};
use crate::node::pace::Pace;
use crate::node::{Held, Put};
use crate::seal::{Content, RecordBody};
use crate::store::{Record, RecordId};

/// A change of a record that is to be committed.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) id: RecordId,
    pub(super) want: Want,
    pub(super) source: Source,
}

/// What is to become of a record.
#[derive(Debug)]
pub(super) enum Want {
    /// What is known about the user changes.
    Profile(Profile),
    /// The same, sealed in the newest epoch.
    Resealed,
    /// This state is to follow that version.
    State { after: u64, content: Box<Content> },
}

/// Who wants it.
#[derive(Debug)]
pub(super) enum Source {
    Nobody,
    Outbox(Queued),
    Put(oneshot::Sender<Result<Put, StoreError>>),
}

/// A change whose next state is decided.
struct Decided {
    change: Change,
    next: Held,
    record: Record,
}

/// Writes until the server is stopped: what callers wait for first, then what waits in the outbox,
/// then what is to be sealed anew.
pub(super) async fn write(core: Arc<Core>, mut changes: mpsc::Receiver<Change>, seed: u64) {
    let ready = core.mirror.lock().await.ready();
    ready.await;
    let (mut waiting, mut resealing) = (VecDeque::new(), Resealing::new(core.me));
    let mut pace = Pace::new(seed);
    while !core.is_stopped() {
        while waiting.len() < MAX_WAITING
            && let Ok(change) = changes.try_recv()
        {
            waiting.push_back(change);
        }
        let batch = core.next_changes(&mut waiting, &mut resealing).await;
        let is_urgent = batch.iter().any(|it| !matches!(it.source, Source::Nobody));
        let pause = match batch.is_empty() || core.commit_all(batch).await {
            true if is_urgent => continue,
            true => resealing.pause(),
            // What nobody waits for is tried again later.
            false => pace.after_failure(None),
        };
        tokio::select! {
            biased;
            () = core.stopped() => break,
            Some(change) = changes.recv() => waiting.push_back(change),
            () = core.more.notified() => {}
            () = sleep(pause) => {}
        }
    }
}

impl Core {
    /// What goes into the next batch.
    async fn next_changes(
        &self,
        waiting: &mut VecDeque<Change>,
        resealing: &mut Resealing,
    ) -> Vec<Change> {
        let mut batch = gather(waiting, MAX_GATHERED, |change| change.id);
        if self.may_write().is_err() || self.known().away.is_some() {
            return batch;
        }
        let room = MAX_GATHERED.saturating_sub(batch.len());
        let queued = self.queued(room).await;
        let is_there = |id: &RecordId| batch.iter().any(|it| it.id == *id);
        let queued: Vec<_> = queued.into_iter().filter(|it| !is_there(&it.id)).collect();
        batch.extend(queued);
        if batch.is_empty() {
            batch = resealing.next(self).await;
        }
        batch
    }

    /// Commits changes, deciding again as often as others come first. Everybody who waits is
    /// answered. Whether nothing was in the way, and the disk has forgotten what is done.
    async fn commit_all(&self, changes: Vec<Change>) -> bool {
        let (mut changes, mut doubts) = (changes, 0);
        let mut is_settled = true;
        for _ in 0..TRIES {
            if changes.is_empty() {
                return is_settled;
            }
            if let Err(error) = self.may_write() {
                return self.refuse_all(changes, &error).await;
            }
            let (decided, left, settled) = self.decide_all(changes).await;
            (changes, is_settled) = (left, is_settled && settled);
            let error = match self.commit(records(&decided)).await {
                Ok(()) => {
                    is_settled &= self.finish_all(decided).await;
                    continue;
                }
                Err(Failure::Doubtful(error)) if doubts >= MAX_DOUBTS => error,
                Err(failure @ (Failure::Again | Failure::Doubtful(_))) => {
                    doubts += usize::from(matches!(failure, Failure::Doubtful(_)));
                    changes.extend(decided.into_iter().map(|it| it.change));
                    continue;
                }
                Err(Failure::Final(error)) => error,
            };
            let decided = decided.into_iter().map(|it| it.change).collect();
            self.refuse_all(decided, &error).await;
            if !matches!(error, StoreError::TooLarge { .. }) {
                return self.refuse_all(changes, &error).await;
            }
        }
        let error = Trouble::Restless.unavailable();
        self.refuse_all(changes, &error).await
    }

    /// Decides what is to be written now, as much as fits into a batch; what does not is left. And
    /// whether the disk has forgotten what needs no writing.
    async fn decide_all(&self, changes: Vec<Change>) -> (Vec<Decided>, Vec<Change>, bool) {
        let (mut decided, mut is_settled) = (Vec::new(), true);
        for change in changes {
            match self.decide(&change).await {
                Ok(Next::Write(next, record)) => decided.push(Decided {
                    change,
                    next,
                    record,
                }),
                Ok(Next::Answer(put)) => is_settled &= self.finish(change, Ok(put)).await,
                Err(error) => is_settled &= self.finish(change, Err(error)).await,
            }
        }
        let left = decided.split_off(fitting(&records(&decided)));
        let left = left.into_iter().map(|it| it.change);
        (decided, left.collect(), is_settled)
    }

    /// What becomes of a change, given what is live now.
    async fn decide(&self, change: &Change) -> Result<Next, StoreError> {
        let live = self.live(&change.id).await?;
        let content = match &change.want {
            Want::State { after, content } => match Verdict::of(live.as_ref(), *after, content) {
                Verdict::Write(_) => Content::clone(content),
                Verdict::Done => return Ok(Next::Answer(done(live))),
                Verdict::Other => return Ok(Next::Answer(Put::Other(live))),
            },
            Want::Profile(profile) => {
                match live.as_ref().and_then(|it| with_profile(it, profile)) {
                    Some(content) => content,
                    None => return Ok(Next::Answer(Put::Other(live))),
                }
            }
            Want::Resealed => match (self.is_old(&change.id).await?, &live) {
                (true, Some(live)) => live.content.clone(),
                _ => return Ok(Next::Answer(Put::Other(live))),
            },
        };
        let version = live.map_or(0, |it| it.version) + 1;
        let sealed = self
            .ring()
            .seal_record_in(self.schema(), change.id, version, &content);
        let record = sealed.map_err(|error| Trouble::Keys(error).unavailable())?;
        Ok(Next::Write(Held { version, content }, record))
    }

    /// The live record of an id, proven at the head.
    async fn live(&self, id: &RecordId) -> Result<Option<Held>, StoreError> {
        for _ in 0..TRIES {
            match self.reader.find(id).await.map_err(storage)? {
                Lookup::Live(stored) => return self.open(&stored).map(Some),
                Lookup::Absent => return Ok(None),
                Lookup::NotHere(_) | Lookup::Unproven(_) => {
                    self.want(*id).await.map_err(|it| it.unavailable())?;
                }
            }
        }
        Err(Trouble::Restless.unavailable())
    }

    /// Whether a record is sealed in an older epoch.
    async fn is_old(&self, id: &RecordId) -> Result<bool, StoreError> {
        let Lookup::Live(stored) = self.reader.find(id).await.map_err(storage)? else {
            return Ok(false);
        };
        let body = RecordBody::parse(&stored.record.body).map_err(StoreError::corrupt)?;
        Ok(body.epoch() < self.ring().newest())
    }

    async fn finish_all(&self, decided: Vec<Decided>) -> bool {
        let mut is_settled = true;
        for Decided { change, next, .. } in decided {
            is_settled &= self.finish(change, Ok(Put::Done(next))).await;
        }
        is_settled
    }

    /// Something was in the way of all of these.
    async fn refuse_all(&self, changes: Vec<Change>, error: &StoreError) -> bool {
        for change in changes {
            self.finish(change, Err(again(error))).await;
        }
        false
    }

    /// Tells whoever wanted a change what became of it. False if it is still on the disk: it is tried
    /// again, and not at once.
    async fn finish(&self, change: Change, answer: Result<Put, StoreError>) -> bool {
        match change.source {
            Source::Nobody => true,
            Source::Outbox(queued) if answer.is_ok() => self.dequeue(&queued).await,
            Source::Outbox(_) => false,
            Source::Put(done) => {
                // Who does not wait any more finds it with the next question.
                let _ = done.send(answer);
                true
            }
        }
    }
}

/// What follows from a change.
enum Next {
    Answer(Put),
    Write(Held, Record),
}

fn done(live: Option<Held>) -> Put {
    live.map_or(Put::Other(None), Put::Done)
}

fn records(decided: &[Decided]) -> Vec<Record> {
    decided.iter().map(|it| it.record.clone()).collect()
}

/// The same error for another caller.
fn again(error: &StoreError) -> StoreError {
    let words = error
        .source()
        .map_or_else(|| error.to_string(), ToString::to_string);
    match error {
        StoreError::Unknown(_) => StoreError::unknown(words),
        StoreError::TooLarge { size, limit } => StoreError::TooLarge {
            size: *size,
            limit: *limit,
        },
        _ => StoreError::unavailable(words),
    }
}

/// So many changes wait here; further ones wait in line.
const MAX_WAITING: usize = 1024;

/// How often a hub may refuse a batch that this server would take.
const MAX_DOUBTS: usize = 4;

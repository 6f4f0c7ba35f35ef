//! Sending a batch.

use sso_core::StoreError;

use super::core::Core;
use super::trouble::Trouble;
use crate::feed::{Refusal, WriteError};
use crate::mirror::MirrorError;
use crate::store::{Batch, DomainCaps, FeedBatch, Record, Seq};
use crate::wire::Code;

/// Why a batch does not count.
pub(super) enum Failure {
    /// Something else came first, or has to be known first: decide again.
    Again,
    /// The hub would not take it; it may after another look.
    Doubtful(StoreError),
    /// For whoever waits.
    Final(StoreError),
}

impl Core {
    /// Commits records on the head, and takes the batch in.
    pub(super) async fn commit(&self, records: Vec<Record>) -> Result<(), Failure> {
        if records.is_empty() {
            return Ok(());
        }
        let (after, batch) = self.make_batch(records).await?;
        match self.ask(self.client.commit(after, &batch)).await {
            Ok(_) => self.take_own(after, batch).await,
            Err(trouble) => Err(self.after_failure(trouble, &batch).await),
        }
    }

    async fn make_batch(&self, records: Vec<Record>) -> Result<(Seq, Batch), Failure> {
        let unproven = self.mirror.lock().await.unproven(&records);
        for bucket in unproven {
            self.prove(bucket)
                .await
                .map_err(|it| nothing_changed(&it))?;
        }
        let mut mirror = self.mirror.lock().await;
        let made = mirror.write(&self.keys, records).await;
        let after = mirror.follower().head().mark.seq;
        drop(mirror);
        match made {
            Ok(batch) => Ok((after, batch)),
            Err(MirrorError::Write(WriteError::Unproven)) => {
                self.learn().await.map_err(|it| nothing_changed(&it))?;
                Err(Failure::Again)
            }
            // Another server was heard, and the hub not asked since.
            Err(MirrorError::Write(WriteError::Stopped(Refusal::Withheld { .. }))) => {
                self.look().await.map_err(|it| nothing_changed(&it))?;
                Err(Failure::Again)
            }
            Err(MirrorError::Write(error)) => Err(Failure::Final(StoreError::unavailable(error))),
            Err(error) => Err(nothing_changed(&error.into())),
        }
    }

    /// The hub has it; now it counts here as well.
    async fn take_own(&self, after: Seq, batch: Batch) -> Result<(), Failure> {
        let first = after.plus(1);
        let taken = self.take_batch(&FeedBatch { first, batch }).await;
        match taken {
            Ok(true) => Ok(()),
            // The feed brings it.
            Ok(false) => self.look_again().await,
            Err(trouble) => Err(Failure::Final(StoreError::unknown(trouble.to_string()))),
        }
    }

    async fn look_again(&self) -> Result<(), Failure> {
        self.look().await.map_err(|it| lost(&it))?;
        Err(Failure::Again)
    }

    /// What follows if the hub did not say yes.
    async fn after_failure(&self, trouble: Trouble, batch: &Batch) -> Failure {
        match what_happened(&trouble) {
            Happened::Nothing => nothing_changed(&trouble),
            Happened::TooLarge => Failure::Final(StoreError::TooLarge {
                size: batch.size(),
                limit: DomainCaps::MIN,
            }),
            // What is there is looked at first: it may be this very batch.
            Happened::Perhaps => match self.look().await {
                Ok(()) => Failure::Again,
                Err(_) => lost(&trouble),
            },
            Happened::Refused => match self.look().await {
                Ok(()) => Failure::Doubtful(trouble.unavailable()),
                Err(why) => nothing_changed(&why),
            },
            Happened::SomethingElse => match self.look().await {
                Ok(()) => Failure::Again,
                Err(why) => nothing_changed(&why),
            },
        }
    }
}

/// What an answer says about a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Happened {
    /// It does not count.
    Nothing,
    /// It may count.
    Perhaps,
    /// It does not count as it is: the chain has gone on, or the hub lacks something.
    Refused,
    /// The feed has gone on.
    SomethingElse,
    /// It never will.
    TooLarge,
}

fn what_happened(trouble: &Trouble) -> Happened {
    match trouble.code() {
        Some(Code::Conflict) => Happened::SomethingElse,
        Some(Code::Behind | Code::Refused(_)) => Happened::Refused,
        Some(Code::TooLarge) => Happened::TooLarge,
        Some(Code::Unknown) => Happened::Perhaps,
        Some(_) => Happened::Nothing,
        None if is_unsent(trouble) => Happened::Nothing,
        None => Happened::Perhaps,
    }
}

/// Whether the hub cannot have heard of it.
fn is_unsent(trouble: &Trouble) -> bool {
    use crate::link::{CallError, LinkError};
    let Trouble::Hub(error) = trouble else {
        return false;
    };
    matches!(
        &**error,
        CallError::Link(
            LinkError::Certificate { .. }
                | LinkError::ProxyAuthentication { .. }
                | LinkError::ProxyRefused { .. }
                | LinkError::ProxyUnreachable { .. }
                | LinkError::Unreachable { .. }
        )
    )
}

fn nothing_changed(trouble: &Trouble) -> Failure {
    Failure::Final(trouble.unavailable())
}

fn lost(trouble: &Trouble) -> Failure {
    Failure::Final(StoreError::unknown(trouble.to_string()))
}

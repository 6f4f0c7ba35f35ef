//! After a fork: what each side holds, and going on with one of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::core::Core;
use super::fetch::TRIES;
use super::fork::{Clash, Settled, account_of};
use super::trouble::Trouble;
use crate::feed::{Follower, HubHead, Live, Refusal};
use crate::mirror::{Lookup, MirrorError, UserStore, live};
use crate::node::{Alarm, Put};
use crate::seal::Content;
use crate::store::{RecordId, StoreError, Stored};
use crate::wire::PAGE_BYTES;

impl Core {
    /// Goes on with what this server holds.
    pub(super) async fn settle(&self) -> Result<(), Trouble> {
        let head = self.ask(self.client.head(None, Duration::ZERO)).await.ok();
        let mut mirror = self.mirror.lock().await;
        let hub = head.and_then(|head| head.standing_end(mirror.chain()));
        mirror.settle(hub.unwrap_or_default()).await?;
        drop(mirror);
        self.know(|known| known.alarm = None);
        self.nudge();
        Ok(())
    }

    /// Goes on with what the hub holds.
    pub(super) async fn go_over(&self) -> Result<(), Trouble> {
        for _ in 0..TRIES {
            let head = self.ask(self.client.head(None, Duration::ZERO)).await?;
            self.check_chain(&head).await?;
            let (seq, digests) = self.ask(self.client.digests()).await?;
            if seq != head.seq {
                continue;
            }
            let mut mirror = self.mirror.lock().await;
            mirror.go_over(&head, &digests).await?;
            self.know(|known| {
                known.alarm = None;
                known.filling = None;
                known.settled = Some(Settled::default());
            });
            self.note(&mirror);
            drop(mirror);
            self.fill.notify_one();
            self.nudge();
            return Ok(());
        }
        Err(Trouble::Restless)
    }

    /// Only the feed can be gone over to: the authority chain says who this server is.
    async fn check_chain(&self, head: &HubHead) -> Result<(), Trouble> {
        let fork = || Trouble::Alarm(Alarm::Feed(Refusal::ChainFork));
        if self.chain_of(head).await == Some(false) {
            return Err(fork());
        }
        if head.statements > self.mirror.lock().await.chain().len() {
            self.fetch_chain().await?;
        }
        match self.chain_of(head).await {
            Some(true) => Ok(()),
            _ => Err(fork()),
        }
    }

    /// Whether the chain of a head is part of the one that is held; `None` if it is longer.
    async fn chain_of(&self, head: &HubHead) -> Option<bool> {
        let last = head.statements.checked_sub(1)?;
        let held = self.mirror.lock().await.chain().hash_at(last);
        held.map(|hash| hash == head.chain)
    }

    /// Keeps over a restart that two histories exist. A disk that does not take it is tried again
    /// by whoever finds it next.
    pub(super) async fn keep_fork(&self) {
        let Some(alarm) = self.known().alarm.clone().filter(Alarm::is_fork) else {
            return;
        };
        let at = match alarm {
            Alarm::Feed(Refusal::Fork { at }) => Some(at),
            _ => None,
        };
        let since = self.now().as_secs();
        let _ = self.mirror.lock().await.keep_fork(at, since).await;
    }

    /// Takes over what only the history had that was forsaken, once everything else is here.
    pub(super) async fn take_over(&self) -> Result<(), Trouble> {
        let forsaken = self.mirror.lock().await.forsaken().await?;
        let Some(users) = forsaken else {
            return Ok(());
        };
        let mut settled = Settled::default();
        for bucket in 0..=u8::MAX {
            self.take_over_bucket(&*users, bucket, &mut settled).await?;
        }
        let mut mirror = self.mirror.lock().await;
        mirror.forget_forsaken().await?;
        settled.is_done = true;
        self.know(|known| known.settled = Some(settled));
        self.note(&mirror);
        Ok(())
    }

    async fn take_over_bucket(
        &self,
        users: &dyn UserStore,
        bucket: u8,
        settled: &mut Settled,
    ) -> Result<(), Trouble> {
        let (domain, mut after) = (self.client.domain(), None);
        loop {
            let page = users.bucket(&domain, bucket, after.as_ref(), PAGE_BYTES);
            let page = page.await.map_err(MirrorError::from)?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.record.id);
            for stored in &page {
                self.take_over_one(stored, settled).await?;
            }
            self.know(|known| known.settled = Some(settled.clone()));
        }
    }

    async fn take_over_one(&self, stored: &Stored, settled: &mut Settled) -> Result<(), Trouble> {
        let there = match self.reader.find(&stored.record.id).await? {
            Lookup::Absent => None,
            Lookup::Live(there) if there.record == stored.record => return Ok(()),
            Lookup::Live(there) => Some(there),
            // Not everything is here any more: once it is, this begins anew.
            Lookup::NotHere(_) | Lookup::Unproven(_) => return Err(Trouble::Restless),
        };
        let Ok(mine) = self.open(stored) else {
            settled.unopened += 1;
            return Ok(());
        };
        let id = stored.record.id;
        match there {
            None if may_be_made_again(&mine.content) => {
                let account = account_of(&mine.content);
                let put = self.put(id, 0, mine.content).await;
                match put {
                    Ok(Put::Done(_)) => settled.taken += 1,
                    // No later try has another answer: the others go on.
                    Ok(Put::Other(_)) | Err(StoreError::TooLarge { .. }) => {
                        settled.clash(Clash { id, account });
                    }
                    Err(error) => return Err(MirrorError::from(error).into()),
                }
            }
            None => settled.clash(Clash::of(id, &mine.content)),
            // What servers know together they come to know again.
            Some(_) if matches!(mine.content, Content::Note(_)) => {}
            Some(there) => {
                let theirs = self.open(&there).ok();
                let is_same = theirs.as_ref().is_some_and(|it| it.content == mine.content);
                let is_older = theirs.as_ref().is_some_and(|it| {
                    it.version > mine.version && it.content.user() == mine.content.user()
                });
                if !is_same && !is_older {
                    settled.clash(Clash::of(id, &mine.content));
                }
            }
        }
        Ok(())
    }

    /// Whether there is something to be taken over, and everything else is here.
    pub(super) async fn is_to_take_over(&self) -> bool {
        let mirror = self.mirror.lock().await;
        mirror.has_forsaken() && mirror.is_complete()
    }

    /// How many records only this server has, only the hub with this head, and both in another state.
    pub(super) async fn differences(&self, head: &HubHead) -> Result<[u64; 3], Trouble> {
        let (seq, digests) = self.ask(self.client.digests()).await?;
        let chain = Arc::clone(self.mirror.lock().await.chain());
        let joined = Follower::join(&chain, head, &digests);
        let joined = joined.map_err(MirrorError::Feed)?;
        if seq != head.seq {
            return Err(Trouble::Restless);
        }
        let mut counts = [0; 3];
        let differing = self.mirror.lock().await.differing_from(&digests);
        for bucket in differing {
            let (_, listing) = self.ask_page(self.client.listing(bucket)).await?;
            let proven = joined.set().check(bucket, &listing);
            proven.map_err(|error| self.on_listing(error.into()))?;
            let theirs: BTreeMap<_, _> = listing.iter().map(|it| (it.id, it.live)).collect();
            let found = self.compare_bucket(bucket, theirs).await?;
            counts
                .iter_mut()
                .zip(found)
                .for_each(|(sum, it)| *sum += it);
        }
        Ok(counts)
    }

    async fn compare_bucket(
        &self,
        bucket: u8,
        mut theirs: BTreeMap<RecordId, Live>,
    ) -> Result<[u64; 3], Trouble> {
        let (mut here, mut other, mut after) = (0, 0, None);
        loop {
            let page = self.reader.walk(bucket, after.as_ref()).await?;
            let Some(last) = page.last() else {
                return Ok([here, theirs.len() as u64, other]);
            };
            after = Some(last.record.id);
            for stored in &page {
                match theirs.remove(&stored.record.id) {
                    None => here += 1,
                    Some(theirs) if theirs == live(&stored.record) => {}
                    Some(_) => other += 1,
                }
            }
        }
    }
}

/// Whether a record can be the first of its id: the state that it had elsewhere, unless that
/// came after another user of the same account.
fn may_be_made_again(content: &Content) -> bool {
    match content {
        Content::Removed { .. } => false,
        Content::Note(_) | Content::Signpost { .. } => true,
        Content::User(user) => user.minted_in().is_none_or(|(_, version)| version == 1),
    }
}

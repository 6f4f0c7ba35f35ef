//! Two histories of one domain: that there are, and which one counts.

use std::sync::Arc;

use minicbor::{Decode, Encode};

use super::open::KeptHead;
use super::parts::Parts;
use super::{FORK, FORSAKEN, Mirror, MirrorError, SETTLED, UserStore};
use crate::feed::{Follower, HubHead, Refusal};
use crate::store::{Seq, StoreError};
use crate::{Digest, cbor};

/// A fork that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[non_exhaustive]
pub struct KeptFork {
    /// Where in the feed; `None` if the authority chain has forked.
    #[n(0)]
    pub at: Option<Seq>,
    /// When it was found here, in seconds since 1970.
    #[n(1)]
    pub since: u64,
}

impl KeptFork {
    fn refusal(self) -> Refusal {
        match self.at {
            Some(at) => Refusal::Fork { at },
            None => Refusal::ChainFork,
        }
    }
}

impl Mirror {
    /// The fork that was found; `None` if there is none.
    #[must_use]
    pub const fn fork(&self) -> Option<KeptFork> {
        self.fork
    }

    /// Keeps a fork that was found, over restarts, until a person decides. The first one stays.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Store`]; nothing is kept then, and the next call tries it again.
    pub async fn keep_fork(&mut self, at: Option<Seq>, since: u64) -> Result<(), MirrorError> {
        if self.fork.is_some() {
            return Ok(());
        }
        let fork = KeptFork { at, since };
        self.facts.set(FORK, cbor::encode(&fork).into()).await?;
        self.fork = Some(fork);
        Ok(())
    }

    /// Goes on after a person decided that this server's history counts; the hub ends at `hub`, as
    /// far as is known.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Store`]: it is not decided then.
    pub async fn settle(&mut self, hub: Seq) -> Result<(), MirrorError> {
        let mut settled = self.follower.clone();
        settled.settle(hub);
        if self.forsaken.is_none() {
            // Going over to the other history may have failed before.
            self.facts.remove(FORSAKEN).await?;
        }
        self.keep_settled(settled.settled()).await?;
        self.follower = settled;
        Ok(())
    }

    /// Goes over to the history that a hub holds, after a person decided so: everything is proven
    /// anew from its head on, as at a fresh server. The users that were held are looked up until
    /// then; what only they have is [to be taken over](Self::forsaken) once everything is there.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Feed`] if the head was not signed by a server of the domain, or by one that was
    /// revoked since, or builds on another authority chain; [`MirrorError::TakingOver`]; [`MirrorError::Store`].
    pub async fn go_over(&mut self, head: &HubHead, digests: &[Digest]) -> Result<(), MirrorError> {
        self.look_again().await?;
        let mut joined = Follower::join(&self.chain, head, digests)?;
        head.check_writer(&self.chain)?;
        let in_use = self.generation_in_use();
        if self.forsaken.is_some_and(|it| it != in_use) {
            return Err(MirrorError::TakingOver);
        }
        self.stop_filling().await?;
        let mut before = self.follower.clone();
        let hub = joined.head().mark.seq;
        before.settle(hub);
        joined.settle_through(before.settled().max(hub));
        self.facts.set_number(FORSAKEN, in_use).await?;
        let kept = KeptHead {
            seq: hub,
            envelope: head.envelope.clone(),
            forsakes: Some(in_use),
        };
        // That decides it: without this head the users are not forsaken.
        kept.keep(&self.facts).await?;
        self.forsaken = Some(in_use);
        self.follower = joined;
        let parts = Parts::new(kept.envelope.into());
        self.view.change(|view| view.parts = Some(parts));
        self.work = None;
        self.keep_settled(self.follower.settled()).await
    }

    /// The users of the history that was forsaken, once everything of the other one is held; `None` if
    /// there are none.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Store`].
    pub async fn forsaken(&self) -> Result<Option<Arc<dyn UserStore>>, MirrorError> {
        match self.forsaken.filter(|_| self.is_complete()) {
            Some(generation) => Ok(self.place.users(generation).await?),
            None => Ok(None),
        }
    }

    /// Whether there are users of a history that was forsaken.
    #[must_use]
    pub const fn has_forsaken(&self) -> bool {
        self.forsaken.is_some()
    }

    /// Whether the users in use are those of the history that was forsaken: they are looked up until
    /// the others are filled beside them, and stay as they are, to be taken over.
    pub(crate) fn are_forsaken(&self) -> bool {
        self.forsaken == Some(self.generation_in_use())
    }

    /// Removes the users of the history that was forsaken: everything is taken over.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Store`].
    pub async fn forget_forsaken(&mut self) -> Result<(), MirrorError> {
        self.facts.remove(FORSAKEN).await?;
        self.forsaken = None;
        let in_use = self.generation_in_use();
        // What is left is removed after the next filling.
        let _ = self.place.remove_before(in_use).await;
        Ok(())
    }

    async fn keep_settled(&mut self, through: Seq) -> Result<(), MirrorError> {
        self.facts.set_number(SETTLED, through.number()).await?;
        self.facts.remove(FORK).await?;
        self.fork = None;
        Ok(())
    }

    /// Ends what a kill has interrupted: whether the users in use are forsaken for the head that was
    /// kept. If the kill came before that head was kept, going over is undone.
    pub(super) async fn finish_or_undo_going_over(
        &mut self,
        generation: u64,
        head: Option<&KeptHead>,
    ) -> Result<bool, MirrorError> {
        if self.forsaken != Some(generation) {
            return Ok(false);
        }
        if head.is_some_and(|it| it.forsakes == Some(generation)) {
            return Ok(true);
        }
        self.facts.remove(FORSAKEN).await?;
        self.forsaken = None;
        Ok(false)
    }

    /// Reads what was found and decided before a restart.
    pub(super) async fn open_fork(&mut self) -> Result<(), MirrorError> {
        if let Some(kept) = self.facts.get(FORK).await? {
            let kept = cbor::decode(&kept);
            let wrong = |_| StoreError::corrupt("the fork that was kept makes no sense");
            self.fork = Some(kept.map_err(wrong)?);
        }
        let forsaken = self.facts.number(FORSAKEN).await?;
        self.forsaken = (forsaken > 0).then_some(forsaken);
        Ok(())
    }

    /// Stops as of the fork that was found before a restart.
    pub(super) async fn stay_forked(&mut self) -> Result<(), MirrorError> {
        let settled = Seq::new(self.facts.number(SETTLED).await?);
        self.follower.settle_through(settled);
        if let Some(fork) = self.fork {
            self.follower.stop(fork.refusal());
        }
        Ok(())
    }
}
